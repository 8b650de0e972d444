// How large a JSON text is in ways that cost a reader.

/// Counts of a JSON text.
public struct JSONShape: Sendable, Equatable {
  /// Arrays and objects inside one another; 0 for a scalar.
  public var depth = 0
  /// Members of all objects.
  public var members = 0
  /// Bytes of the longest string or key as written, without its quotes.
  public var longestString = 0
}

extension JSONScanner {
  /// Measures a text in one pass. It need not be validated: then `depth` is an upper bound of what a parser meets.
  public static func shape(of bytes: Span<UInt8>) -> JSONShape {
    var shape = JSONShape()
    var depth = 0
    var index = 0
    while index < bytes.count {
      switch bytes[unchecked: index] {
      case UInt8(ascii: "\""):
        let end = endOfString(at: index, in: bytes)
        shape.longestString = max(shape.longestString, end - index - 2)
        index = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        shape.depth = max(shape.depth, depth)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
      case UInt8(ascii: ":"):
        shape.members += 1
      default: break
      }
      index += 1
    }
    return shape
  }
}
