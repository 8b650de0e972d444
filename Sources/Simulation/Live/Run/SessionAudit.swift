// What is in the stores at the end of a run: each operation on a session that anybody was told of, exactly once.

internal import EventLoop
internal import KeyValue
internal import Nodes

/// Reads the sessions of a store as it is, past the nodes.
enum SessionAudit {
  /// How often each operation of a run stands in the sessions of a store.
  static func operations(in url: String, on loop: EventLoop) async throws(SimulationError) -> [String: Int] {
    do throws(KeyValueError) {
      let backend = try StoreAddress.parse(url).open()
      let connection = try backend.connection(on: loop)
      var found: [String: Int] = [:]
      var cursor: [UInt8]?
      while true {
        let page = try await perform(
          .list(prefix: [], cursor: cursor, limit: LiveLimits.auditedPage), connection, loop)
        guard case .page(let keys, let isLast) = page else { break }
        for listing in keys {
          if case .entry(let entry?) = try await perform(.get(key: listing.key), connection, loop) {
            for name in names(in: entry.value) { found[name, default: 0] += 1 }
          }
        }
        cursor = keys.last?.key
        if isLast || keys.isEmpty { break }
      }
      connection.close()
      backend.close()
      return found
    } catch {
      throw SimulationError(.process, "the store at \(url) cannot be read at the end of the run: \(error.message)")
    }
  }

  private static func perform(
    _ body: KeyValueOperation.Body, _ connection: any KeyValueConnection, _ loop: EventLoop
  ) async throws(KeyValueError) -> KeyValueAnswer {
    let result: Result<KeyValueAnswer, KeyValueError> = await withCheckedContinuation { continuation in
      connection.perform(
        KeyValueOperation(namespace: Session.namespace, body),
        deadline: loop.now + LiveLimits.auditMilliseconds * 1_000_000
      ) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// The names of operations among the strings of some JSON. A run's names are like no other string.
  static func names(in value: [UInt8]) -> [String] {
    var names: [String] = []
    let mark = Array("\"\(LiveClients.operationPrefix)".utf8)
    var rest = value[...]
    while let place = rest.firstRange(of: mark) {
      let name = rest[(place.lowerBound + 1)...].prefix { $0 != UInt8(ascii: "\"") }
      names.append(String(decoding: name, as: UTF8.self))
      rest = rest[name.endIndex...]
    }
    return names
  }
}
