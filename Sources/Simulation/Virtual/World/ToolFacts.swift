// What a shard has to know of a tool, in a form that is quick to read.
internal import Manifests
internal import Placement

/// One tool of the mix.
struct ToolFacts: Sendable {
  let name: String
  let share: Double
  let plan: ToolPlan
  let service: ServiceTime
  let isReadOnly: Bool
  /// Whether it may be called again when it is not known what became of a call.
  let isRepeatable: Bool
  let hasSession: Bool
  let readsReplicas: Bool
  let isBound: Bool
  /// -1: it keeps no state.
  let store: Int
  let reads: Double
  let writes: Double
  let dependencies: [(place: Int, calls: Double)]
  let requestBytes: Int
  let answerBytes: Int
  let wallNanoseconds: UInt64
  let timeToLive: UInt64
  let namespace: String
  /// Tools of one worker have their sessions in common.
  let worker: String
  let sessionCalls: Int

  init(
    _ tool: ScenarioTool, _ manifest: Manifest, _ plan: ToolPlan, _ topology: Topology, _ costs: VirtualCosts
  ) {
    let profile = plan.tool
    name = tool.name
    share = tool.share
    self.plan = plan
    service =
      costs.service[tool.name]
      ?? ServiceTime(
        tool.distribution, milliseconds: profile.serviceMilliseconds.value, p95: tool.serviceP95Milliseconds)
    isReadOnly = profile.isReadOnly
    isRepeatable = profile.isIdempotent || profile.isReadOnly
    hasSession = profile.hasSession
    readsReplicas = profile.readsReplicas
    isBound = profile.wish.jurisdictions != nil
    store = plan.store ?? -1
    reads = profile.usesStore ? profile.keyValueReads.value : 0
    writes = profile.usesStore ? profile.keyValueWrites.value : 0
    dependencies = profile.dependencies.compactMap { dependency in
      topology.dependency(named: dependency.name).map { ($0, dependency.calls.value) }
    }
    requestBytes = Int(profile.requestBytes.value)
    answerBytes = Int(profile.answerBytes.value)
    wallNanoseconds = UInt64(manifest.limits.wallMilliseconds) * 1_000_000
    timeToLive = UInt64(manifest.sessionTimeToLive ?? ScenarioTool.sessionMilliseconds)
    namespace = manifest.namespaces.first ?? manifest.name
    worker = manifest.name
    sessionCalls = max(1, tool.sessionCalls)
  }
}
