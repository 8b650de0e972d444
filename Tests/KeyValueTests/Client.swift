// One loop's connection, for tests that await: the way the host uses a store.
import EventLoop
import KeyValue
import Synchronization
import Testing

/// A connection of one loop, usable from any task.
final class Client: @unchecked Sendable {
  let loop: EventLoop
  let namespace: String
  private let connection: any KeyValueConnection

  /// Makes the connection on its loop.
  static func connect(_ backend: any KeyValueBackend, on loop: EventLoop, namespace: String) async throws -> Client {
    let result: Result<Client, KeyValueError> = await withCheckedContinuation { continuation in
      loop.execute {
        do throws(KeyValueError) {
          let connection = try backend.connection(on: loop)
          continuation.resume(returning: .success(Client(loop, connection, namespace)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private init(_ loop: EventLoop, _ connection: any KeyValueConnection, _ namespace: String) {
    self.loop = loop
    self.connection = connection
    self.namespace = namespace
  }

  /// Checks and performs, as the host does. A second completion is an issue.
  ///
  /// - parameter late: gets the milliseconds between the deadline and the completion; 0 where it came in time.
  func perform(
    _ operation: KeyValueOperation, milliseconds: UInt64 = 10_000, late: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) async -> KeyValueOutcome {
    if let problem = operation.problem() { return .failure(problem) }
    return await withCheckedContinuation { continuation in
      loop.execute {
        let deadline = self.loop.now + milliseconds * 1_000_000
        self.start(operation, milliseconds: milliseconds) { outcome in
          let now = self.loop.now
          late(now > deadline ? (now - deadline) / 1_000_000 : 0)
          continuation.resume(returning: outcome)
        }
      }
    }
  }

  /// On the loop.
  func start(
    _ operation: KeyValueOperation, milliseconds: UInt64, _ completion: @escaping @Sendable (KeyValueOutcome) -> Void
  ) {
    var hasEnded = false
    connection.perform(operation, deadline: loop.now + milliseconds * 1_000_000) { [loop] outcome in
      #expect(loop.isOnLoop)
      #expect(!hasEnded, "completed twice: \(operation)")
      if !hasEnded { completion(outcome) }
      hasEnded = true
    }
  }

  /// On the loop.
  func closeNow() { connection.close() }

  func close() async {
    await withCheckedContinuation { continuation in
      loop.execute {
        self.connection.close()
        continuation.resume()
      }
    }
  }
}

typealias KeyValueOutcome = Result<KeyValueAnswer, KeyValueError>

/// The port with the answer that belongs to each question.
extension Client {
  func get(_ key: String, in namespace: String? = nil) async throws -> KeyValueEntry? {
    let operation = KeyValueOperation(namespace: namespace ?? self.namespace, .get(key: Array(key.utf8)))
    guard case .entry(let entry) = try await perform(operation).get() else { throw WrongAnswer() }
    return entry
  }

  @discardableResult
  func put(
    _ key: String, _ value: [UInt8], for timeToLive: UInt64? = nil, if condition: KeyValueCondition = .none,
    in namespace: String? = nil
  ) async throws -> UInt64 {
    let operation = KeyValueOperation(
      namespace: namespace ?? self.namespace,
      .put(key: Array(key.utf8), value: value, timeToLive: timeToLive, condition: condition))
    guard case .written(let version) = try await perform(operation).get() else { throw WrongAnswer() }
    return version
  }

  @discardableResult
  func put(
    _ key: String, _ value: String, for timeToLive: UInt64? = nil, if condition: KeyValueCondition = .none,
    in namespace: String? = nil
  ) async throws -> UInt64 {
    try await put(key, Array(value.utf8), for: timeToLive, if: condition, in: namespace)
  }

  @discardableResult
  func delete(_ key: String, if condition: KeyValueCondition = .none, in namespace: String? = nil) async throws -> Bool
  {
    let operation = KeyValueOperation(
      namespace: namespace ?? self.namespace, .delete(key: Array(key.utf8), condition: condition))
    guard case .deleted(let wasThere) = try await perform(operation).get() else { throw WrongAnswer() }
    return wasThere
  }

  func page(
    _ prefix: String = "", after cursor: [UInt8]? = nil, limit: Int = 100, in namespace: String? = nil
  ) async throws -> (listings: [KeyValueListing], isLast: Bool) {
    let operation = KeyValueOperation(
      namespace: namespace ?? self.namespace, .list(prefix: Array(prefix.utf8), cursor: cursor, limit: limit))
    guard case .page(let listings, let isLast) = try await perform(operation).get() else { throw WrongAnswer() }
    return (listings, isLast)
  }

  /// The keys of all pages; an issue where a page that is not the last one is empty.
  func keys(
    _ prefix: String = "", limit: Int = 100, in namespace: String? = nil, between: () async throws -> Void = {}
  ) async throws -> [String] {
    var keys: [String] = []
    var cursor: [UInt8]?
    while true {
      let page = try await page(prefix, after: cursor, limit: limit, in: namespace)
      #expect(page.listings.count <= limit)
      keys += page.listings.map { String(decoding: $0.key, as: UTF8.self) }
      guard !page.isLast else { return keys }
      cursor = try #require(page.listings.last?.key, "an empty page that is not the last one")
      try await between()
    }
  }

  /// The code that an operation ended with; nil where it was done.
  func code(_ body: () async throws -> Void) async throws -> KeyValueError.Code? {
    do { try await body() } catch let error as KeyValueError { return error.code }
    return nil
  }
}

struct WrongAnswer: Error {}
