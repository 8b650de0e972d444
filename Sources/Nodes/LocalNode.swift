// Workers run by this process alone: no socket, no pool of a thousand; for `call` and `bench`.

public import EventLoop
public import Logging
public import MCP
import Manifests
import Sandbox

/// Workers on one loop without a server. What they answer is what a node would answer, by the same stages.
public final class LocalNode: @unchecked Sendable {
  public let workers: [LoadedWorker]
  let loop: NodeLoop

  /// Opens the workers (building those whose bundle is missing or older than its source). On the loop; blocking.
  ///
  /// - parameter instances: slots of the pool; a single call needs one, a bench wants the node's own number.
  public init(
    _ sources: [WorkerSource], on eventLoop: EventLoop, instances: Int, cacheDirectory: String?, log: Logger
  ) throws(NodeError) {
    var configuration = NodeConfiguration.standard
    configuration.limits.instances = instances
    let engine = try NodeError.wrapping(.engine) { () throws(SandboxError) in try Engine(EngineConfiguration(instances: instances)) }
    let opening = WorkerOpening(
      modules: ModuleStore(engine: engine, cacheDirectory: cacheDirectory), limits: configuration.limits, log: log)
    workers = try sources.map { source throws(NodeError) in try opening.open(source) }
    loop = NodeLoop(
      name: "local", siteName: "local", eventLoop: eventLoop,
      sandbox: try NodeError.wrapping(.engine) { () throws(SandboxError) in try LoopSandbox(engine: engine, loop: eventLoop) },
      admission: Admission(loop: eventLoop, ceiling: instances, queueDepth: 0, queueMilliseconds: 1),
      bodyBytes: configuration.limits.bodyBytes, log: log)
    try loop.prepare(Deployment(workers: workers, nodeName: "local", version: Node.version))
    loop.commit()
  }

  /// Answers one MCP request. The body of the answer is what a client would read.
  public func answer(headers: some HeaderSource, body: [UInt8]) async -> [UInt8] {
    await loop.answer(headers: headers, body: body, peer: .loopback(port: 0)).body
  }
}
