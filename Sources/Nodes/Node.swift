// A running node: its loops, what it serves, and its life from start to drained.

import Bundles
public import EventLoop
import HTTPClient
import HTTPServer
public import Logging
public import Manifests
import Placement
import Sandbox
import Synchronization

/// One `atoll serve` process.
///
/// A node holds no state that matters: kill it at any moment, and any other node can answer the next request.
/// Its methods are called on its first loop; the state they change is confined to that loop's thread.
public final class Node: @unchecked Sendable {
  public let configuration: NodeConfiguration
  public let log: Logger
  /// What clients reach, with port 0 resolved.
  public internal(set) var address: SocketAddress
  public internal(set) var adminAddress: SocketAddress?

  let shared: NodeLoop.Shared
  let primary: EventLoop
  private let opening: WorkerOpening
  let loops: [NodeLoop]
  var servers: [(loop: EventLoop, server: HTTPServer)] = []
  private var workers: [LoadedWorker]
  private let generation = Atomic<Int>(1)
  private var reloading: Task<Void, Never>?
  private let watch: SiteWatch?
  let membership: Membership?
  private var undrained = 0
  private var whenDrained: [CheckedContinuation<Void, Never>] = []
  private let draining = Atomic<Bool>(false)

  /// False from the moment that a drain begins: load balancers are to send nothing more.
  public var isReady: Bool { !draining.load(ordering: .relaxed) }

  /// The version that `serverInfo` carries.
  public static let version = "0.1.0"

  // MARK: Start

  /// Opens the workers and listens; when this returns, the node answers.
  ///
  /// `isWorkshop`: the node is for whoever sits at the machine (`dev`), so workers need not be told where it stands.
  /// A worker that cannot be opened is reported through `refused` and left out; the rest is served.
  ///
  /// - Throws: ``NodeError`` when no worker could be opened, or when an address is taken.
  public static func start(
    _ configuration: NodeConfiguration, credentials: NodeCredentials, workers sources: [WorkerSource],
    cacheDirectory: String?, isWorkshop: Bool = false, on primary: EventLoop, log: Logger, refused: (NodeError) -> Void
  ) async throws(NodeError) -> Node {
    let shared = try NodeLoop.Shared(configuration, credentials, isWorkshop: isWorkshop, log: log)
    if shared.standing.topology != nil, credentials.keys == nil {
      log.notice("keys were made for this process: other nodes of the topology refuse its calls; give ATOLL_KEYS")
    }
    let engine = try NodeError.wrapping(.engine) { () throws(SandboxError) in
      try Engine(EngineConfiguration(instances: configuration.limits.instances))
    }
    let opening = WorkerOpening(
      modules: ModuleStore(engine: engine, cacheDirectory: cacheDirectory), configuration: configuration,
      secrets: credentials.secrets, standing: shared.standing, stores: shared.stores, log: log)
    var opened: [LoadedWorker] = []
    var deployment: Deployment?
    for source in sources {
      do {
        let worker = try opening.open(source)
        try reject(worker, takenBy: opened)
        // Two tools of one name would stop the whole deployment: the later worker is the one left out.
        deployment = try Deployment(workers: opened + [worker], nodeName: configuration.name, version: version)
        opened.append(worker)
      } catch {
        refused(error)
      }
    }
    guard let deployment else {
      throw NodeError(.noWorkers, "no worker could be loaded: mend the errors above, or name another worker")
    }
    try shared.stores.open(for: opened)
    let node = try Node(shared, workers: opened, opening: opening, engine: engine, primary: primary, log: log)
    try await node.deploy(deployment)
    try await node.listen()
    try node.join()
    return node
  }

  private init(
    _ shared: NodeLoop.Shared, workers: [LoadedWorker], opening: WorkerOpening, engine: Engine, primary: EventLoop,
    log: Logger
  ) throws(NodeError) {
    let configuration = shared.configuration
    self.configuration = configuration
    self.shared = shared
    self.workers = workers
    self.opening = opening
    self.primary = primary
    self.log = log
    address = try Self.parse(configuration.listen, key: "listen")
    adminAddress = try configuration.admin.map { text throws(NodeError) in try Self.parse(text, key: "admin") }
    let count = max(1, min(configuration.loops ?? EventLoop.recommendedCount, configuration.limits.instances))
    var loops: [NodeLoop] = []
    for index in 0..<count {
      let loop = try index == 0 ? primary : NodeError.wrapping(.engine) { () throws(LoopError) in try EventLoop() }
      let share = Share(index: index, count: count)
      loops.append(
        NodeLoop(
          name: "loop-\(index)", siteName: shared.standing.topology?.name ?? configuration.name, eventLoop: loop,
          sandbox: try NodeError.wrapping(.engine) { () throws(SandboxError) in
            try LoopSandbox(engine: engine, loop: loop)
          },
          admission: Admission(
            loop: loop, ceiling: share.of(configuration.limits.instances),
            queueDepth: share.of(configuration.limits.queueDepth),
            queueMilliseconds: UInt64(configuration.limits.queueMilliseconds)),
          forwards: max(1, share.of(configuration.limits.forwards)), shared: shared, log: log))
      if index > 0 { loop.start(name: "atoll-\(index)") }
    }
    self.loops = loops
    membership = shared.standing.topology.flatMap { topology in
      guard topology.hasLeases else { return nil }
      return Membership(
        topology, topology.keys, store: loops[0].services.stores[0], loop: primary,
        allowsInsecure: configuration.insecureLinks, log: log)
    }
    watch = loops[0].forwarder.map { SiteWatch($0, loop: primary, log: log) }
  }

  private static func reject(_ worker: LoadedWorker, takenBy others: [LoadedWorker]) throws(NodeError) {
    guard let other = others.first(where: { $0.name == worker.name }) else { return }
    throw NodeError(
      .toolNameTaken,
      "\(worker.source.path): a worker `\(worker.name)` is served already (\(other.source.path)); "
        + "change `name` in one of their atoll.toml")
  }

  // MARK: Deployments

  /// Swaps a deployment in: every loop links it first, and only when all of them have does any serve it.
  private func deploy(_ deployment: Deployment) async throws(NodeError) {
    for loop in loops {
      let result = await loop.eventLoop.run { Result { () throws(NodeError) in try loop.prepare(deployment) } }
      try result.get()
    }
    for loop in loops { await loop.eventLoop.run { loop.commit() } }
    watch?.watch(deployment.workers)
    membership?.watch(watch?.sites ?? [])
  }

  /// Opens one worker again, building it where its source is newer, and swaps it in. Calls in flight end on the
  /// worker that they began with; when the new one cannot be opened the old one goes on serving.
  ///
  /// Reloads follow each other: one that is asked for while another is under way begins when that has ended.
  public func reload(_ source: WorkerSource) async throws(NodeError) {
    while let other = reloading { await other.value }
    let outcome = Outcome()
    let task = primary.spawn { [self] in
      do throws(NodeError) { try await swapIn(source) } catch { outcome.error = error }
    }
    reloading = task
    await task.value
    reloading = nil
    if let error = outcome.error { throw error }
  }

  /// Written by a reload's task, read when it has ended: both on the first loop.
  private final class Outcome: @unchecked Sendable {
    var error: NodeError?
  }

  private func swapIn(_ source: WorkerSource) async throws(NodeError) {
    let opening = opening
    let stores = shared.stores
    let opened = await primary.outcome { () throws(NodeError) in
      let worker = try opening.open(source)
      try stores.open(for: [worker])
      return worker
    }
    let fresh = try opened.get()
    try Self.reject(fresh, takenBy: workers.filter { $0.source != source })
    var next = workers
    if let index = next.firstIndex(where: { $0.source == source }) { next[index] = fresh } else { next.append(fresh) }
    try await deploy(Deployment(workers: next, nodeName: configuration.name, version: Self.version))
    workers = next
    shared.upstreams.health.keep(workers: Set(next.map(\.name)))
    generation.add(1, ordering: .relaxed)
  }

  // MARK: State

  func metrics() async -> [UInt8] {
    var total = LoopMetrics.Snapshot()
    for loop in loops {
      total.merge(await loop.eventLoop.run { loop.snapshot() })
    }
    return MetricsText.render(
      total, topology: shared.standing.topology, upstreams: shared.upstreams.health.snapshot, loops: loops.count,
      generation: generation.load(ordering: .relaxed), ready: isReady)
  }

  // MARK: Drain

  /// Ends the node without losing a call: readiness fails, every listener accepts what waits and closes, calls in
  /// flight are answered with `Connection: close`. Returns when the last one is, or after
  /// `NodeBounds.drainMilliseconds`. Asked for again, it waits for the same end.
  public func drain() async {
    guard !draining.exchange(true, ordering: .relaxed) else {
      if undrained > 0 { await withCheckedContinuation { whenDrained.append($0) } }
      return
    }
    membership?.end()
    undrained = servers.count
    for (loop, server) in servers {
      loop.execute { [self] in
        server.drain { [self] in primary.execute { [self] in drained() } }
      }
    }
    let deadline = primary.timer(afterMilliseconds: NodeBounds.drainMilliseconds) { [self] in
      guard undrained > 0 else { return }
      log.warning("drain deadline passed with calls in flight", metadata: ["servers": "\(undrained)"])
      undrained = 1
      drained()
    }
    if undrained > 0 { await withCheckedContinuation { whenDrained.append($0) } }
    deadline.cancel()
  }

  private func drained() {
    undrained = max(0, undrained - 1)
    guard undrained == 0 else { return }
    for continuation in whenDrained { continuation.resume() }
    whenDrained = []
  }

  /// Ends the calls that a drain left behind, with the fault `cancelled`, and stops every loop but the first, which is
  /// the caller's. On the first loop.
  public func stop() {
    watch?.stop()
    loops.first?.end()
    for loop in loops.dropFirst() {
      loop.eventLoop.execute { loop.end() }
      loop.eventLoop.stop()
      loop.eventLoop.join()
    }
    shared.stores.close()
  }
}

/// What one loop gets of a number that counts for the whole node: the shares add up to it.
struct Share {
  let index: Int
  let count: Int
  func of(_ whole: Int) -> Int { whole / count + (index < whole % count ? 1 : 0) }
}
