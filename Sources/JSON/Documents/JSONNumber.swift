// A number of a document, for exact comparisons and arithmetic.
import CYYJSON

/// What yyjson made of a number.
enum JSONNumber {
  case unsigned(UInt64)
  /// Negative.
  case signed(Int64)
  case double(Double)
  /// Text of a number that fits none of these.
  case text(UnsafeBufferPointer<UInt8>)

  @inline(__always)
  init?(_ value: UnsafeMutablePointer<yyjson_val>) {
    let tag = UInt8(truncatingIfNeeded: value.pointee.tag)
    guard tag & 0x07 == YYJSON_TYPE_NUM else {
      guard tag & 0x07 == YYJSON_TYPE_RAW else { return nil }
      self = .text(bytes(ofString: value))
      return
    }
    // yyjson's subtypes (macros with casts, which Swift does not import): 0 unsigned, 1 signed, 2 real.
    switch (tag >> 3) & 0x03 {
    case 0: self = .unsigned(value.pointee.uni.u64)
    case 1:
      let signed = value.pointee.uni.i64
      self = signed < 0 ? .signed(signed) : .unsigned(UInt64(signed))
    default: self = .double(value.pointee.uni.f64)
    }
  }

  var isInteger: Bool {
    switch self {
    case .unsigned, .signed: true
    case .double(let value): value.rounded(.towardZero) == value
    case .text: decimal.isInteger
    }
  }

  /// The number as a double, rounded; infinite beyond its range.
  var approximate: Double {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .double(let value): value
    case .text(let bytes): Double(String(decoding: bytes, as: UTF8.self)) ?? .infinity
    }
  }

  /// The exact decimal; a double stands for the shortest decimal that reads back as it.
  var decimal: Decimal {
    switch self {
    case .unsigned(let value): Decimal(value)
    case .signed(let value): Decimal(value.magnitude, isNegative: true)
    case .double(let value): Decimal(value.description.utf8)
    case .text(let bytes): Decimal(bytes)
    }
  }

  /// -1, 0 or 1.
  @inline(__always)
  func compare(_ other: JSONNumber) -> Int {
    switch (self, other) {
    case (.unsigned(let left), .unsigned(let right)): left < right ? -1 : left == right ? 0 : 1
    case (.signed(let left), .signed(let right)): left < right ? -1 : left == right ? 0 : 1
    case (.unsigned, .signed): 1
    case (.signed, .unsigned): -1
    case (.double(let left), .double(let right)): left < right ? -1 : left == right ? 0 : 1
    default: compareSlowly(other)
    }
  }

  /// Different kinds of numbers. Integers compare exactly with doubles; a number that kept its text compares with a
  /// double as the double that it would have been.
  private func compareSlowly(_ other: JSONNumber) -> Int {
    switch (self, other) {
    case (.double(let left), .unsigned(let right)): Self.compare(left, right)
    case (.unsigned(let left), .double(let right)): -Self.compare(right, left)
    case (.double(let left), .signed(let right)): -Self.compare(-left, right.magnitude)
    case (.signed(let left), .double(let right)): Self.compare(-right, left.magnitude)
    case (.double(let left), .text): left < other.approximate ? -1 : left == other.approximate ? 0 : 1
    case (.text, .double): -other.compareSlowly(self)
    default: decimal.compare(other.decimal)
    }
  }

  private static func compare(_ left: Double, _ right: UInt64) -> Int {
    if left < 0 { return -1 }
    if left >= 0x1p64 { return 1 }
    let whole = UInt64(left)
    if whole != right { return whole < right ? -1 : 1 }
    return left > Double(whole) ? 1 : 0
  }
}
