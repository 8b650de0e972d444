// What one call's guest is given: its worker's grants, its session, its share of time and bytes.

import EventLoop
import HTTPClient
import JSON
import KeyValue
import Sandbox

/// What a loop has for the guests of all its calls. Confined to its loop's thread.
final class LoopServices {
  let loop: EventLoop
  /// As the node has them.
  let stores: [StoreAccess]
  /// Heads of operations are read in it, one at a time.
  let pool: JSONPool
  private let upstreams: NodeUpstreams
  private var client: UpstreamClient?

  init(loop: EventLoop, stores: [StoreAccess], upstreams: NodeUpstreams) {
    self.loop = loop
    self.stores = stores
    self.upstreams = upstreams
    pool = JSONPool(bytes: JSONPool.bytes(forInputOf: OperationBounds.headBytes))
  }

  /// Made with the first request: libcurl is loaded then.
  func upstreamClient() throws(UpstreamConfigurationError) -> UpstreamClient {
    if let client { return client }
    let pool = try UpstreamPool(loop: loop, policy: upstreams.policy, certificates: upstreams.certificates)
    let made = UpstreamClient(loop: loop, pool: pool, health: upstreams.health)
    client = made
    return made
  }

  func close() {
    for store in stores { store.close() }
    client?.pool.close()
    client = nil
  }
}

/// How a node reaches upstreams; one for all its loops.
final class NodeUpstreams: Sendable {
  let policy: AddressPolicy
  let certificates: String?
  let health = UpstreamHealth()

  init(allowed: [String], certificates: String?) throws(NodeError) {
    do throws(UpstreamConfigurationError) { policy = try AddressPolicy(allowed: allowed) } catch {
      throw NodeError(.configuration, "`upstreams.allow`: \(error.message)", cause: error)
    }
    self.certificates = certificates
  }
}

/// The services of one call. Confined to its loop's thread.
final class GrantedServices: CallServices {
  private let grants: WorkerGrants
  private let loop: LoopServices
  private let session: Session?
  private let readsReplicas: Bool
  /// When operations have to have ended: a part of the call's own time is left for its answer.
  private let deadline: UInt64
  private let budget: ByteBudget
  private var storeOperations = 0
  private var storeBytes = 0

  /// - Parameters:
  ///   - readsReplicas: whether reads may come from a copy of the store that is behind.
  ///   - nanoseconds: what the call has left, where that may be less than its worker's time.
  init(
    _ grants: WorkerGrants, on loop: LoopServices, session: Session?, readsReplicas: Bool = false,
    within nanoseconds: UInt64 = .max
  ) {
    self.grants = grants
    self.loop = loop
    self.session = session
    self.readsReplicas = readsReplicas
    let time = min(grants.wallNanoseconds, nanoseconds)
    deadline = loop.loop.now &+ time - time / OperationBounds.answerShare
    budget = ByteBudget(bytes: grants.upstreamBytes)
  }

  func start(_ capability: Capabilities, request: [UInt8], _ operation: GuestOperation) {
    do throws(OperationProblem) {
      let request = OperationRequest(request)
      switch capability {
      case .kv: try startKV(request, operation)
      case .session: try startSession(request, operation)
      default: try startFetch(request, operation)
      }
    } catch {
      operation.complete(error.head, outcome: .failed(error.code))
    }
  }

  // MARK: Key-value

  private func startKV(_ request: OperationRequest, _ operation: GuestOperation) throws(OperationProblem) {
    let asked = try KVOperation(request, granted: grants.namespaces, pool: loop.pool)
    operation.describe(asked.isRead ? .read : .write, target: grants.targets[asked.namespace])
    let store = asked.isRead && readsReplicas ? grants.store.copy : grants.store.primary
    try perform(asked.operation, on: store) { Self.complete(operation, $0) }
  }

  /// Does one operation on the store, within what the call may have under way.
  private func perform(
    _ operation: KeyValueOperation, on store: Int? = nil,
    _ completion: @escaping (Result<KeyValueAnswer, KeyValueError>) -> Void
  ) throws(OperationProblem) {
    var bytes = 0
    if case .put(_, let value, _, _) = operation.body { bytes = value.count }
    guard storeOperations < OperationBounds.storeOperations, storeBytes + bytes <= OperationBounds.storeBytes else {
      throw OperationProblem("too_many", "the call has as much under way on the store as it may; wait for some of it")
    }
    storeOperations += 1
    storeBytes += bytes
    loop.stores[store ?? grants.store.primary].perform(operation, deadline: deadline) { [self] result in
      storeOperations -= 1
      storeBytes -= bytes
      completion(result)
    }
  }

  private static func complete(_ operation: GuestOperation, _ result: Result<KeyValueAnswer, KeyValueError>) {
    switch result {
    case .success(let answer): operation.complete(answer.guestAnswer, wereBytesSent: true)
    case .failure(let error):
      operation.complete(error.problem.head, outcome: .failed("\(error.code)"), wereBytesSent: error.mayHaveHappened)
    }
  }

  // MARK: Session

  private func startSession(_ request: OperationRequest, _ operation: GuestOperation) throws(OperationProblem) {
    guard let session else {
      throw OperationProblem("denied", "this tool has no session; write session = true in its [[tools]] in atoll.toml")
    }
    switch try SessionOperation(request, pool: loop.pool) {
    case .get:
      operation.describe(.read, target: "session")
      if let known = session.knownAnswer() { return operation.complete(known) }
      try perform(session.load) { result in
        guard case .success(.entry(let entry)) = result else { return Self.complete(operation, result) }
        session.read(entry)
        operation.complete(Session.answer(to: entry), wereBytesSent: true)
      }
    case .put(let data, let condition):
      operation.describe(.write, target: "session")
      try write(data, condition, to: session, operation, attempts: OperationBounds.writeAttempts)
    case .delete:
      operation.describe(.write, target: "session")
      session.ended()
      try perform(session.end) { Self.complete(operation, $0) }
    }
  }

  /// Writes a session's data. Without a condition the last one wins, but never over a session that has ended meanwhile: so
  /// even that write names the version it knows, and looks again where another call was faster.
  private func write(
    _ data: [UInt8], _ condition: KeyValueCondition, to session: Session, _ operation: GuestOperation, attempts: Int
  ) throws(OperationProblem) {
    try perform(try session.write(data, condition)) { [self] result in
      switch result {
      case .success(.written(let version)):
        session.written(version, data)
        Self.complete(operation, result)
      case .failure(let error) where error.code == .conflict && condition == .none && attempts > 1:
        again(data, to: session, operation, attempts: attempts - 1)
      default: Self.complete(operation, result)
      }
    }
  }

  private func again(_ data: [UInt8], to session: Session, _ operation: GuestOperation, attempts: Int) {
    func attempt(_ body: () throws(OperationProblem) -> Void) {
      do throws(OperationProblem) { try body() } catch { operation.complete(error.head, outcome: .failed(error.code)) }
    }
    attempt { () throws(OperationProblem) in
      try perform(session.load) { [self] result in
        guard case .success(.entry(let entry)) = result else { return Self.complete(operation, result) }
        session.read(entry)
        attempt { () throws(OperationProblem) in
          try write(data, .none, to: session, operation, attempts: attempts)
        }
      }
    }
  }

  // MARK: Fetch

  private func startFetch(_ request: OperationRequest, _ operation: GuestOperation) throws(OperationProblem) {
    var asked = try UpstreamRequest(request, pool: loop.pool)
    asked.url = grants.located(asked.url)
    let name = (try? grants.upstreams.resolve(asked.url))?.upstream.name ?? "?"
    operation.describe(asked.method == "GET" || asked.method == "HEAD" ? .read : .unsafe, target: "fetch:\(name)")
    let client: UpstreamClient
    do throws(UpstreamConfigurationError) { client = try loop.upstreamClient() } catch {
      throw OperationProblem("connect_failed", error.message)
    }
    let reader = FetchReader(operation)
    let exchange = client.start(asked, of: grants.upstreams, deadline: deadline, budget: budget, receiver: reader)
    reader.exchange = exchange
    operation.onCancel {
      exchange.cancel()
      return exchange.wereBytesSent
    }
    operation.onDrained { exchange.resume() }
  }
}
