// What is wrong with an operation, found before any store sees it.

extension KeyValueOperation {
  /// Why no store is to see this operation; nil where it may.
  public func problem() -> KeyValueError? {
    guard Self.isNamespace(namespace) else {
      return KeyValueError(
        .badRequest,
        "the namespace's name must be 1 to \(KeyValueLimits.namespaceBytesMax) letters, digits, `-` and `_`")
    }
    switch body {
    case .get(let key): return Self.problem(key: key)
    case .delete(let key, _): return Self.problem(key: key)
    case .put(let key, let value, let timeToLive, _):
      if let problem = Self.problem(key: key) { return problem }
      if value.count > KeyValueLimits.valueBytesMax {
        return KeyValueError(
          .tooLarge, "a value has at most \(KeyValueLimits.valueBytesMax) bytes, this one \(value.count); split it")
      }
      if let timeToLive, !(1...KeyValueLimits.timeToLiveMax).contains(timeToLive) {
        return KeyValueError(
          .badRequest, "a time to live is 1 to \(KeyValueLimits.timeToLiveMax) milliseconds, not \(timeToLive)")
      }
      return nil
    case .list(let prefix, let cursor, let limit):
      guard prefix.isEmpty || Self.problem(key: prefix) == nil else { return Self.problem(key: prefix) }
      if !(1...KeyValueLimits.pageKeysMax).contains(limit) {
        return KeyValueError(
          .badRequest, "a listing gives 1 to \(KeyValueLimits.pageKeysMax) keys a page, not \(limit)")
      }
      guard let cursor else { return nil }
      guard Self.problem(key: cursor) == nil, cursor.starts(with: prefix) else {
        return KeyValueError(.badCursor, "the cursor is not of this listing; begin without one")
      }
      return nil
    }
  }

  public static func isNamespace(_ name: String) -> Bool {
    let bytes = name.utf8
    guard !bytes.isEmpty, bytes.count <= KeyValueLimits.namespaceBytesMax else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func problem(key: [UInt8]) -> KeyValueError? {
    if key.isEmpty { return KeyValueError(.badRequest, "a key has at least one byte") }
    if key.count > KeyValueLimits.keyBytesMax {
      return KeyValueError(
        .tooLarge, "a key has at most \(KeyValueLimits.keyBytesMax) bytes, this one \(key.count); use a digest of it")
    }
    if key.contains(0) { return KeyValueError(.badRequest, "a key holds no zero byte") }
    if (try? UTF8Span(validating: key.span)) == nil { return KeyValueError(.badRequest, "a key is UTF-8") }
    return nil
  }
}
