// From the text of a `scenario.toml` to its values, and what the mix's tools are as manifests.

extension Scenario {
  /// Reads a `scenario.toml`.
  public static func load(_ path: String) throws(ManifestError) -> Scenario {
    try parse(
      configurationText(path, missing: "there is no such file; `scenarios/` has some to begin with"), file: path)
  }

  /// Reads the text of one. Names that refer to the topology are looked up by whoever reads that.
  public static func parse(_ text: String, file: String = "scenario.toml") throws(ManifestError) -> Scenario {
    let reader = try ShapeReader(text, file: file)
    let root = try reader.read(shape)
    let name = root.text("name") ?? ""
    if root.isWritten("calls") == root.isWritten("rate") {
      let write = root.isWritten("calls") ? "remove one of them" : "write rate = 200 for 200 calls a second"
      throw reader.error(
        root.isWritten("calls") ? .duplicate : .missingKey, at: root.isWritten("rate") ? [.key("rate")] : [],
        "the load is said by `calls` or by `rate`, and here by \(root.isWritten("calls") ? "both" : "neither"); \(write)"
      )
    }
    let scenario = Scenario(
      name: name, description: root.text("description") ?? "", topology: root.text("topology") ?? "",
      mode: Mode(rawValue: root.text("mode") ?? "") ?? .virtual, seed: UInt64(root.integer("seed") ?? 1),
      milliseconds: root.integer("duration") ?? 0, calls: root.integer("calls"), rate: root.integer("rate"),
      timeoutMilliseconds: root.integer("timeout") ?? 0, compareCalls: root.integer("compare_calls") ?? 0,
      report: root.text("report"), generatedSites: root.table("generate")?.integer("sites"),
      loads: try loads(root.tables("loads"), reader), tools: try tools(root.tables("tools"), reader),
      faults: try root.tables("faults").map { table throws(ManifestError) in try ScenarioFault(table, reader) })
    for (index, load) in scenario.loads.enumerated() {
      for tool in load.tools where !scenario.tools.contains(where: { $0.name == tool }) {
        throw reader.error(
          .badValue, at: [.key("loads"), .index(index), .key("tools")],
          "no tool of the mix is called `\(tool)`\(meant(tool, among: scenario.tools.map(\.name)))")
      }
    }
    for (index, fault) in scenario.faults.enumerated() where fault.atMilliseconds >= scenario.milliseconds {
      throw reader.error(
        .badValue, at: [.key("faults"), .index(index), .key("at")],
        "the fault begins at \(TimeSpan.format(fault.atMilliseconds)), when the run of "
          + "\(TimeSpan.format(scenario.milliseconds)) is over; write less")
    }
    return scenario
  }

  private static func tools(_ tables: [CheckedTable], _ reader: ShapeReader) throws(ManifestError) -> [ScenarioTool] {
    var tools: [ScenarioTool] = []
    for table in tables {
      let tool = ScenarioTool(table)
      if tools.contains(where: { $0.name == tool.name }) {
        throw reader.error(
          .duplicate, at: table.path + [.key("name")], "tool `\(tool.name)` stands in the mix twice; add its shares up")
      }
      if let p95 = tool.serviceP95Milliseconds {
        let place = table.path + [.key("service_p95_ms")]
        guard tool.distribution == .lognormal, let median = tool.expected.serviceMilliseconds else {
          throw reader.error(
            .badValue, at: place, "`service_p95_ms` goes with `service_ms` and `service = \"lognormal\"`; remove it")
        }
        guard p95 >= median else {
          throw reader.error(.badValue, at: place, "`service_p95_ms` is less than `service_ms`, the median; write more")
        }
      }
      tools.append(tool)
    }
    guard tools.contains(where: { $0.share > 0 }) else {
      throw reader.error(
        .badValue, at: [.key("tools"), .index(0), .key("share")],
        "no tool has a share, so nothing is called; write share = 1")
    }
    return tools
  }

  private static func loads(_ tables: [CheckedTable], _ reader: ShapeReader) throws(ManifestError) -> [Load] {
    var loads: [Load] = []
    for table in tables {
      let load = Load(
        population: table.text("population") ?? "", share: table.number("share"), tools: table.texts("tools") ?? [])
      if loads.contains(where: { $0.population == load.population }) {
        throw reader.error(
          .duplicate, at: table.path + [.key("population")],
          "the load of `\(load.population)` stands here twice; remove one")
      }
      loads.append(load)
    }
    return loads
  }

  private static func meant(_ name: String, among names: [String]) -> String {
    Spelling.nearest(to: name, among: names).map { "; did you mean `\($0)`?" }
      ?? "; there are \(names.joined(separator: ", "))"
  }
}

extension ScenarioTool {
  init(_ table: CheckedTable) {
    name = table.text("name") ?? ""
    worker = table.text("worker")
    share = table.number("share") ?? 1
    arguments = table.text("arguments")
    isReadOnly = table.boolean("read_only")
    isIdempotent = table.boolean("idempotent")
    hasSession = table.boolean("session")
    tier = table.text("tier").flatMap(PlacementWish.Tier.init)
    jurisdictions = table.texts("jurisdictions")
    near = table.text("near")
    latencyBudgetMilliseconds = table.number("latency_budget_ms")
    namespace = table.text("namespace")
    dependency = table.text("dependency")
    expected = ExpectedCost(table)
    distribution = Distribution(rawValue: table.text("service") ?? "") ?? .lognormal
    serviceP95Milliseconds = table.number("service_p95_ms")
    sessionCalls = table.integer("session_calls") ?? 1
  }

  /// The tool as plans and nodes take it: its worker's manifest with only this tool in it and what the scenario changes; or,
  /// without a worker, a manifest of what the scenario says.
  ///
  /// - throws: `.badValue` where the manifest has no tool of this name.
  public func manifest(_ base: Manifest?, file: String = "scenario.toml") throws(ManifestError) -> Manifest {
    var manifest =
      base
      ?? Manifest(
        name: name, version: "0.0.0", description: "", source: nil, limits: .standard, namespaces: [], upstreams: [],
        sessionTimeToLive: nil, placement: PlacementWish(), tools: [Tool(name: name, description: "")])
    guard var tool = manifest.tools.first(where: { $0.name == name }) else {
      let names = manifest.tools.map { "`\($0.name)`" }.joined(separator: ", ")
      throw ManifestError(
        .badValue, file: file, message: "worker `\(manifest.name)` has no tool `\(name)`; it has \(names)")
    }
    tool.readOnly = isReadOnly ?? tool.readOnly
    tool.idempotent = isIdempotent ?? tool.idempotent
    tool.session = hasSession ?? tool.session
    tool.expected = expected.over(tool.expected)
    if tool.session, manifest.sessionTimeToLive == nil { manifest.sessionTimeToLive = Self.sessionMilliseconds }
    let keepsState = (tool.expected.keyValueReads ?? 0) + (tool.expected.keyValueWrites ?? 0) > 0
    if let namespace {
      manifest.namespaces = [namespace]
    } else if keepsState, manifest.namespaces.isEmpty {
      manifest.namespaces = [manifest.name]
    }
    manifest.placement.tier = tier ?? manifest.placement.tier
    manifest.placement.jurisdictions = jurisdictions ?? manifest.placement.jurisdictions
    manifest.placement.near = near ?? manifest.placement.near
    manifest.placement.latencyBudgetMilliseconds =
      latencyBudgetMilliseconds ?? manifest.placement.latencyBudgetMilliseconds
    if let dependency, !manifest.upstreams.contains(where: { $0.name == dependency }) {
      manifest.upstreams.append(UpstreamGrant(named: dependency))
    }
    manifest.tools = [tool]
    return manifest
  }

  /// Of a session whose manifest is not there to say it.
  public static let sessionMilliseconds = 30 * 60_000
}

extension ExpectedCost {
  /// What is said here, else what is said there.
  func over(_ other: ExpectedCost) -> ExpectedCost {
    var cost = self
    cost.serviceMilliseconds = serviceMilliseconds ?? other.serviceMilliseconds
    cost.keyValueReads = keyValueReads ?? other.keyValueReads
    cost.keyValueWrites = keyValueWrites ?? other.keyValueWrites
    cost.dependencyCalls = dependencyCalls ?? other.dependencyCalls
    cost.requestBytes = requestBytes ?? other.requestBytes
    cost.answerBytes = answerBytes ?? other.answerBytes
    return cost
  }
}

extension UpstreamGrant {
  /// A dependency of a scenario that no manifest describes.
  init(named name: String) {
    self.name = name
    url = "https://\(name).invalid"
    methods = ["GET"]
    headers = []
    timeoutMilliseconds = 30_000
    connectMilliseconds = 3_000
    firstByteMilliseconds = 30_000
    retries = 0
    redirects = 0
  }
}

extension ScenarioFault {
  init(_ table: CheckedTable, _ reader: ShapeReader) throws(ManifestError) {
    kind = Kind(rawValue: table.text("kind") ?? "") ?? .kill
    target = table.text("target") ?? ""
    atMilliseconds = table.integer("at") ?? 0
    forMilliseconds = table.integer("for")
    factor = table.number("factor") ?? 1
    skewMilliseconds = table.integer("skew_ms") ?? 0
    percent = table.number("percent") ?? 100
    if kind == .clockSkew, skewMilliseconds == 0 {
      throw reader.error(
        .missingKey, at: table.path, "a `clock skew` needs `skew_ms`; write skew_ms = 8000, or a negative number")
    }
    if target.contains(" to "), kind != .partition {
      throw reader.error(
        .badValue, at: table.path + [.key("target")], "`A to B` is for a `partition`; name one place")
    }
  }
}
