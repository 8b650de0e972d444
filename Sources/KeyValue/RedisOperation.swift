// One operation on its way: the request it makes, and what a reply to it means.

/// Confined to its connection's loop.
final class RedisOperation {
  enum Outcome {
    case done(Result<KeyValueAnswer, KeyValueError>)
    /// A page among expired keys: another request follows.
    case again
  }

  /// What a sweep is, beside the operations of the port.
  enum Work {
    case port(KeyValueOperation.Body)
    case sweep((Int) -> Void)
  }

  let namespace: String
  let deadline: UInt64
  /// nil once it has ended; its reply may still be on the way.
  var completion: KeyValueCompletion?
  /// Monotonic nanoseconds.
  var sentAt: UInt64 = 0
  /// What it counts for at the moment: `heldBytes` while it waits, its request's once that is sent.
  var byteCount = 0
  var wasRepeated = false
  /// Sends a script itself instead of its digest.
  var sendsSource = false
  private let work: Work
  private var page: [KeyValueListing] = []
  /// From where a listing goes on.
  private var seen: [UInt8]?

  init(_ operation: KeyValueOperation, deadline: UInt64, completion: @escaping KeyValueCompletion) {
    namespace = operation.namespace
    work = .port(operation.body)
    self.deadline = deadline
    self.completion = completion
  }

  /// A sweep; `removed` hears how many records went.
  init(sweeping namespace: String, deadline: UInt64, removed: @escaping (Int) -> Void) {
    self.namespace = namespace
    work = .sweep(removed)
    self.deadline = deadline
    completion = { _ in }
  }

  var isWanted: Bool { completion != nil }

  var isRead: Bool {
    switch work {
    case .port(.get), .port(.list): true
    default: false
    }
  }

  var isWrite: Bool { !isRead }

  /// Bytes that it holds before there is a request.
  var heldBytes: Int {
    switch work {
    case .port(let body): body.byteCount
    case .sweep: 0
    }
  }

  // MARK: The request

  func request(keys: RedisKeys, digests: [RedisScriptName: String], now: UInt64) -> [UInt8] {
    switch work {
    case .port(.get(let key)):
      var request = RedisRequest(2, reserving: key.count)
      request.append("GET")
      request.append(keys.value, key)
      return request.bytes
    case .port(.put(let key, let value, let timeToLive, let condition)):
      var request = call(.put, keys, key, digests, arguments: 6, now: now, reserving: value.count)
      append(condition, to: &request)
      request.append(timeToLive.map { now &+ $0 } ?? 0)
      request.append(value)
      return request.bytes
    case .port(.delete(let key, let condition)):
      var request = call(.delete, keys, key, digests, arguments: 4, now: now)
      append(condition, to: &request)
      return request.bytes
    case .port(.list(let prefix, let cursor, let limit)):
      var request = call(.list, keys, [], digests, arguments: 4, argument: prefix, now: now)
      if let after = seen ?? cursor {
        request.append([UInt8(ascii: "(")], after)
      } else {
        request.append(prefix.isEmpty ? [UInt8(ascii: "-")] : [UInt8(ascii: "[")], prefix)
      }
      // One more than asked for says whether this is the last page.
      request.append(UInt64(limit + 1 - page.count))
      return request.bytes
    case .sweep:
      return call(.sweep, keys, [], digests, arguments: 2, now: now).bytes
    }
  }

  /// A script's call as far as the arguments that all have: `argument`, or else the key, and the time.
  private func call(
    _ name: RedisScriptName, _ keys: RedisKeys, _ key: [UInt8], _ digests: [RedisScriptName: String],
    arguments: Int, argument: [UInt8]? = nil, now: UInt64, reserving: Int = 0
  ) -> RedisRequest {
    var request = RedisRequest(3 + 4 + arguments, reserving: 512 + reserving)
    if !sendsSource, let digest = digests[name] {
      request.append("EVALSHA")
      request.append(digest)
    } else {
      request.append("EVAL")
      request.append(name.source)
    }
    request.append("4")
    request.append(keys.value, key)
    request.append(keys.index)
    request.append(keys.expiry)
    request.append(keys.version)
    request.append(argument ?? key)
    request.append(now)
    return request
  }

  private func append(_ condition: KeyValueCondition, to request: inout RedisRequest) {
    switch condition {
    case .none:
      request.append("n")
      request.append([])
    case .absent:
      request.append("a")
      request.append([])
    case .version(let version):
      request.append("v")
      request.append(RecordHead.bytes(of: version))
    }
  }

  // MARK: The reply

  func read(_ reply: RedisReply, now: UInt64, place: String) -> Outcome {
    if case .failure(let words) = reply { return .done(.failure(RedisFailure.error(words, place: place))) }
    switch (work, reply) {
    case (.port(.get), .none):
      return .done(.success(.entry(nil)))
    case (.port(.get), .bytes(let record)):
      guard let head = RecordHead(record) else { return .done(.failure(RedisFailure.corrupt(place: place))) }
      if head.isExpired(at: now) { return .done(.success(.entry(nil))) }
      let value = Array(record[RecordHead.byteCount...])
      return .done(.success(.entry(KeyValueEntry(value: value, version: head.version, expires: head.expires))))
    case (.port(.put), .integer(RedisVerdict.conflict)), (.port(.delete), .integer(RedisVerdict.conflict)):
      return .done(.failure(.conflict))
    case (.port(.put), .integer(let version)) where version > 0:
      return .done(.success(.written(version: UInt64(version))))
    case (.port(.delete), .integer(let count)) where count >= 0:
      return .done(.success(.deleted(count > 0)))
    case (.port(.list(_, _, let limit)), .list(let parts)):
      return read(page: parts, limit: limit, place: place)
    case (.sweep(let removed), .integer(let count)):
      removed(Int(count))
      return .done(.success(.deleted(true)))
    default:
      return .done(.failure(RedisFailure.corrupt(place: place)))
    }
  }

  private func read(page parts: [RedisReply], limit: Int, place: String) -> Outcome {
    guard case .bytes(let last)? = parts.first, parts.count % 2 == 1 else {
      return .done(.failure(RedisFailure.corrupt(place: place)))
    }
    for index in stride(from: 1, to: parts.count, by: 2) {
      guard case .bytes(let key) = parts[index], case .bytes(let bytes) = parts[index + 1],
        let head = RecordHead(bytes)
      else { return .done(.failure(RedisFailure.corrupt(place: place))) }
      page.append(KeyValueListing(key: key, version: head.version, expires: head.expires))
    }
    if page.count > limit { return .done(.success(.page(Array(page.prefix(limit)), isLast: false))) }
    if last.isEmpty { return .done(.success(.page(page, isLast: true))) }
    seen = last
    return .again
  }
}

/// The scripts, by what they do.
enum RedisScriptName: CaseIterable {
  case put, delete, list, sweep

  var source: String {
    switch self {
    case .put: RedisScripts.put
    case .delete: RedisScripts.delete
    case .list: RedisScripts.list
    case .sweep: RedisScripts.sweep
    }
  }
}

/// What the errors of a Redis are to the port.
enum RedisFailure {
  static func error(_ words: String, place: String) -> KeyValueError {
    // Before Redis 7 an error inside a script came as `ERR Error running script …: -OOM command not allowed …`.
    func says(_ code: String) -> Bool { words.hasPrefix(code + " ") || words.contains("-" + code + " ") }
    let quoted = words.prefix(240)
    if says("OOM") {
      return KeyValueError(
        .full, "Redis at \(place) has no memory left: raise its maxmemory, or let values expire (\(quoted))")
    }
    if says("WRONGTYPE") || says("CORRUPT") { return corrupt(place: place) }
    return KeyValueError(.unavailable, "Redis at \(place) refuses: \(quoted)")
  }

  static func corrupt(place: String) -> KeyValueError {
    KeyValueError(
      .corrupt, "what Redis at \(place) holds there was not written by a node, or is damaged: look who else writes "
        + "keys that begin with atoll:")
  }
}

/// Operations in the order in which they were sent.
struct RedisQueue {
  private var entries: [RedisOperation] = []
  private var start = 0

  var count: Int { entries.count - start }
  var first: RedisOperation? { start < entries.count ? entries[start] : nil }

  mutating func append(_ entry: RedisOperation) { entries.append(entry) }

  mutating func popFirst() -> RedisOperation? {
    guard start < entries.count else { return nil }
    let entry = entries[start]
    start += 1
    if start == entries.count {
      entries.removeAll(keepingCapacity: true)
      start = 0
    } else if start >= 1_024 {
      entries.removeSubrange(..<start)
      start = 0
    }
    return entry
  }

  func forEach(_ body: (RedisOperation) -> Void) {
    for entry in entries[start...] { body(entry) }
  }
}
