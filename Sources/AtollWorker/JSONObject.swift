// An object of the request, read where it lies. The arguments of a call are one.

/// A view of a JSON object. Where a key stands twice, the first one counts.
public struct JSONObject {
  let start: BytePointer
  let root: BytePointer

  /// The value of a member, whatever it is; nil where there is none.
  public subscript(key: StaticString) -> JSONValue? {
    find(key.utf8Start, key.utf8CodeUnitCount)
  }

  /// The same for a key that is known only while the tool runs.
  @_disfavoredOverload
  public subscript(key: String) -> JSONValue? {
    var key = key
    return key.withUTF8 { bytes in bytes.baseAddress.flatMap { find($0, bytes.count) } ?? nil }
  }

  /// The value of a member that has to be there.
  public func value(_ key: StaticString) throws(ToolError) -> JSONValue {
    guard let value = self[key] else { throw missing(key) }
    return value
  }

  // MARK: Required members

  public func string(_ key: StaticString) throws(ToolError) -> String { try value(key).string() }
  public func integer(_ key: StaticString) throws(ToolError) -> Int64 { try value(key).integer() }
  public func double(_ key: StaticString) throws(ToolError) -> Double { try value(key).double() }
  public func bool(_ key: StaticString) throws(ToolError) -> Bool { try value(key).bool() }
  public func array(_ key: StaticString) throws(ToolError) -> JSONArray { try value(key).array() }
  public func object(_ key: StaticString) throws(ToolError) -> JSONObject { try value(key).object() }

  /// A member as any type that knows how to read itself; an optional type allows it to be absent or `null`.
  public func decode<Value: ArgumentDecodable>(_ key: StaticString, as type: Value.Type = Value.self)
    throws(ToolError) -> Value
  {
    guard let value = self[key] else {
      guard let absent = Value.absent else { throw missing(key) }
      return absent
    }
    return try Value(from: value)
  }

  // MARK: Members that may be absent or null

  public func stringIfPresent(_ key: StaticString) throws(ToolError) -> String? { try present(key)?.string() }
  public func integerIfPresent(_ key: StaticString) throws(ToolError) -> Int64? { try present(key)?.integer() }
  public func doubleIfPresent(_ key: StaticString) throws(ToolError) -> Double? { try present(key)?.double() }
  public func boolIfPresent(_ key: StaticString) throws(ToolError) -> Bool? { try present(key)?.bool() }
  public func arrayIfPresent(_ key: StaticString) throws(ToolError) -> JSONArray? { try present(key)?.array() }
  public func objectIfPresent(_ key: StaticString) throws(ToolError) -> JSONObject? { try present(key)?.object() }

  // MARK: All members

  public var isEmpty: Bool {
    var scan = MemberScan(start)
    return !scan.advance()
  }

  /// The members in the caller's order.
  public func forEach<Failure: Error>(_ body: (_ key: String, _ value: JSONValue) throws(Failure) -> Void)
    throws(Failure)
  {
    var scan = MemberScan(start)
    while scan.advance() {
      try body(key(of: scan), JSONValue(start: scan.value, root: root))
      scan.skip()
    }
  }

  func key(of scan: MemberScan) -> String {
    if scan.keyHasEscapes { return String(decoding: unescaped(scan.key + 1, scan.keyEnd), as: UTF8.self) }
    return String(
      decoding: UnsafeBufferPointer(start: scan.key + 1, count: scan.keyEnd - scan.key - 1), as: UTF8.self)
  }

  // MARK: Finding

  @inline(__always)
  private func find(_ name: UnsafePointer<UInt8>, _ count: Int) -> JSONValue? {
    var scan = MemberScan(start)
    while scan.advance() {
      if scan.isKey(name, count) { return JSONValue(start: scan.value, root: root) }
      scan.skip()
    }
    return nil
  }

  @inline(__always)
  private func present(_ key: StaticString) -> JSONValue? {
    guard let value = self[key], !value.isNull else { return nil }
    return value
  }

  private func missing(_ key: StaticString) -> ToolError {
    let name = String(
      decoding: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), as: UTF8.self)
    let owner = JSONValue(start: start, root: root)
    return ToolError(start == root ? "\(name) is missing" : "\(owner.path).\(name) is missing")
  }

  /// An object without members, for where the host sent none.
  static var empty: JSONObject {
    let text: StaticString = "{}\0\0\0\0\0\0\0\0"
    return JSONObject(start: text.utf8Start, root: text.utf8Start)
  }
}
