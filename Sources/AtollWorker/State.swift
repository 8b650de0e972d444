// What `KV` and `Session` share: values, errors, and the loop of compare and set.

/// What the store or a session refused or failed.
public struct StateError: Error, Sendable {
  /// One of docs/abi.md: `conflict`, `state_unavailable`, `denied`, `too_large`, ….
  public let code: String
  /// A sentence that says what to do.
  public let message: String

  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

extension ToolError {
  /// The caller reads the code and the message: `state_unavailable: the store …`.
  public init(_ error: StateError) { self.init("\(error.code): \(error.message)") }
}

/// What the store or the session answers; in a tool, its error becomes one of the tool.
///
///     let note = try orToolError(notes.get("a"))
public func orToolError<Value>(_ body: @autoclosure () throws(StateError) -> Value) throws(ToolError) -> Value {
  do throws(StateError) { return try body() } catch { throw ToolError(error) }
}

/// A value on its way into the store.
public struct StateValue: ExpressibleByStringLiteral, Equatable {
  public let bytes: [UInt8]

  public init(stringLiteral value: String) { bytes = Array(value.utf8) }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  public static func text(_ text: String) -> StateValue { StateValue(Array(text.utf8)) }
  public static func bytes(_ bytes: [UInt8]) -> StateValue { StateValue(bytes) }

  /// JSON, which `body` writes as it would write an answer.
  public static func json(_ body: (inout JSONWriter) -> Void) -> StateValue {
    var writer = JSONWriter(capacity: Limits.requestBytesAtStart)
    body(&writer)
    let bytes = Array(UnsafeBufferPointer(start: writer.base, count: writer.count))
    writer.free()
    return StateValue(bytes)
  }
}

/// A value that the store had.
public struct Stored {
  public let bytes: [UInt8]
  /// Opaque; what a condition compares.
  public let version: String
  /// When it expires, in milliseconds since 1970; nil for what never does.
  public let expiresMilliseconds: Int64?

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// A view of it as JSON, which stays valid for the whole call; nil for what is no single JSON value.
  public var json: JSONValue? { jsonView(of: bytes) }
}

/// On what condition something is written.
public enum StateCondition {
  case always
  /// Only where there is nothing yet; else the error `conflict`.
  case absent
  /// Only where this is still the version; else the error `conflict`.
  case version(String)
}

/// One operation of the store or the session, from its request to its answer.
struct StateRequest: ~Copyable {
  var writer = JSONWriter(capacity: Limits.requestBytesAtStart)

  /// Writes the head, whose members `body` writes after `op`.
  init(_ operation: StaticString, _ body: (inout JSONWriter) -> Void) {
    writer.object {
      $0.key("op")
      $0.value(operation)
      body(&$0)
    }
  }

  mutating func append(_ value: StateValue) {
    writer.byte(0)
    value.bytes.withUnsafeBufferPointer { writer.append($0) }
  }

  deinit { writer.base.deallocate() }

  /// The answer of what was started with this request's bytes; throws what `start` or the answer says.
  static func answer<Value>(
    _ handle: Int32, _ body: (_ head: JSONObject, _ bytes: UnsafeBufferPointer<UInt8>) -> Value
  ) throws(StateError) -> Value {
    guard handle >= 0 else { throw refusal(handle) }
    let answer = HostAnswer(of: handle)
    var failure: StateError?
    let value: Value? = answer.read { head, bytes in
      if let error = head["error"], error.kind == .object {
        let error = JSONObject(start: error.start, root: error.start)
        failure = StateError(code: error.hostText("code"), message: error.hostText("message"))
        return nil
      }
      return body(head, bytes)
    }
    guard let value else {
      throw failure ?? StateError(code: "state_unavailable", message: "the node's answer cannot be read; report it")
    }
    return value
  }

  private static func refusal(_ code: Int32) -> StateError {
    switch code {
    case HostCode.tooManyHandles:
      StateError(code: "too_many", message: "64 operations are held; finish some before this one")
    case HostCode.tooLarge:
      StateError(code: "too_large", message: "a request has at most 1 MiB and 64 KiB, head and value")
    default: StateError(code: "denied", message: "the node does not grant this (\(code)); see atoll.toml")
    }
  }

  /// Reads the answer of a `get`.
  static func stored(_ handle: Int32) throws(StateError) -> Stored? {
    try answer(handle) { head, bytes -> Stored? in
      guard head.hostTruth("found") else { return nil }
      return Stored(
        bytes: Array(bytes), version: head.hostText("version"), expiresMilliseconds: head.hostNumber("expires_ms"))
    }
  }

  static func version(_ handle: Int32) throws(StateError) -> String {
    try answer(handle) { head, _ in head.hostText("version") }
  }
}

extension StateCondition {
  func write(to writer: inout JSONWriter) {
    switch self {
    case .always: break
    case .absent: writer.member("if", "absent")
    case .version(let version): writer.member("if_version", version)
    }
  }
}

extension StaticString: JSONEncodable {
  public func encode(to writer: inout JSONWriter) {
    writer.separate()
    writer.string(self)
  }
}

/// Gets, computes and puts until nobody wrote in between.
func compareAndSet(
  attempts: Int, get: () throws(StateError) -> Stored?,
  put: (StateValue, _ over: Stored?, StateCondition) throws(StateError) -> Void,
  change: (Stored?) throws(ToolError) -> StateValue?
) throws(ToolError) -> StateValue? {
  var attempt = 1
  while true {
    let old = try orToolError(get())
    guard let new = try change(old) else { return nil }
    do throws(StateError) {
      try put(new, old, old.map { .version($0.version) } ?? .absent)
      return new
    } catch {
      guard error.code == "conflict" else { throw ToolError(error) }
      guard attempt < attempts else {
        throw ToolError("conflict: other calls wrote between reading and writing, \(attempt) times in a row; try again")
      }
      attempt += 1
    }
  }
}
