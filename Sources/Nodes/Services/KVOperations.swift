// `atoll:kv`: heads of requests to operations of the port, answers of the port to heads.

import JSON
import KeyValue

/// One operation of a guest on a namespace that it is granted.
struct KVOperation {
  let operation: KeyValueOperation
  /// Its namespace, as an index of the worker's.
  let namespace: Int

  init(_ request: OperationRequest, granted: [String], pool: JSONPool) throws(OperationProblem) {
    if let (index, key) = PlainGet.read(request.bytes, granted) {
      namespace = index
      operation = KeyValueOperation(namespace: granted[index], .get(key: key))
      return
    }
    let head = try request.readHead(pool) { root throws(OperationProblem) in try Head(root) }
    namespace = try Self.namespace(head.namespace, granted)
    let name = granted[namespace]
    switch head.operation {
    case "get": operation = KeyValueOperation(namespace: name, .get(key: try head.needsKey()))
    case "put":
      operation = KeyValueOperation(
        namespace: name,
        .put(
          key: try head.needsKey(), value: request.body, timeToLive: head.timeToLive,
          condition: try head.condition(mayBeAbsent: true)))
    case "delete":
      operation = KeyValueOperation(
        namespace: name, .delete(key: try head.needsKey(), condition: try head.condition(mayBeAbsent: false)))
    case "list":
      operation = KeyValueOperation(
        namespace: name,
        .list(prefix: head.prefix ?? [], cursor: head.cursor, limit: head.limit ?? OperationBounds.pageKeys))
    default:
      throw OperationProblem("bad_request", "`op` must be get, put, delete or list")
    }
  }

  private static func namespace(_ name: String?, _ granted: [String]) throws(OperationProblem) -> Int {
    guard let name else {
      guard granted.count == 1 else {
        throw OperationProblem(
          "bad_request", "several namespaces are granted (\(granted.joined(separator: ", "))): say which with `namespace`")
      }
      return 0
    }
    guard let index = granted.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      throw OperationProblem(
        "denied", "that namespace is not granted to this worker; add it to `kv` under `[permissions]` in atoll.toml")
    }
    return index
  }

  var isRead: Bool {
    switch operation.body {
    case .get, .list: true
    case .put, .delete: false
    }
  }

  /// The members of a head, each of its type and none that is unknown.
  private struct Head {
    var operation = ""
    var namespace: String?
    var key: [UInt8]?
    var timeToLive: UInt64?
    var isAbsent = false
    var version: String?
    var prefix: [UInt8]?
    var cursor: [UInt8]?
    var limit: Int?

    init(_ root: JSONValue) throws(OperationProblem) {
      var members = root.members
      while let member = members.next() {
        if member.keyEquals("op") {
          operation = try member.text()
        } else if member.keyEquals("key") {
          key = try member.utf8()
        } else if member.keyEquals("namespace") {
          namespace = try member.text()
        } else if member.keyEquals("ttl_ms") {
          guard let time = UInt64(exactly: try member.integer()) else {
            throw OperationProblem("bad_request", "`ttl_ms` is milliseconds, 1 or more")
          }
          timeToLive = time
        } else if member.keyEquals("if") {
          guard try member.text() == "absent" else { throw OperationProblem("bad_request", "`if` may be absent only") }
          isAbsent = true
        } else if member.keyEquals("if_version") {
          version = try member.text()
        } else if member.keyEquals("prefix") {
          prefix = try member.utf8()
        } else if member.keyEquals("cursor") {
          cursor = try member.utf8()
        } else if member.keyEquals("limit") {
          limit = try member.integer()
        } else {
          throw member.unknown("kv")
        }
      }
    }

    func needsKey() throws(OperationProblem) -> [UInt8] {
      guard let key else { throw OperationProblem("bad_request", "`key` is missing") }
      return key
    }

    func condition(mayBeAbsent: Bool) throws(OperationProblem) -> KeyValueCondition {
      try Versions.condition(isAbsent: isAbsent, version: version, mayBeAbsent: mayBeAbsent)
    }
  }
}

/// The commonest request, as the SDKs write it: `{"op":"get","namespace":"…","key":"…"}` without escapes. It is read without
/// a JSON document, whose 0.5 µs is a tenth of a get from SQLite; whatever looks different goes the long way.
private enum PlainGet {
  private static let operation = Array(#"{"op":"get","#.utf8)
  private static let namespace = Array(#""namespace":""#.utf8)
  private static let key = Array(#""key":""#.utf8)
  private static let end = Array(#""}"#.utf8)
  private static let quote = UInt8(ascii: "\"")

  static func read(_ bytes: [UInt8], _ granted: [String]) -> (namespace: Int, key: [UInt8])? {
    let text = bytes.span
    guard var at = skip(operation, text, 0) else { return nil }
    var index = 0
    if let start = skip(namespace, text, at) {
      guard let end = plainEnd(text, start), let found = granted.firstIndex(where: { isSame($0, text, start..<end) }),
        end + 1 < text.count, text[end + 1] == UInt8(ascii: ",")
      else { return nil }
      index = found
      at = end + 2
    } else if granted.count != 1 {
      return nil
    }
    guard let start = skip(key, text, at), let last = plainEnd(text, start), skip(end, text, last) == text.count else {
      return nil
    }
    return (index, Array(bytes[start..<last]))
  }

  /// Past `words` where they stand at `at`.
  private static func skip(_ words: [UInt8], _ text: Span<UInt8>, _ at: Int) -> Int? {
    guard at + words.count <= text.count else { return nil }
    for index in words.indices where text[at + index] != words[index] { return nil }
    return at + words.count
  }

  /// The quote that ends a string without escapes. Whether it is UTF-8 is looked at with the key.
  private static func plainEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
    var at = start
    while at < text.count {
      let byte = text[at]
      if byte == quote { return at }
      if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
      at += 1
    }
    return nil
  }

  private static func isSame(_ name: String, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard name.utf8.count == range.count else { return false }
    var at = range.lowerBound
    for byte in name.utf8 {
      guard byte == text[at] else { return false }
      at += 1
    }
    return true
  }
}

/// Versions as guests see them: texts, since a JavaScript number would round them.
enum Versions {
  static func condition(
    isAbsent: Bool, version: String?, mayBeAbsent: Bool
  ) throws(OperationProblem) -> KeyValueCondition {
    switch (isAbsent, version) {
    case (false, nil): return .none
    case (true, nil) where mayBeAbsent: return .absent
    case (false, let text?):
      guard let version = UInt64(text) else {
        throw OperationProblem("bad_request", "`if_version` must be a version that an answer gave")
      }
      return .version(version)
    default: throw OperationProblem("bad_request", "one condition only: `if` or `if_version`")
    }
  }
}

extension KeyValueAnswer {
  /// Head, zero byte and value, as a guest reads them.
  var guestAnswer: [UInt8] {
    switch self {
    case .entry(nil): return Array(#"{"found":false}"#.utf8)
    case .entry(let entry?):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(72 + entry.value.count)
      bytes += #"{"found":true,"version":""#.utf8
      JSONWriter.append(entry.version, to: &bytes)
      bytes.append(UInt8(ascii: "\""))
      if let expires = entry.expires {
        bytes += #","expires_ms":"#.utf8
        JSONWriter.append(expires, to: &bytes)
      }
      bytes += [UInt8(ascii: "}"), 0]
      bytes += entry.value
      return bytes
    case .written(let version): return Array(#"{"version":"\#(version)"}"#.utf8)
    case .deleted(let wasThere): return Array(#"{"deleted":\#(wasThere)}"#.utf8)
    case .page(let keys, let isLast): return Self.page(keys, isLast)
    }
  }

  private static func page(_ keys: [KeyValueListing], _ isLast: Bool) -> [UInt8] {
    var writer = JSONWriter(reserving: 64 * keys.count)
    writer.beginObject()
    writer.key("keys")
    writer.beginArray()
    for listing in keys {
      writer.beginObject()
      writer.member("key", String(decoding: listing.key, as: UTF8.self))
      writer.member("version", String(listing.version))
      if let expires = listing.expires { writer.member("expires_ms", expires) }
      writer.endObject()
    }
    writer.endArray()
    if !isLast, let last = keys.last { writer.member("cursor", String(decoding: last.key, as: UTF8.self)) }
    writer.endObject()
    return writer.bytes
  }
}

extension KeyValueError {
  var problem: OperationProblem { OperationProblem("\(code)", outward) }

  /// What guests and callers are told. Where the store is, and what it says for itself, is for the log.
  var outward: String {
    switch code {
    case .unavailable: "the key-value store does not answer now; try again"
    case .corrupt: "what the key-value store has under this key was not written by this node, or is damaged"
    case .configuration: "the key-value store of this node cannot be used"
    default: message
    }
  }
}
