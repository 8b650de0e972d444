// Reads the binary format of WebAssembly: bounded, never past the end, never trusting a count.

/// A cursor over a part of a module. Every read is checked; a short or overlong encoding is an error with its offset.
struct WasmReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position >= end }

  func failure(_ what: String) -> SandboxError {
    SandboxError(.malformedModule, "not a valid WebAssembly module: \(what) at byte \(position)")
  }

  mutating func byte() throws(SandboxError) -> UInt8 {
    guard position < end else { throw failure("it ends early") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func skip(_ count: Int) throws(SandboxError) {
    guard count >= 0, count <= end - position else { throw failure("it ends early") }
    position += count
  }

  /// The next `count` bytes as a range; moves past them.
  mutating func take(_ count: Int) throws(SandboxError) -> Range<Int> {
    let start = position
    try skip(count)
    return start..<position
  }

  mutating func unsigned32() throws(SandboxError) -> UInt32 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      value |= UInt64(next & 0x7F) << shift
      if next & 0x80 == 0 { break }
      shift += 7
      guard shift < 35 else { throw failure("a number of more than 32 bits") }
    }
    guard value <= UInt64(UInt32.max) else { throw failure("a number of more than 32 bits") }
    return UInt32(value)
  }

  mutating func unsigned64() throws(SandboxError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      value |= UInt64(next & 0x7F) << shift
      if next & 0x80 == 0 { return value }
      shift += 7
      guard shift < 70 else { throw failure("a number of more than 64 bits") }
    }
  }

  mutating func signed64() throws(SandboxError) -> Int64 {
    var value: Int64 = 0
    var shift: Int64 = 0
    while true {
      let next = try byte()
      value |= Int64(next & 0x7F) << shift
      shift += 7
      if next & 0x80 == 0 {
        if shift < 64, next & 0x40 != 0 { value |= -1 << shift }
        return value
      }
      guard shift < 70 else { throw failure("a number of more than 64 bits") }
    }
  }

  /// A count of entries of at least one byte each: never more than the bytes that are left.
  mutating func count() throws(SandboxError) -> Int {
    let value = Int(try unsigned32())
    guard value <= end - position else { throw failure("a count that is larger than the rest of the module") }
    return value
  }

  /// The same, where the sections before have brought `earlier` of them and a module may have `limit`.
  mutating func count(of what: String, after earlier: Int, atMost limit: Int) throws(SandboxError) -> Int {
    let value = try count()
    guard value <= limit - earlier else { throw failure("more than \(limit) \(what)") }
    return value
  }

  mutating func name() throws(SandboxError) -> String {
    let range = try take(Int(try unsigned32()))
    guard let name = String(validating: bytes[range], as: UTF8.self) else { throw failure("a name that is not UTF-8") }
    return name
  }
}
