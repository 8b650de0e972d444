// Eight bytes at a time: what the scanner and the writer share.

/// Zero bytes that follow every text we scan: a scan by words may read, and stops in, them.
let padding = 8
/// Room for one escape (`\u001f`) and the eight bytes that a copy by words may write past what it keeps.
let escapeRoom = 16

@inline(__always)
func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
  UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
}

@inline(__always)
func store(_ word: UInt64, at pointer: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: word.littleEndian, as: UInt64.self)
}

/// The high bit of each byte that ends a plain run of a JSON string: a quote, a backslash or a control character.
/// The lowest bit set is exact; those above it may not be.
@inline(__always)
func specialBytes(_ word: UInt64) -> UInt64 {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let quotes = word ^ (ones &* 0x22)
  let backslashes = word ^ (ones &* 0x5C)
  let found = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((word &- ones &* 0x20) & ~word)
  return found & (ones &* 0x80)
}

@inline(__always)
func isSpecial(_ byte: UInt8) -> Bool {
  byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

/// Copies short runs without a call; `memory.copy` is a call into the engine, worth it for long ones only.
@inline(__always)
func copyBytes(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int) {
  if count > 256 {
    target.update(from: source, count: count)
    return
  }
  var at = 0
  while at &+ 8 <= count {
    store(load(source + at), at: target + at)
    at &+= 8
  }
  while at < count {
    target[at] = source[at]
    at &+= 1
  }
}

/// Whether `count` bytes are the same; without a call, for names and keys. Reads none past them: a request may be
/// shorter than what it is compared with, and then differs at its first zero byte.
@inline(__always)
func sameBytes(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, count: Int) -> Bool {
  var at = 0
  while at &+ 8 <= count {
    if load(one + at) != load(other + at) { return false }
    at &+= 8
  }
  while at < count {
    if one[at] != other[at] { return false }
    at &+= 1
  }
  return true
}
