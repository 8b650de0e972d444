// A JSON tree, for tools that want one; the views do without.

/// A JSON value that owns what it holds.
public indirect enum JSON {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number; infinite where it lies past the range of a double.
  case number(Double)
  case string(String)
  case array([JSON])
  /// Members in their order; where a key stands twice, the first one counts.
  case object([(key: String, value: JSON)])

  /// The member of an object; nil for other kinds.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.key.utf8.elementsEqual(key.utf8) { return member.value }
    return nil
  }

  /// Copies a value of the request. Its depth is bounded by the host, at 64.
  public init(_ value: JSONValue) {
    switch value.kind {
    case .null: self = .null
    case .bool: self = .bool(value.start.pointee == UInt8(ascii: "t"))
    case .number:
      if let whole = wholeNumber(value.start) {
        self = .integer(whole)
      } else {
        let isNegative = value.start.pointee == UInt8(ascii: "-")
        self = .number(parseDouble(value.rawBytes) ?? (isNegative ? -Double.infinity : .infinity))
      }
    case .string:
      let (end, _) = closingQuote(value.start)
      self = .string(String(decoding: unescaped(value.start + 1, end), as: UTF8.self))
    case .array:
      var elements: [JSON] = []
      for element in JSONArray(start: value.start, root: value.root) { elements.append(JSON(element)) }
      self = .array(elements)
    case .object:
      var members: [(key: String, value: JSON)] = []
      let object = JSONObject(start: value.start, root: value.root)
      var scan = MemberScan(value.start)
      while scan.advance() {
        members.append((object.key(of: scan), JSON(JSONValue(start: scan.value, root: value.root))))
        scan.skip()
      }
      self = .object(members)
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }
}
