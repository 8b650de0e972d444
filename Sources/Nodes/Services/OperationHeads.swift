// Heads of operations as guests write and read them: a JSON object, a zero byte, raw bytes (docs/abi.md).

import JSON

/// Why an operation is not begun, or how it failed: the error head of its answer.
package struct OperationProblem: Error {
  var code: String
  var message: String
  var upstream: String?
  var retryAfterMilliseconds: UInt64?

  init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }

  /// `{"error":{…}}`
  var head: [UInt8] {
    var writer = JSONWriter(reserving: 64 + message.utf8.count)
    writer.beginObject()
    writer.key("error")
    writer.beginObject()
    writer.member("code", code)
    writer.member("message", message)
    if let upstream { writer.member("upstream", upstream) }
    if let retryAfterMilliseconds { writer.member("retry_after_ms", retryAfterMilliseconds) }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}

/// A request of a guest, cut in two.
struct OperationRequest {
  let bytes: [UInt8]
  private let headEnd: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    headEnd = bytes.firstIndex(of: 0) ?? bytes.count
  }

  /// What follows the zero byte.
  var body: [UInt8] { headEnd < bytes.count ? Array(bytes[(headEnd + 1)...]) : [] }

  /// Reads the head, a JSON object. Its values live inside `read` only.
  func readHead<T>(_ pool: JSONPool, _ read: (JSONValue) throws(OperationProblem) -> T) throws(OperationProblem) -> T {
    let document: JSONDocument
    do {
      document = try JSONDocument(
        bytes.span.extracting(0..<headEnd), pool: pool, maximumDepth: OperationBounds.headDepth)
    } catch {
      throw OperationProblem("bad_request", "the head of the request is not JSON: \(error)")
    }
    guard document.root.isObject else {
      throw OperationProblem("bad_request", "the head of the request must be a JSON object")
    }
    return try read(document.root)
  }
}

enum OperationBounds {
  /// Arrays and objects inside one another in a head.
  static let headDepth = 4
  /// Bytes of a head.
  static let headBytes = 64 << 10
  /// Operations on the store, and bytes in them, that one call has under way. Dropping one does not take it back.
  static let storeOperations = 64
  static let storeBytes = 8 << 20
  /// How often a write without condition is tried again after another call's.
  static let writeAttempts = 8
  /// Keys of a listing's page where the guest names no number.
  static let pageKeys = 100
  /// Part of a call's wall time, as one in so many, that is kept for the guest to answer after an operation failed.
  static let answerShare: UInt64 = 10
}

extension JSONMember {
  /// The text of a member that must be one.
  func text() throws(OperationProblem) -> String {
    guard let text = value.string else { throw OperationProblem("bad_request", "`\(key)` must be a string") }
    return text
  }

  /// The bytes of a member that must be a text.
  func utf8() throws(OperationProblem) -> [UInt8] {
    guard let bytes = value.stringUTF8 else { throw OperationProblem("bad_request", "`\(key)` must be a string") }
    return bytes
  }

  func integer() throws(OperationProblem) -> Int {
    guard let number = value.int else { throw OperationProblem("bad_request", "`\(key)` must be a whole number") }
    return number
  }

  func unknown(_ operation: String) -> OperationProblem {
    OperationProblem("bad_request", "\(operation) knows no member `\(key)`")
  }
}
