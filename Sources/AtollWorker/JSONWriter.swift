// Writes JSON straight into one growing buffer: the answer of a call is built where the host reads it.

/// Writes one JSON value after another; commas and escapes are its business.
///
/// There is one owner of the buffer, and the writer is passed `inout`: it cannot be copied, so that no two writers
/// hold the same bytes.
public struct JSONWriter: ~Copyable {
  var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  /// Gives the buffer back.
  func free() {
    base.deallocate()
  }

  /// Forgets what was written and keeps the buffer.
  mutating func clear() {
    count = 0
  }

  // MARK: Values

  public mutating func null() {
    separate()
    raw("null")
  }

  /// Any value that can be written: a string, a number, a truth value, an array of them, a `JSON`, a `JSONValue`.
  public mutating func value(_ value: some JSONEncodable) {
    value.encode(to: &self)
  }

  mutating func write(_ value: Bool) {
    separate()
    raw(value ? "true" : "false")
  }

  mutating func write(_ value: Int64) {
    separate()
    integer(value.magnitude, isNegative: value < 0)
  }

  mutating func write(_ value: UInt64) {
    separate()
    integer(value, isNegative: false)
  }

  /// JSON has neither infinities nor NaN: they are written as `null`.
  mutating func write(_ value: Double) {
    guard value.isFinite else { return null() }
    // Whole numbers that a double holds exactly are written without a fraction; that is also the fast way.
    if value.magnitude < 0x1p53, let whole = Int64(exactly: value) { return write(whole) }
    separate()
    var text = value.description
    text.withUTF8 { append($0) }
  }

  mutating func write(_ value: String) {
    separate()
    string(value)
  }

  /// A value of the request, copied as it stands there.
  mutating func write(_ value: JSONValue) {
    separate()
    append(value.rawBytes)
  }

  // MARK: Containers

  public mutating func object(_ members: (inout JSONWriter) -> Void) {
    separate()
    byte(UInt8(ascii: "{"))
    members(&self)
    byte(UInt8(ascii: "}"))
  }

  public mutating func array(_ elements: (inout JSONWriter) -> Void) {
    separate()
    byte(UInt8(ascii: "["))
    elements(&self)
    byte(UInt8(ascii: "]"))
  }

  /// The key of the member whose value is written next.
  public mutating func key(_ key: StaticString) {
    separate()
    string(key)
    byte(UInt8(ascii: ":"))
  }

  /// A key that is known only while the tool runs.
  @_disfavoredOverload
  public mutating func key(_ key: String) {
    separate()
    string(key)
    byte(UInt8(ascii: ":"))
  }

  public mutating func member(_ key: StaticString, _ value: some JSONEncodable) {
    self.key(key)
    value.encode(to: &self)
  }

  @_disfavoredOverload
  public mutating func member(_ key: String, _ value: some JSONEncodable) {
    self.key(key)
    value.encode(to: &self)
  }

  // MARK: Bytes

  /// A comma, where the last byte does not already open or introduce a value. A string ends in a quote, so that the
  /// last byte never misleads.
  @inline(__always)
  mutating func separate() {
    guard count > 0 else { return }
    switch base[count - 1] {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): return
    default: byte(UInt8(ascii: ","))
    }
  }

  @inline(__always)
  mutating func byte(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count &+= 1
  }

  /// JSON that is known when the SDK is compiled.
  @inline(__always)
  mutating func raw(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    copyBytes(from: source, to: base + count, count: bytes.count)
    count &+= bytes.count
  }

  mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { quote($0) }
  }

  mutating func string(_ text: StaticString) {
    quote(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes bytes that this writer holds already once more, as a JSON string.
  mutating func quote(_ written: Range<Int>) {
    // Of a JSON text only quotes and backslashes grow, each to two bytes: with that room the source cannot move.
    reserve(written.count * 2 + escapeRoom)
    quote(UnsafeBufferPointer(start: base + written.lowerBound, count: written.count))
  }

  /// Copies and scans in one pass, eight bytes at a time; only a byte that needs an escape leaves the fast lane.
  mutating func quote(_ bytes: UnsafeBufferPointer<UInt8>) {
    reserve(bytes.count + escapeRoom)
    base[count] = UInt8(ascii: "\"")
    count &+= 1
    if var source = bytes.baseAddress {
      let end = source + bytes.count
      while source < end {
        if end - source >= 8 {
          let word = load(source)
          let special = specialBytes(word)
          store(word, at: base + count)
          if special == 0 {
            source += 8
            count &+= 8
            continue
          }
          let plain = special.trailingZeroBitCount >> 3
          source += plain
          count &+= plain
        } else if !isSpecial(source.pointee) {
          base[count] = source.pointee
          source += 1
          count &+= 1
          continue
        }
        escape(source.pointee)
        source += 1
        reserve(end - source + escapeRoom)
      }
    }
    base[count] = UInt8(ascii: "\"")
    count &+= 1
  }

  private mutating func escape(_ byte: UInt8) {
    base[count] = UInt8(ascii: "\\")
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): base[count + 1] = byte
    case 0x0A: base[count + 1] = UInt8(ascii: "n")
    case 0x0D: base[count + 1] = UInt8(ascii: "r")
    case 0x09: base[count + 1] = UInt8(ascii: "t")
    case 0x08: base[count + 1] = UInt8(ascii: "b")
    case 0x0C: base[count + 1] = UInt8(ascii: "f")
    default:
      base[count + 1] = UInt8(ascii: "u")
      base[count + 2] = UInt8(ascii: "0")
      base[count + 3] = UInt8(ascii: "0")
      base[count + 4] = UInt8(ascii: "0") + byte >> 4
      let low = byte & 15
      base[count + 5] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10
      count &+= 6
      return
    }
    count &+= 2
  }

  private mutating func integer(_ magnitude: UInt64, isNegative: Bool) {
    reserve(Limits.integerBytesMax)
    if isNegative {
      base[count] = UInt8(ascii: "-")
      count &+= 1
    }
    var rest = magnitude
    var digits = 1
    while rest >= 10 {
      rest /= 10
      digits &+= 1
    }
    rest = magnitude
    var at = count &+ digits
    repeat {
      at &-= 1
      base[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    count &+= digits
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    var wanted = capacity * 2
    if wanted < count + more { wanted = count + more }
    let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    wider.update(from: base, count: count)
    base.deallocate()
    base = wider
    capacity = wanted
  }
}
