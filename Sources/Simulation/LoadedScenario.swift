// A scenario with everything that its file names, read.
public import Manifests

/// What a run needs, in memory.
public struct LoadedScenario: Sendable {
  public var scenario: Scenario
  public var topology: TopologyFile
  /// Of each tool of the mix: its worker's manifest with this tool alone in it, as the scenario wants it.
  public var tools: [Manifest]

  public init(scenario: Scenario, topology: TopologyFile, tools: [Manifest]) {
    self.scenario = scenario
    self.topology = topology
    self.tools = tools
  }

  /// Of tools without a worker.
  public init(_ scenario: Scenario, _ topology: TopologyFile) throws(ManifestError) {
    self.scenario = scenario
    self.topology = topology
    tools = try scenario.tools.map { tool throws(ManifestError) in try tool.manifest(nil) }
  }

  /// Reads a `scenario.toml`, its topology and the manifests of its workers.
  public static func load(_ path: String) throws(ManifestError) -> LoadedScenario {
    let scenario = try Scenario.load(path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let place = { (name: String) in name.hasPrefix("/") ? name : folder + name }
    var manifests: [String: Manifest] = [:]
    var tools: [Manifest] = []
    for tool in scenario.tools {
      var base: Manifest?
      if let worker = tool.worker {
        if manifests[worker] == nil { manifests[worker] = try Manifest.load(folder: place(worker)) }
        base = manifests[worker]
      }
      tools.append(try tool.manifest(base, file: path))
    }
    return LoadedScenario(scenario: scenario, topology: try TopologyFile.load(place(scenario.topology)), tools: tools)
  }
}
