// Text on its way into an answer: built from pieces without the machinery of `String`, which costs half a microsecond.

/// Text of an answer. Write it as a literal, interpolated or not; a `String` is taken as well.
public struct Text: ExpressibleByStringInterpolation {
  enum Storage {
    case literal(StaticString)
    case pieces(UnsafeBufferPointer<UInt8>)
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
    storage = .pieces(stringInterpolation.pieces)
  }

  /// Collects the pieces as UTF-8, in memory that is not given back: the answer is the last thing an instance does.
  /// A reference count would cost more than the text, since the first release of a class looks its function up.
  public struct Interpolation: StringInterpolationProtocol {
    private var base: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int

    var pieces: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    public init(literalCapacity: Int, interpolationCount: Int) {
      capacity = literalCapacity + interpolationCount * 32
      base = .allocate(capacity: capacity)
    }

    public mutating func appendLiteral(_ literal: StaticString) {
      append(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    public mutating func appendInterpolation(_ value: String) {
      var value = value
      value.withUTF8 { append($0) }
    }

    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      appendInterpolation(value.description)
    }

    private mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
      guard let source = piece.baseAddress else { return }
      if capacity - count < piece.count { grow(piece.count) }
      copyBytes(from: source, to: base + count, count: piece.count)
      count += piece.count
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
      capacity = max(capacity * 2, count + more)
      let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
      wider.update(from: base, count: count)
      base.deallocate()
      base = wider
    }
  }

  func write(to writer: inout JSONWriter) {
    switch storage {
    case .literal(let text): writer.string(text)
    case .pieces(let bytes): writer.quote(bytes)
    case .string(let text): writer.string(text)
    }
  }
}
