// Exact decimals, as far as JSON Schema needs them: comparing, and whether one is a multiple of another. Doubles will
// not do (0.0075 is a multiple of 0.0001, yet their quotient is 74.99999999999999), and neither will 64-bit integers.

/// sign × digits × 10^exponent, without leading and trailing zeros in the digits; zero has no digits.
struct Decimal: Equatable {
  var isNegative: Bool
  var digits: [UInt8]
  /// Held within ±``exponentLimit``; what is beyond is further away than anything it is compared with.
  var exponent: Int

  static let exponentLimit = 1 << 40

  init(_ magnitude: UInt64, isNegative: Bool = false) {
    self.isNegative = isNegative
    digits = String(magnitude).utf8.map { $0 - UInt8(ascii: "0") }
    exponent = 0
    normalize()
  }

  /// Reads a JSON number (validated before).
  init(_ text: some Sequence<UInt8>) {
    isNegative = false
    digits = []
    exponent = 0
    var inFraction = false
    var inExponent = false
    var exponentIsNegative = false
    var written = 0
    for byte in text {
      switch byte {
      case UInt8(ascii: "-"): if inExponent { exponentIsNegative = true } else { isNegative = true }
      case UInt8(ascii: "."): inFraction = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if inExponent {
          written = min(written * 10 + Int(byte - UInt8(ascii: "0")), Self.exponentLimit)
        } else {
          digits.append(byte - UInt8(ascii: "0"))
          if inFraction { exponent -= 1 }
        }
      default: break
      }
    }
    exponent += exponentIsNegative ? -written : written
    normalize()
  }

  private mutating func normalize() {
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    if digits.isEmpty {
      isNegative = false
      exponent = 0
    }
  }

  var isInteger: Bool { exponent >= 0 }

  /// -1, 0 or 1.
  func compare(_ other: Decimal) -> Int {
    if isNegative != other.isNegative { return isNegative ? -1 : 1 }
    let magnitude = compareMagnitude(other)
    return isNegative ? -magnitude : magnitude
  }

  private func compareMagnitude(_ other: Decimal) -> Int {
    if digits.isEmpty || other.digits.isEmpty {
      return digits.isEmpty ? (other.digits.isEmpty ? 0 : -1) : 1
    }
    let left = digits.count + exponent
    let right = other.digits.count + other.exponent
    if left != right { return left < right ? -1 : 1 }
    if digits == other.digits { return 0 }
    return digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
  }

  /// Whether this is an integer times `divisor`; nil where the divisor has more than 18 digits (no double has).
  func isMultiple(of divisor: Decimal) -> Bool? {
    if digits.isEmpty { return true }
    guard divisor.digits.count <= 18, !divisor.digits.isEmpty else { return nil }
    // digits × 10^exponent must divide by d × 10^divisor.exponent.
    let d = divisor.digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
    let shift = exponent - divisor.exponent
    if shift >= 0 {
      return Self.multiplyModulo(remainder(by: d), Self.powerOfTenModulo(shift, d), d) == 0
    }
    // The digits end in no zero, so d × 10^-shift can only divide them where they hold as many fives and twos;
    // a number whose last digit is not 0 is no multiple of 10.
    return false
  }

  private func remainder(by divisor: UInt64) -> UInt64 {
    digits.reduce(0) { (Self.multiplyModulo($0, 10, divisor) + UInt64($1)) % divisor }
  }

  private static func powerOfTenModulo(_ exponent: Int, _ modulus: UInt64) -> UInt64 {
    var result = 1 % modulus
    var base = 10 % modulus
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = multiplyModulo(result, base, modulus) }
      base = multiplyModulo(base, base, modulus)
      rest >>= 1
    }
    return result
  }

  private static func multiplyModulo(_ left: UInt64, _ right: UInt64, _ modulus: UInt64) -> UInt64 {
    let (high, low) = left.multipliedFullWidth(by: right)
    return modulus.dividingFullWidth((high, low)).remainder
  }
}
