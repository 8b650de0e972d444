// The half of a node that lives on one loop: its server, its sandbox, its share of the instances.

import EventLoop
import HTTPClient
public import HTTPServer
import HTTPTypes
import JSON
import Logging
public import MCP
import Manifests
import Sandbox
import Sealing

/// A worker as one loop runs it: the shared, checked program and this loop's prepared form of it.
final class PreparedWorker: @unchecked Sendable {
  let loaded: LoadedWorker
  /// Nil where its tools run at other sites only.
  let program: PreparedProgram?
  let metrics: WorkerMetrics
  var grants: WorkerGrants { loaded.grants }
  /// Made once, so that a call only retains it.
  let logSink: (GuestLogLine) -> Void

  init(loaded: LoadedWorker, program: PreparedProgram?, metrics: WorkerMetrics, log: Logger) {
    self.loaded = loaded
    self.program = program
    self.metrics = metrics
    let name = loaded.name
    let positions = loaded.positions
    logSink = { line in
      let text = positions?.mapped(line.text) ?? line.text
      log.log(level: line.level.logger, "\(text)", metadata: ["worker": "\(name)", "source": "\(line.source)"])
    }
  }
}

/// One loop of a node. Confined to its loop's thread; loops share nothing but the immutable deployment and the rate
/// limits.
final class NodeLoop: @unchecked Sendable {
  let name: String
  let siteName: String
  let eventLoop: EventLoop
  let sandbox: LoopSandbox
  let admission: Admission
  let log: Logger
  let callers: Callers
  /// What its guests may be granted.
  let services: LoopServices
  let stores: NodeStores
  let topology: NodeTopology?
  /// Passes calls on to other sites; nil for a node that is alone.
  let forwarder: Forwarder?
  /// What serves clients on this loop; nil for a loop without a socket.
  var server: HTTPServer?
  /// Sees each call before its first stage: where a recorder stands, and puts a tape into its ledger.
  var onCall: ((Call) -> Void)?
  private let pool: JSONPool
  private let pipeline = Pipeline.standard
  let metrics = LoopMetrics()
  private let logsCalls: Bool
  var forwardRefusals: [ForwardRefusal: UInt64] = [:]
  /// When a refusal was logged last: who sends many must not fill the log.
  var refusalLogged: UInt64 = 0

  /// What is in service. A request takes it once and stays with it, so that a reload does not change it on its way.
  private(set) var service = Service(deployment: nil, workers: [])
  /// What ``prepare(_:)`` made and ``commit()`` puts into service.
  private var prepared: Service?

  /// What all loops of a node have in common. Immutable, or safe on any thread.
  struct Shared {
    let configuration: NodeConfiguration
    let callers: Callers
    let stores: NodeStores
    let upstreams: NodeUpstreams
    let standing: Standing

    init(
      _ configuration: NodeConfiguration, _ credentials: NodeCredentials, isWorkshop: Bool, log: Logger
    ) throws(NodeError) {
      self.configuration = configuration
      standing = try Standing(configuration, credentials, isWorkshop: isWorkshop)
      callers = try Callers(configuration, credentials.secrets)
      stores = NodeStores(configuration, credentials, standing.topology, log: log)
      upstreams = try NodeUpstreams(allowed: configuration.allowedAddresses, certificates: configuration.upstreamCA)
    }
  }

  /// A deployment, and its workers as this loop runs them.
  struct Service {
    let deployment: Deployment?
    let workers: [PreparedWorker]
    /// The endpoints with tools whose arguments this site may not have.
    let boundEndpoints: [Deployment.Endpoint]
    var endpoints: [Deployment.Endpoint] { deployment?.endpoints ?? [] }

    init(deployment: Deployment?, workers: [PreparedWorker]) {
      self.deployment = deployment
      self.workers = workers
      boundEndpoints = (deployment?.endpoints ?? []).filter { $0.placements.contains { $0.misdirection != nil } }
    }
  }

  init(
    name: String, siteName: String, eventLoop: EventLoop, sandbox: LoopSandbox, admission: Admission, forwards: Int,
    shared: Shared, log: Logger
  ) {
    self.name = name
    self.siteName = siteName
    self.eventLoop = eventLoop
    self.sandbox = sandbox
    self.admission = admission
    self.log = log
    callers = shared.callers
    stores = shared.stores
    topology = shared.standing.topology
    forwarder = topology.map { Forwarder($0, loop: eventLoop, ceiling: forwards, log: log) }
    services = LoopServices(
      loop: eventLoop,
      stores: shared.stores.stores.map {
        StoreAccess(loop: eventLoop, store: $0, timeoutMilliseconds: shared.configuration.kvMilliseconds)
      },
      upstreams: shared.upstreams)
    logsCalls = log.logLevel <= .debug
    // Requests and guests' answers are read in it, one at a time.
    pool = JSONPool(
      bytes: JSONPool.bytes(forInputOf: max(shared.configuration.limits.bodyBytes, Bounds.outputBytes.upperBound)))
  }

  /// Links what is new in a deployment. Nothing that serves changes before ``commit()``.
  func prepare(_ deployment: Deployment) throws(NodeError) {
    var workers: [PreparedWorker] = []
    for loaded in deployment.workers {
      if let known = service.workers.first(where: { $0.loaded === loaded }) {
        workers.append(known)
        continue
      }
      do throws(SandboxError) {
        workers.append(
          PreparedWorker(
            loaded: loaded,
            program: try loaded.program.map { program throws(SandboxError) in try sandbox.prepare(program) },
            metrics: metrics.worker(named: loaded.name), log: log))
      } catch {
        throw NodeError(.workerNotLoaded, "\(loaded.source.path): \(error.message)", cause: error)
      }
    }
    prepared = Service(deployment: deployment, workers: workers)
  }

  /// Puts the prepared deployment into service; calls in flight end on the one that they began with.
  func commit() {
    if let prepared { service = prepared }
    prepared = nil
  }

  /// Ends its calls with the fault `cancelled`, and what its guests were given: for a node that stops.
  func end() {
    sandbox.cancelAll()
    forwarder?.links.close()
    services.close()
  }

  // MARK: The way of one request

  /// Answers a request that came over a socket.
  func answer(_ exchange: HTTPExchange) async {
    let service = service
    guard let endpoint = service.endpoints.first(where: { exchange.pathIs($0.path) }) else {
      let served = service.endpoints.map(\.path).joined(separator: ", ")
      metrics.countRequest(status: 404)
      return exchange.respond(
        status: .notFound, fields: [("Content-Type", "text/plain; charset=utf-8")],
        body: Array("nothing is served at this path; MCP is at \(served)\n".utf8))
    }
    guard let caller = caller(of: exchange, endpoint) else { return }
    let decoded = decode(
      method: exchange.method, headers: exchange, body: exchange.body, catalog: endpoint.catalog, pool: pool)
    let answer: HTTPAnswer
    switch decoded {
    case _ where caller.forward != nil && !isSame(decoded, caller, endpoint, service):
      answer = refuse(.versionDiffers)
    case .answer(let known):
      answer = known
    case .call(let request):
      // A legacy client that closes its stream has not cancelled anything (2026-07-28, basic/patterns/cancellation).
      exchange.cancelsOnDisconnect = request.era.cancelsOnDisconnect
      answer = await self.answer(request, endpoint, service, caller)
    case .batch(let parts):
      answer = await self.answer(batch: parts, endpoint, service, caller)
    }
    metrics.countRequest(status: answer.status)
    // What was streamed is out already, or was broken off and must look so.
    if exchange.answeredStatus != nil { return }
    if let note = answer.note { log.warning("\(note)", metadata: ["path": "\(exchange.path)"]) }
    // Answers leave together too: see `joinCohort`.
    await eventLoop.joinCohort()
    exchange.respond(answer)
  }

  /// Answers a request that came from this process, without a socket.
  func answer(headers: some HeaderSource, body: [UInt8], peer: SocketAddress) async -> HTTPAnswer {
    let service = service
    let endpoint = service.endpoints[0]
    let caller = Caller(peer: peer, principal: .anonymous)
    switch decode(method: .post, headers: headers, body: body, catalog: endpoint.catalog, pool: pool) {
    case .answer(let known): return known
    case .call(let request): return await answer(request, endpoint, service, caller)
    case .batch(let parts): return await answer(batch: parts, endpoint, service, caller)
    }
  }

  private func answer(
    _ request: ToolCall, _ endpoint: Deployment.Endpoint, _ service: Service, _ caller: Caller, isPart: Bool = false
  ) async -> HTTPAnswer {
    let worker = service.workers[endpoint.workerOfTool[request.toolIndex]]
    let call = Call(
      request: request, worker: worker, placement: endpoint.placements[request.toolIndex], from: caller, isPart: isPart,
      loop: self)
    onCall?(call)
    let outcome = await pipeline.answer(call)
    var answer = encode(outcome, for: request, pool: pool)
    if let word = RefusalWord(call, outcome) { answer.fields.append(word.field) }
    return answer
  }

  /// The parts of a batch run one after the other: a batch is one request's worth of the caller's share.
  private func answer(
    batch: [Decoded], _ endpoint: Deployment.Endpoint, _ service: Service, _ caller: Caller
  ) async -> HTTPAnswer {
    // Joined part by part, so that never more than one batch's worth of answers is kept.
    var answers = BatchAnswer()
    var caller = caller
    if forwarder != nil { caller.lines = ForwardLines() }
    for part in batch {
      switch part {
      case .answer(let known): answers.append(known)
      case .call(let request):
        answers.append(await answer(request, endpoint, service, caller, isPart: true))
      case .batch: preconditionFailure("a part of a batch is a batch: the decoder refuses that")
      }
    }
    return answers.finished()
  }

  /// Whether these bytes are one JSON object that says it is a message of JSON-RPC.
  func isMessage(_ bytes: [UInt8]) -> Bool {
    // The pool is for requests and guests' answers; what may be larger is read on the heap.
    let fits = bytes.count <= NodeBounds.pooledMessageBytes
    guard let document = try? JSONDocument(bytes, pool: fits ? pool : nil) else { return false }
    return document.root["jsonrpc"]?.isString("2.0") == true
  }

  /// Why the arguments do not fit the tool's schema, as the answer that says so; nil when they do.
  func argumentsProblem(of request: ToolCall) -> ToolOutcome? { request.argumentsProblem(pool: pool) }

  // MARK: Sessions

  /// The handle that a call names.
  func sessionHandle(of request: ToolCall) -> String? { request.sessionHandle(pool: pool) }

  /// Milliseconds since 1970, as guests are told.
  func milliseconds() -> UInt64 { sandbox.wallMilliseconds }

  // MARK: What is known of it

  /// Counts and logs a finished call; called by the outermost stage.
  func record(_ call: Call, _ outcome: ToolOutcome) {
    let nanoseconds = eventLoop.now - call.startedNanoseconds
    call.worker.metrics.record(call, outcome, nanoseconds: nanoseconds)
    if logsCalls || call.fault != nil || call.problem != nil || call.brokenOff != nil {
      CallLog.write(call, outcome, nanoseconds: nanoseconds, to: log)
    }
  }

  func snapshot() -> LoopMetrics.Snapshot {
    var snapshot = metrics.snapshot(admission: admission)
    for store in services.stores {
      snapshot.store.merge(store.counts)
      snapshot.isStoreWell = snapshot.isStoreWell && store.isWell
    }
    snapshot.forwards = forwarder?.counts ?? [:]
    snapshot.forwardsLive = forwarder?.live ?? 0
    snapshot.forwardRefusals = forwardRefusals
    guard let server else { return snapshot }
    snapshot.connections = server.openConnections
    snapshot.disconnects = server.counters.disconnects
    snapshot.unsentAborts = server.counters.unsentAborts
    for (status, count) in server.counters.refusals { snapshot.requests[status, default: 0] += UInt64(count) }
    return snapshot
  }
}

extension HTTPExchange: HeaderSource {
  public func lookup(_ lowercasedName: String) -> HeaderLookup {
    switch copies(of: lowercasedName) {
    case .none: .absent
    case .one(let value): .one(value)
    case .several(let values): .several(values)
    }
  }

  func respond(_ answer: HTTPAnswer) {
    var fields = answer.fields
    if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
    respond(status: HTTPResponse.Status(code: answer.status), fields: fields, body: answer.body)
  }
}
