// The half of a node that lives on one loop: its server, its sandbox, its share of the instances.

import EventLoop
import HTTPServer
import JSON
import Logging
import MCP
import Sandbox

/// A worker as one loop runs it: the shared, checked program and this loop's prepared form of it.
final class PreparedWorker: @unchecked Sendable {
  let loaded: LoadedWorker
  let program: PreparedProgram
  let metrics: WorkerMetrics

  init(loaded: LoadedWorker, program: PreparedProgram, metrics: WorkerMetrics) {
    self.loaded = loaded
    self.program = program
    self.metrics = metrics
  }
}

/// One loop of a node. Confined to its loop's thread; loops share nothing but the immutable deployment
/// and the rate limits.
final class NodeLoop: HTTPService, @unchecked Sendable {
  let eventLoop: EventLoop
  let sandbox: LoopSandbox
  let admission: Admission
  let siteName: String
  let log: Logger
  private let pool: JSONPool
  private let pipeline = Pipeline.standard
  private let metrics = LoopMetrics()
  private let logsCalls: Bool

  /// The deployment in service, with this loop's prepared workers.
  private(set) var deployment: Deployment?
  private var workers: [PreparedWorker] = []
  private var endpoints: [String: Deployment.Endpoint] = [:]

  init(
    eventLoop: EventLoop, sandbox: LoopSandbox, admission: Admission, siteName: String, parserBytes: Int,
    log: Logger
  ) {
    self.eventLoop = eventLoop
    self.sandbox = sandbox
    self.admission = admission
    self.siteName = siteName
    self.log = log
    logsCalls = log.logLevel <= .debug
    pool = JSONPool(bytes: parserBytes)
  }

  /// Puts a deployment into service on this loop, whole or not at all.
  func deploy(_ deployment: Deployment) throws(NodeError) {
    var prepared: [PreparedWorker] = []
    for loaded in deployment.workers {
      let known = workers.first { $0.loaded === loaded }
      do {
        prepared.append(
          try known
            ?? PreparedWorker(
              loaded: loaded, program: sandbox.prepare(loaded.program), metrics: metrics.worker(named: loaded.name)))
      } catch {
        throw NodeError(.workerNotLoaded, "\(loaded.source.path): \(error.message)", cause: error)
      }
    }
    workers = prepared
    endpoints = Dictionary(uniqueKeysWithValues: deployment.endpoints.map { ($0.path, $0) })
    self.deployment = deployment
  }

  // MARK: The way of one request

  func answer(_ exchange: HTTPExchange) async {
    guard let endpoint = endpoints[exchange.path] else {
      return exchange.respond(.notFound(exchange.path, served: deployment?.endpoints.map(\.path) ?? []))
    }
    switch decode(
      method: exchange.method, headers: exchange, body: exchange.body, catalog: endpoint.catalog, pool: pool)
    {
    case .answer(let answer):
      exchange.respond(answer)
    case .call(let request):
      exchange.cancelsOnDisconnect = request.era == .modern
      let outcome = await run(request, endpoint, peer: exchange.peer.host)
      guard !exchange.isDisconnected else { return }
      exchange.respond(encode(outcome, for: request, catalog: endpoint.catalog, pool: pool))
    }
  }

  private func run(_ request: ToolCall, _ endpoint: Deployment.Endpoint, peer: String) async -> ToolOutcome {
    let worker = workers[endpoint.workerOfTool[request.toolIndex]]
    let call = Call(request: request, worker: worker, peer: peer, ledger: CallLedger(), loop: self)
    return await pipeline.answer(call)
  }

  // MARK: What is known of it

  /// Counts and logs a finished call; called by the outermost stage.
  func record(_ call: Call, _ outcome: ToolOutcome) {
    let nanoseconds = eventLoop.now - call.startedNanoseconds
    call.worker.metrics.record(outcome, call.ledger, nanoseconds: nanoseconds)
    if logsCalls || call.ledger.fault != nil { CallLog.write(call, outcome, nanoseconds: nanoseconds, to: log) }
  }

  func snapshot() -> LoopMetrics.Snapshot { metrics.snapshot(admission: admission) }
}
