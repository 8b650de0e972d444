// How the header fields of a request reach this module, which never sees a socket or a server's own types.

/// The copies of one header field.
public enum HeaderLookup: Sendable {
  case absent
  /// The only copy; a view into the buffer of the head costs no allocation.
  case one(ArraySlice<UInt8>)
  /// Several field lines of that name, in their order.
  case several([ArraySlice<UInt8>])
}

/// The header fields of one request.
public protocol HeaderSource {
  /// Every copy of a field. `lowercasedName` is lower case; field names on the wire are of any case.
  func lookup(_ lowercasedName: String) -> HeaderLookup
}

/// A plain list of header fields, for tests and for callers that have no server.
public struct HeaderList: HeaderSource, Sendable, ExpressibleByDictionaryLiteral {
  public var fields: [(name: String, value: [UInt8])]

  public init(_ fields: [(name: String, value: String)] = []) {
    self.fields = fields.map { ($0.name.lowercased(), Array($0.value.utf8)) }
  }

  public init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { (name: $0.0, value: $0.1) })
  }

  public func lookup(_ lowercasedName: String) -> HeaderLookup {
    let copies = fields.filter { $0.name == lowercasedName }.map { $0.value[...] }
    switch copies.count {
    case 0: return .absent
    case 1: return .one(copies[0])
    default: return .several(copies)
    }
  }
}
