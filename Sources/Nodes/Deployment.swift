// What a node serves: a generation of workers, complete before anyone sees it.

public import Bundles
public import Manifests
public import MCP
public import Sandbox

/// A worker that was opened, compiled and checked. Immutable, shared by all loops.
public final class LoadedWorker: Sendable {
  /// Where it came from, as the user wrote it.
  public let source: WorkerSource
  public let bundle: Bundle
  /// What runs here; nil where no tool of it may run at this node's site: then it is known for its catalogue only.
  public let program: Program?
  public let report: LoadReport?
  /// sha256 of the bundle: what another node must have too, if it is to answer for this one.
  let digest: [UInt8]
  /// Of each tool, in the manifest's order.
  let placements: [ToolPlacement]
  let rate: RateLimit
  let grants: WorkerGrants
  /// Of a JavaScript worker.
  let positions: AuthorPositions?

  public var name: String { bundle.manifest.name }

  init(
    source: WorkerSource, bundle: Bundle, program: Program?, report: LoadReport?, rate: RateLimit,
    grants: WorkerGrants, placements: [ToolPlacement]
  ) {
    self.source = source
    self.bundle = bundle
    self.program = program
    self.report = report
    self.rate = rate
    self.grants = grants
    self.placements = placements
    digest = SHA256.bytes(ofHex: bundle.digest) ?? []
    positions = AuthorPositions(bundle)
  }
}

/// Where a worker comes from: a folder or a bundle, and what is put before its tools' names.
public struct WorkerSource: Sendable, Hashable {
  public let path: String
  /// `prefix` in node.toml; for two workers whose tools have the same name.
  public let prefix: String?

  public init(path: String, prefix: String? = nil) {
    self.path = path
    self.prefix = prefix
  }
}

/// A generation of workers. A reload makes a new one and swaps it in whole; calls in flight end on the
/// one that they began with.
final class Deployment: Sendable {
  struct Endpoint: Sendable {
    let path: String
    let catalog: Catalog
    /// For each tool of the catalog, the index of its worker in `workers`.
    let workerOfTool: [Int]
    /// For each tool of the catalog, where it runs.
    let placements: [ToolPlacement]
  }

  let workers: [LoadedWorker]
  /// `/mcp` first, then `/mcp/<worker>` for each.
  let endpoints: [Endpoint]

  init(workers: [LoadedWorker], nodeName: String, version: String) throws(NodeError) {
    self.workers = workers
    var endpoints: [Endpoint] = []
    var tools: [CatalogTool] = []
    var owners: [Int] = []
    var ownerOfName: [String: Int] = [:]
    for (index, worker) in workers.enumerated() {
      for tool in worker.bundle.manifest.tools {
        let name = (worker.source.prefix ?? "") + tool.name
        if let other = ownerOfName.updateValue(index, forKey: name) {
          let first = workers[other]
          throw NodeError(
            .toolNameTaken,
            "\(worker.source.path): the tool `\(name)` of worker `\(worker.name)` is also a tool of worker "
              + "`\(first.name)` (\(first.source.path)); give one of them a prefix in node.toml: "
              + "[[workers]] path = \"\(worker.source.path)\", prefix = \"\(worker.name)_\"")
        }
        tools.append(CatalogTool(tool, prefix: worker.source.prefix))
        owners.append(index)
      }
    }
    let identity = ServerIdentity(name: nodeName, version: version)
    endpoints.append(
      Endpoint(
        path: "/mcp", catalog: try Self.catalog(tools, identity, "node"), workerOfTool: owners,
        placements: workers.flatMap(\.placements)))
    for (index, worker) in workers.enumerated() {
      let manifest = worker.bundle.manifest
      let own = manifest.tools.map { CatalogTool($0, prefix: nil) }
      let identity = ServerIdentity(
        name: manifest.name, version: manifest.version, instructions: manifest.description)
      endpoints.append(
        Endpoint(
          path: "/mcp/\(manifest.name)",
          catalog: try Self.catalog(own, identity, worker.source.path),
          workerOfTool: [Int](repeating: index, count: own.count), placements: worker.placements))
    }
    self.endpoints = endpoints
  }

  private static func catalog(
    _ tools: [CatalogTool], _ identity: ServerIdentity, _ place: String
  ) throws(NodeError) -> Catalog {
    do {
      return try Catalog(tools: tools, identity: identity)
    } catch {
      throw NodeError(.workerNotLoaded, "\(place): \(error.message)", cause: error)
    }
  }
}

extension CatalogTool {
  /// A manifest's tool as callers see it: under its own name, or with the prefix that node.toml gives its worker.
  public init(_ tool: Tool, prefix: String?) {
    self.init(
      name: (prefix ?? "") + tool.name, guestName: tool.name, title: tool.title, description: tool.description,
      inputSchema: tool.input.bytes, outputSchema: tool.output?.bytes,
      hints: Hints(
        readOnly: tool.readOnly, destructive: tool.destructive, idempotent: tool.idempotent, openWorld: tool.openWorld),
      hasSession: tool.session)
  }
}
