// Numbers of JSON text, read without the C library wherever that is exact.

/// A number without fraction and exponent; nil for others and for those past 64 bits.
func wholeNumber(_ start: BytePointer) -> Int64? {
  var at = start
  let isNegative = at.pointee == UInt8(ascii: "-")
  if isNegative { at += 1 }
  var value: Int64 = 0
  let first = at
  while true {
    let digit = at.pointee &- UInt8(ascii: "0")
    guard digit < 10 else { break }
    // Counts down, because the lowest number has no positive twin.
    let (times, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, underflow) = times.subtractingReportingOverflow(Int64(digit))
    if overflow || underflow { return nil }
    value = sum
    at += 1
  }
  switch at.pointee {
  case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
  default: break
  }
  if at == first { return nil }
  if isNegative { return value }
  return value == .min ? nil : -value
}

/// An integer in any of JSON's spellings: `3`, `3.0`, `3e2`. The latter two reach as far as doubles are exact.
func parseInteger(_ start: BytePointer) -> Int64? {
  if let whole = wholeNumber(start) { return whole }
  let bytes = UnsafeBufferPointer(start: start, count: skipValue(start) - start)
  guard let value = parseDouble(bytes), value.magnitude <= 0x1p53 else { return nil }
  return Int64(exactly: value)
}

/// A finite number; nil where the text is none or lies past the range.
func parseDouble(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
  guard let start = bytes.baseAddress else { return nil }
  let end = start + bytes.count
  var at = start
  let isNegative = at < end && at.pointee == UInt8(ascii: "-")
  if isNegative { at += 1 }
  var mantissa: UInt64 = 0
  var digits = 0
  var exponent = 0
  var isExact = true

  func takeDigits(_ fraction: Bool) {
    while at < end {
      let digit = at.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { return }
      digits += 1
      if mantissa < 1 << 53 / 10 - 1 {
        mantissa = mantissa * 10 + UInt64(digit)
        if fraction { exponent -= 1 }
      } else {
        if digit != 0 || !fraction { isExact = false }
      }
      at += 1
    }
  }

  takeDigits(false)
  if at < end, at.pointee == UInt8(ascii: ".") {
    at += 1
    takeDigits(true)
  }
  guard digits > 0 else { return nil }
  if at < end, at.pointee | 0x20 == UInt8(ascii: "e") {
    at += 1
    let isSmall = at < end && at.pointee == UInt8(ascii: "-")
    if at < end, at.pointee == UInt8(ascii: "-") || at.pointee == UInt8(ascii: "+") { at += 1 }
    var power = 0
    while at < end {
      let digit = at.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      if power < 10_000 { power = power * 10 + Int(digit) }
      at += 1
    }
    exponent += isSmall ? -power : power
  }
  guard at == end else { return nil }
  // Below 2^53 and with a power of ten up to 22 both factors are exact, so that one operation rounds once.
  if isExact, exponent >= -22, exponent <= 22 {
    var power = 1.0
    var left = exponent.magnitude
    while left > 0 {
      power *= 10
      left -= 1
    }
    let value = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    return isNegative ? -value : value
  }
  guard let value = Host.parseDouble(start, bytes.count), value.isFinite else { return nil }
  return value
}
