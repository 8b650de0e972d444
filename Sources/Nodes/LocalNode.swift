// Workers run by this process alone: no socket, no pool of a thousand; for `call` and `bench`.

public import EventLoop
public import Logging
public import MCP
public import Manifests
import Sandbox

/// Workers on one loop without a server. What they answer is what a node would answer, by the same stages.
public final class LocalNode: @unchecked Sendable {
  public let workers: [LoadedWorker]
  let loop: NodeLoop
  private let shared: NodeLoop.Shared

  /// Opens the workers (building those whose bundle is missing or older than its source). On the loop; blocking.
  ///
  /// - parameter configuration: its instances are the pool's slots (a single call needs one, a bench wants the node's own
  ///   number), and its store and upstreams are used; the rest is a server's.
  public init(
    _ sources: [WorkerSource], _ configuration: NodeConfiguration, credentials: NodeCredentials,
    on eventLoop: EventLoop, cacheDirectory: String?, log: Logger
  ) throws(NodeError) {
    let instances = configuration.limits.instances
    let shared = try NodeLoop.Shared(configuration, credentials, isWorkshop: true, log: log)
    let engine = try NodeError.wrapping(.engine) { () throws(SandboxError) in
      try Engine(EngineConfiguration(instances: instances))
    }
    let opening = WorkerOpening(
      modules: ModuleStore(engine: engine, cacheDirectory: cacheDirectory), configuration: configuration,
      secrets: credentials.secrets, standing: shared.standing, stores: shared.stores, log: log)
    workers = try sources.map { source throws(NodeError) in try opening.open(source) }
    try shared.stores.open(for: workers)
    self.shared = shared
    loop = NodeLoop(
      name: "local", siteName: "local", eventLoop: eventLoop,
      sandbox: try NodeError.wrapping(.engine) { () throws(SandboxError) in
        try LoopSandbox(engine: engine, loop: eventLoop)
      },
      admission: Admission(loop: eventLoop, ceiling: instances, queueDepth: 0, queueMilliseconds: 1), forwards: 0,
      shared: shared, log: log)
    try loop.prepare(Deployment(workers: workers, nodeName: "local", version: Node.version))
    loop.commit()
  }

  /// Gives back what guests were given. On the loop, after the last answer.
  public func close() {
    loop.end()
    shared.stores.close()
  }

  /// Answers one MCP request. The body of the answer is what a client would read.
  public func answer(headers: some HeaderSource, body: [UInt8]) async -> [UInt8] {
    await loop.answer(headers: headers, body: body, peer: .loopback(port: 0)).body
  }
}
