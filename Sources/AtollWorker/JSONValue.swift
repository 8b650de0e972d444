// A value of the request, read where it lies: nothing is copied or built until a tool asks for it.

/// A view of one JSON value in the request.
///
/// The request stays in memory for the whole call, and so does every view of it.
public struct JSONValue {
  let start: BytePointer
  /// The outermost object that `start` lies in: an error finds the name of the value from there.
  let root: BytePointer

  /// What kind of value this is.
  public enum Kind: Sendable {
    case null, bool, number, string, array, object
  }

  public var kind: Kind {
    switch start.pointee {
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  public var isNull: Bool { start.pointee == UInt8(ascii: "n") }

  /// The caller's own bytes of this value.
  public var rawBytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: start, count: skipValue(start) - start)
  }

  /// The value as a string, its escapes resolved.
  public func string() throws(ToolError) -> String {
    guard start.pointee == UInt8(ascii: "\"") else { throw mismatch("a string") }
    let (end, hasEscapes) = closingQuote(start)
    if hasEscapes { return String(decoding: unescaped(start + 1, end), as: UTF8.self) }
    return String(decoding: UnsafeBufferPointer(start: start + 1, count: end - start - 1), as: UTF8.self)
  }

  /// The value as an integer. `3.0` is one, as in JSON Schema.
  public func integer() throws(ToolError) -> Int64 {
    guard kind == .number else { throw mismatch("an integer") }
    guard let value = parseInteger(start) else { throw mismatch("an integer of 64 bits") }
    return value
  }

  public func double() throws(ToolError) -> Double {
    guard kind == .number, let value = parseDouble(rawBytes) else { throw mismatch("a number") }
    return value
  }

  public func bool() throws(ToolError) -> Bool {
    switch start.pointee {
    case UInt8(ascii: "t"): return true
    case UInt8(ascii: "f"): return false
    default: throw mismatch("true or false")
    }
  }

  public func array() throws(ToolError) -> JSONArray {
    guard start.pointee == UInt8(ascii: "[") else { throw mismatch("an array") }
    return JSONArray(start: start, root: root)
  }

  public func object() throws(ToolError) -> JSONObject {
    guard start.pointee == UInt8(ascii: "{") else { throw mismatch("an object") }
    return JSONObject(start: start, root: root)
  }

  /// The value as any type that knows how to read itself.
  public func decode<Value: ArgumentDecodable>(as type: Value.Type = Value.self) throws(ToolError) -> Value {
    try Value(from: self)
  }

  /// The value as a tree of its own.
  public var tree: JSON { JSON(self) }

  /// "address.city must be a string, but is 42".
  public func mismatch(_ expected: String) -> ToolError {
    ToolError("\(path) must be \(expected), but is \(summary)")
  }

  /// Where the value stands in the arguments: `address.lines[2]`; found only when somebody asks.
  public var path: String {
    let path = findPath(to: start, in: root)
    return path.isEmpty ? "the value" : path
  }

  private var summary: String {
    switch kind {
    case .object: return "an object"
    case .array: return "an array"
    default:
      let bytes = rawBytes
      guard bytes.count > Limits.summaryBytesMax else { return String(decoding: bytes, as: UTF8.self) }
      var end = Limits.summaryBytesMax
      while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }  // whole characters only
      return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }
  }
}

/// Descends from the container at `root` to the value at `target`.
private func findPath(to target: BytePointer, in root: BytePointer) -> String {
  var path = ""
  var container = root
  descent: while container != target {
    if container.pointee == UInt8(ascii: "{") {
      var scan = MemberScan(container)
      while scan.advance() {
        scan.skip()
        guard target >= scan.value, target < skipValue(scan.value) else { continue }
        if !path.isEmpty { path += "." }
        path += String(decoding: unescaped(scan.key + 1, scan.keyEnd), as: UTF8.self)
        container = scan.value
        continue descent
      }
    } else if container.pointee == UInt8(ascii: "[") {
      var index = 0
      for element in JSONArray(start: container, root: root) {
        if target >= element.start, target < skipValue(element.start) {
          path += "[\(index)]"
          container = element.start
          continue descent
        }
        index += 1
      }
    }
    break
  }
  return path
}
