// Comparing bytes where they lie. The lengths are compared first, so that most comparisons end there.

@inline(__always)
func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ other: [UInt8]) -> Bool {
  guard range.count == other.count else { return false }
  var place = range.lowerBound
  for byte in other {
    if bytes[place] != byte { return false }
    place += 1
  }
  return true
}

@inline(__always)
func equal(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var place = left.startIndex
  for byte in right {
    if left[place] != byte { return false }
    place += 1
  }
  return true
}

@inline(__always)
func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var place = left.startIndex
  for byte in right {
    if left[place] != byte { return false }
    place += 1
  }
  return true
}

/// The place of the value in a validated text: without the white space around it, and without a walk over it.
func rootRange(of text: [UInt8]) -> Range<Int> {
  var start = 0
  var end = text.count
  while start < end, text[start] <= 0x20 { start += 1 }
  while end > start, text[end - 1] <= 0x20 { end -= 1 }
  return start..<end
}
