// The key-value store of a node: opened when a worker first needs it, and what each loop knows of its health.

import Bundles
import EventLoop
import KeyValue
import Logging
import Manifests
public import Sealing
import Synchronization

/// What a node is given and shows nobody: keys that seal, and secrets by name.
public struct NodeCredentials: Sendable {
  /// Nil: none were given.
  public var keys: KeyRing?
  /// Whether keys are made for the process where none were given: for `dev`, whose sessions may end with it.
  public var mintsKeys: Bool
  public var secrets: Secrets

  public init(keys: KeyRing? = nil, mintsKeys: Bool = false, secrets: Secrets = Secrets()) {
    self.keys = keys
    self.mintsKeys = mintsKeys
    self.secrets = secrets
  }
}

/// One store of a node, shared by its loops. Opened on the first loop's thread; what it gives out is immutable.
final class NodeStore: @unchecked Sendable {
  private struct Opened {
    let backend: any KeyValueBackend
    let sessions: Sealer?
  }

  /// As it was written; nil: `NodeConfiguration.defaultStore`.
  let address: String?
  private let credentials: NodeCredentials
  let log: Logger
  private let opened = Mutex<Opened?>(nil)

  init(_ address: String?, _ credentials: NodeCredentials, log: Logger) {
    self.address = address
    self.credentials = credentials
    self.log = log
  }

  /// Opens the store if one of the workers keeps state, or if the node was told of it. May block: for the start of a
  /// node, and reloads of `dev`.
  func open(for workers: [LoadedWorker], isNamed: Bool) throws(NodeError) {
    let needsSessions = workers.contains { $0.bundle.manifest.sessionTimeToLive != nil }
    let needsStore = needsSessions || workers.contains { !$0.bundle.manifest.namespaces.isEmpty }
    let known = opened.withLock { $0 }
    guard needsStore || isNamed, known == nil || needsSessions && known?.sessions == nil else { return }
    do throws(KeyValueError) {
      let address = try StoreAddress.parse(self.address ?? NodeConfiguration.defaultStore)
      let sealer = try sealer(for: address, needsSessions: needsSessions)
      let backend: any KeyValueBackend
      if let known {
        backend = known.backend
      } else {
        if self.address == nil { try Self.makeFolder() }
        backend = try address.open()
        log.info("state is kept in \(address)")
      }
      opened.withLock { $0 = Opened(backend: backend, sessions: sealer) }
    } catch {
      throw NodeError(.store, error.message, cause: error)
    }
  }

  /// The folder of the store that nobody chose.
  private static func makeFolder() throws(KeyValueError) {
    do throws(FileError) { try Files.makeFolder(NodeConfiguration.defaultStoreFolder) } catch {
      throw KeyValueError(
        .configuration, "\(error.path) cannot be made here: \(error.reason); say where state is kept with --kv")
    }
  }

  /// What outlives a process, or is shared by several, needs keys that do as well.
  private func sealer(for address: StoreAddress, needsSessions: Bool) throws(KeyValueError) -> Sealer? {
    if let keys = credentials.keys { return Sealer(keys, purpose: "session") }
    switch address {
    case .redis where !credentials.mintsKeys, .nats where !credentials.mintsKeys:
      throw KeyValueError(
        .configuration,
        "\(address) is shared, and this node has no keys to seal sessions with: give ATOLL_KEYS, or --keys FILE, one key "
          + "a line as `openssl rand -base64 32` makes them, the same on every node")
    case .sqlite where needsSessions && !credentials.mintsKeys:
      throw KeyValueError(
        .configuration,
        "sessions in \(address) outlive this process, and it has no keys to seal them with: give ATOLL_KEYS, or "
          + "--keys FILE, one key a line as `openssl rand -base64 32` makes them")
    default:
      guard needsSessions else { return nil }
      log.notice("keys were made for this process: its sessions end with it; give ATOLL_KEYS to keep them")
      return Sealer(.minted(), purpose: "session")
    }
  }

  /// For tests: a store that is open already.
  func use(_ backend: any KeyValueBackend) { opened.withLock { $0 = Opened(backend: backend, sessions: nil) } }

  var backend: (any KeyValueBackend)? { opened.withLock { $0?.backend } }
  var sessions: Sealer? { opened.withLock { $0?.sessions } }

  /// After every loop has closed its connection.
  func close() { opened.withLock { $0?.backend.close() } }
}

/// One loop's way to the store. Confined to its loop's thread.
///
/// A store that stops answering costs each operation its whole time-out, and each waiting call its instance. So once one
/// has run out of time, the others fail at once, and one at a time is let through to see whether the store is back.
final class StoreAccess {
  /// Operations by kind and outcome, for `/metrics`.
  struct Counts: Sendable {
    /// Those that were done, by kind: plain integers, since a dictionary costs as much as a cached read.
    fileprivate var done: InlineArray<4, UInt64> = .init(repeating: 0)
    fileprivate var failed: [String: UInt64] = [:]

    mutating func merge(_ other: Counts) {
      for kind in done.indices { done[kind] += other.done[kind] }
      failed.merge(other.failed, uniquingKeysWith: +)
    }

    /// By their labels.
    var operations: [String: UInt64] {
      var all = failed
      for (kind, name) in KeyValueOperation.Body.names.enumerated() where done[kind] > 0 {
        all["operation=\"\(name)\",outcome=\"ok\""] = done[kind]
      }
      return all
    }
  }

  let loop: EventLoop
  private let store: NodeStore
  private let timeoutNanoseconds: UInt64
  private var connection: (any KeyValueConnection)?
  private var health = StoreHealth()
  private(set) var counts = Counts()

  init(loop: EventLoop, store: NodeStore, timeoutMilliseconds: Int) {
    self.loop = loop
    self.store = store
    timeoutNanoseconds = UInt64(timeoutMilliseconds) * 1_000_000
  }

  var isWell: Bool { health.isWell }

  /// Does one operation, within the node's time-out and the call's `deadline`. `completion` may be called before this
  /// returns.
  func perform(
    _ operation: KeyValueOperation, deadline: UInt64,
    _ completion: @escaping (Result<KeyValueAnswer, KeyValueError>) -> Void
  ) {
    if let problem = operation.problem() { return finish(operation, .failure(problem), completion) }
    guard health.letsThrough else { return finish(operation, .failure(StoreHealth.leftAlone), completion) }
    let connection: any KeyValueConnection
    do throws(KeyValueError) { connection = try connected() } catch {
      return finish(operation, .failure(error), completion)
    }
    let start = loop.now
    let own = start &+ timeoutNanoseconds
    let isTest = StoreHealth.isTest(operation, deadline: deadline, now: start, timeout: timeoutNanoseconds)
    health.begin()
    connection.perform(operation, deadline: min(deadline, own)) { [self] result in
      judge(result, isTest: isTest)
      finish(operation, result, completion)
    }
  }

  /// The same for a task of this loop.
  func perform(_ operation: KeyValueOperation, deadline: UInt64) async -> Result<KeyValueAnswer, KeyValueError> {
    await withCheckedContinuation { continuation in
      perform(operation, deadline: deadline) { continuation.resume(returning: $0) }
    }
  }

  func close() {
    connection?.close()
    connection = nil
  }

  private func connected() throws(KeyValueError) -> any KeyValueConnection {
    if let connection { return connection }
    guard let backend = store.backend else {
      throw KeyValueError(.unavailable, "this run of the worker has no key-value store")
    }
    let made = try backend.connection(on: loop)
    connection = made
    return made
  }

  private func judge(_ result: Result<KeyValueAnswer, KeyValueError>, isTest: Bool) {
    switch health.judge(result, isTest: isTest) {
    case .recovered: store.log.notice("the key-value store answers again")
    case .failed(let message): store.log.warning("the key-value store does not answer: \(message)")
    case nil: break
    }
  }

  private func finish(
    _ operation: KeyValueOperation, _ result: Result<KeyValueAnswer, KeyValueError>,
    _ completion: (Result<KeyValueAnswer, KeyValueError>) -> Void
  ) {
    switch result {
    case .success: counts.done[operation.body.kind] += 1
    case .failure(let error):
      let name = KeyValueOperation.Body.names[operation.body.kind]
      counts.failed["operation=\"\(name)\",outcome=\"\(error.code)\"", default: 0] += 1
    }
    completion(result)
  }
}

extension KeyValueOperation.Body {
  fileprivate static let names = ["get", "put", "delete", "list"]

  /// Its place among the names.
  fileprivate var kind: Int {
    switch self {
    case .get: 0
    case .put: 1
    case .delete: 2
    case .list: 3
    }
  }
}
