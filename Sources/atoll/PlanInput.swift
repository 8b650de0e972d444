// What `atoll plan` reads: a topology, manifests, and what nodes have measured.

import Bundles
import Manifests
import Placement

/// Everything that a plan is made of. Every error names its file and says what to change.
struct PlanInput {
  let topology: Topology
  /// In the order in which they were given; no name twice.
  let tools: [ToolProfile]

  init(topology path: String, workers: [String], measured: [String]) throws(Failure) {
    let file = try Workshop.attempt { () throws(ManifestError) in try TopologyFile.load(path) }
    do throws(PlacementError) { topology = try Topology(file) } catch {
      throw Failure(.usage, "\(path): \(error.message)")
    }
    var nodes: [MeasuredMetrics] = []
    for source in measured { nodes.append(try Self.metrics(source, topology)) }
    var tools: [ToolProfile] = []
    var isMeasured = nodes.isEmpty
    for worker in workers {
      let manifest = try Self.manifest(worker)
      for tool in manifest.tools {
        if let other = tools.first(where: { $0.name == tool.name }) {
          throw Failure(
            .usage,
            "\(worker): tool `\(tool.name)` is in `\(other.worker)` too, and callers could not tell them apart; plan one of the two at a time"
          )
        }
        let cost = MeasuredMetrics.cost(
          of: tool.name, worker: manifest.name, upstreams: manifest.upstreams.map(\.name), in: nodes)
        if cost != nil { isMeasured = true }
        tools.append(
          ToolProfile(
            tool, of: manifest, name: tool.name, dependencies: topology.dependencies.map(\.name),
            measured: cost ?? MeasuredCost()))
      }
    }
    guard isMeasured else {
      let known = nodes.flatMap(\.tools).map { "\($0.tool) of \($0.worker)" }.prefix(8).joined(separator: ", ")
      throw Failure(
        .usage, "what was measured is of other tools (\(known)); give the metrics of a node that serves these workers")
    }
    self.tools = tools
  }

  func tool(_ name: String) throws(Failure) -> ToolProfile {
    guard let tool = tools.first(where: { $0.name == name }) else {
      throw Failure(.usage, "no worker has a tool `\(name)`; there are \(tools.map(\.name).joined(separator: ", "))")
    }
    return tool
  }

  /// The tools of `a,b,c`.
  func chain(_ text: String) throws(Failure) -> [ToolProfile] {
    guard !topology.populations.isEmpty else {
      throw Failure(.usage, "a chain is planned for callers, and the topology has none; write [[populations]]")
    }
    var steps: [ToolProfile] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) { steps.append(try tool(String(name))) }
    return steps
  }

  /// A folder, a manifest, or a bundle: nothing is built.
  private static func manifest(_ path: String) throws(Failure) -> Manifest {
    if Files.isFolder(path) {
      return try Workshop.attempt { () throws(ManifestError) in try Manifest.load(folder: path) }
    }
    guard path.hasSuffix(".toml") else {
      return try Workshop.attempt { () throws(BundleError) in try Bundle.open(path) }.manifest
    }
    guard path == Manifest.fileName || path.hasSuffix("/" + Manifest.fileName) else {
      throw Failure(.usage, "\(path): a worker's manifest is called \(Manifest.fileName); name its folder or that file")
    }
    return try Workshop.attempt { () throws(ManifestError) in try Manifest.load(folder: Workshop.folder(of: path)) }
  }

  private static func metrics(_ source: String, _ topology: Topology) throws(Failure) -> MeasuredMetrics {
    var (path, speed) = (source, 1.0)
    if let equals = source.firstIndex(of: "="), !Files.isThere(source) {
      let name = String(source[..<equals])
      guard let site = topology.site(named: name) else {
        throw Failure(
          .usage,
          "--measured \(source): the topology has no site `\(name)`; write SITE=FILE, or only FILE for a site of speed 1"
        )
      }
      path = String(source[source.index(after: equals)...])
      speed = topology.sites[site].speed
    }
    let bytes: [UInt8]
    if path == "-" {
      bytes = Files.standardInput()
    } else {
      do throws(FileError) {
        bytes = try Manifests.Files.read(path, atMost: PlacementLimits.metricsBytes)
      } catch {
        throw Failure(
          .usage, "\(path): cannot be read: \(error.reason); save there what `curl http://NODE/metrics` answers")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(.usage, "\(path): is not UTF-8") }
    do throws(PlacementError) { return try MeasuredMetrics(text, speed: speed) } catch {
      throw Failure(.usage, "\(path): \(error.message)")
    }
  }
}
