// The error of reading JSON.

/// JSON was refused: what happened, and at which byte.
public struct JSONError: Error, Sendable, Equatable {
  public enum Code: String, Sendable {
    /// The bytes are not one JSON text (RFC 8259); a byte order mark and anything after the value count as such.
    case syntax
    /// A string is not UTF-8, or escapes half a surrogate pair.
    case invalidUTF8
    /// More than ``JSONLimits/maximumDepth`` arrays and objects inside one another.
    case tooDeep
    /// The document does not fit in the parser's memory. HTTP answers 413.
    case tooLarge
    /// An object has two members of one name, where that is refused.
    case duplicateKey
  }
  public var code: Code
  public var message: String
  /// The byte where reading stopped; nil where it is not known.
  public var offset: Int?

  public init(_ code: Code, _ message: String, offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    offset.map { "\(message) (at byte \($0))" } ?? message
  }
}
