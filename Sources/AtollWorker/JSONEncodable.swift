// Types that can be written as JSON.

/// A type that can be written as one JSON value.
public protocol JSONEncodable {
  /// Writes exactly one value.
  func encode(to writer: inout JSONWriter)
}

extension String: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension Bool: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension Double: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension Int: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(Int64(self)) }
}

extension Int32: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(Int64(self)) }
}

extension Int64: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension UInt64: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension Optional: JSONEncodable where Wrapped: JSONEncodable {
  public func encode(to writer: inout JSONWriter) {
    if let self { self.encode(to: &writer) } else { writer.null() }
  }
}

extension Array: JSONEncodable where Element: JSONEncodable {
  public func encode(to writer: inout JSONWriter) {
    writer.array { for element in self { element.encode(to: &$0) } }
  }
}

extension JSONValue: JSONEncodable {
  public func encode(to writer: inout JSONWriter) { writer.write(self) }
}

extension JSON: JSONEncodable {
  public func encode(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let value): writer.write(value)
    case .integer(let value): writer.write(value)
    case .number(let value): writer.write(value)
    case .string(let value): writer.write(value)
    case .array(let elements): elements.encode(to: &writer)
    case .object(let members):
      writer.object { for member in members { $0.member(member.key, member.value) } }
    }
  }
}
