// Text on its way into an answer: built from pieces without the machinery of `String`, which costs half a microsecond.

/// Text of an answer. Write it as a literal, interpolated or not; a `String` is taken as well.
public struct Text: ExpressibleByStringInterpolation {
  enum Storage {
    case literal(StaticString)
    case bytes([UInt8])
    case string(String)
  }

  let storage: Storage

  public init(stringLiteral value: StaticString) {
    storage = .literal(value)
  }

  public init(_ string: String) {
    storage = .string(string)
  }

  public init(stringInterpolation: Interpolation) {
    storage = .bytes(stringInterpolation.bytes)
  }

  /// Collects the pieces as UTF-8.
  public struct Interpolation: StringInterpolationProtocol {
    var bytes: [UInt8] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      bytes.reserveCapacity(literalCapacity + interpolationCount * 32)
    }

    public mutating func appendLiteral(_ literal: StaticString) {
      bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    public mutating func appendInterpolation(_ value: String) {
      var value = value
      value.withUTF8 { bytes.append(contentsOf: $0) }
    }

    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      appendInterpolation(value.description)
    }
  }

  func write(to writer: inout JSONWriter) {
    switch storage {
    case .literal(let text): writer.string(text)
    case .bytes(let bytes): bytes.withUnsafeBufferPointer { writer.quote($0) }
    case .string(let text): writer.string(text)
    }
  }
}
