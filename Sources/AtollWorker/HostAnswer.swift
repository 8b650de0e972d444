// The answer of an operation of the node's: a JSON head, a zero byte, raw bytes (docs/abi.md).

/// Codes of the handle functions below 0.
enum HostCode {
  static let inFlight: Int32 = -3
  static let tooManyHandles: Int32 = -4
  static let denied: Int32 = -5
  static let tooLarge: Int32 = -6
  static let brokeOff: Int32 = -7
}

/// Bytes of an answer as they are read. Gives its memory back when it goes.
struct HostAnswer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init() {
    capacity = Limits.answerBytesAtStart
    base = .allocate(capacity: capacity + padding)
  }

  deinit { base.deallocate() }

  /// Waits for an operation whose answer comes whole, reads it and drops the handle: four host calls where it has less
  /// than 4 KiB, six where it has more.
  init(of handle: Int32) {
    self.init()
    _ = Host.wait(handle)
    if readMore(handle) == Int32(Limits.answerBytesAtStart) {
      let left = Int(Host.size(handle))
      if left > 0 {
        reserve(left)
        _ = readMore(handle)
      }
    }
    Host.drop(handle)
  }

  /// Reads what is there, up to the room that is left.
  /// - Returns: how many bytes, 0 at the end, or a code.
  mutating func readMore(_ handle: Int32) -> Int32 {
    let got = Host.read(handle, base + count, capacity - count)
    if got > 0 { count += Int(got) }
    return got
  }

  /// Makes room for more bytes.
  mutating func reserve(_ more: Int) {
    guard capacity - count < more else { return }
    capacity = max(capacity * 2, count + more)
    let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + padding)
    wider.update(from: base, count: count)
    base.deallocate()
    base = wider
  }

  mutating func clear() { count = 0 }

  /// Where the head ends: the zero byte, or the end.
  private var headEnd: Int {
    var end = 0
    while end < count, base[end] != 0 { end += 1 }
    return end
  }

  /// Gives the head, which must not leave the closure, and the bytes after it.
  func read<Value>(_ body: (_ head: JSONObject, _ bytes: UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    let end = headEnd
    // The scanner stops at a zero byte.
    (base + count).initialize(repeating: 0, count: padding)
    let start = skipSpace(base)
    guard start.pointee == UInt8(ascii: "{") else { return body(.empty, UnsafeBufferPointer(start: nil, count: 0)) }
    let bytes =
      end < count
      ? UnsafeBufferPointer(start: base + end + 1, count: count - end - 1) : UnsafeBufferPointer(start: nil, count: 0)
    return body(JSONObject(start: start, root: start), bytes)
  }
}

extension JSONObject {
  /// A text of the host's; empty where there is none.
  func hostText(_ key: StaticString) -> String { hostTextIfPresent(key) ?? "" }

  func hostTextIfPresent(_ key: StaticString) -> String? {
    guard let value = self[key], value.kind == .string else { return nil }
    let (end, _) = closingQuote(value.start)
    return String(decoding: unescaped(value.start + 1, end), as: UTF8.self)
  }

  func hostNumber(_ key: StaticString) -> Int64? {
    guard let value = self[key], value.kind == .number else { return nil }
    return wholeNumber(value.start)
  }

  func hostTruth(_ key: StaticString) -> Bool { self[key]?.start.pointee == UInt8(ascii: "t") }
}

/// A view of JSON that was not in the request. The copy stays for the whole call. Nobody has validated the text: what
/// makes no sense inside reads as if it ended there.
func jsonView(of bytes: [UInt8]) -> JSONValue? {
  let target = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + padding)
  for index in bytes.indices { target[index] = bytes[index] }
  (target + bytes.count).initialize(repeating: 0, count: padding)
  let start = skipSpace(target)
  let end = skipValue(start)
  guard start.pointee != 0, skipSpace(end) == UnsafePointer(target + bytes.count) else { return nil }
  // What is cut short ends in something else.
  switch start.pointee {
  case UInt8(ascii: "{"): guard (end - 1).pointee == UInt8(ascii: "}") else { return nil }
  case UInt8(ascii: "["): guard (end - 1).pointee == UInt8(ascii: "]") else { return nil }
  case UInt8(ascii: "\""): guard closingQuote(start).end.pointee != 0 else { return nil }
  default: break
  }
  return JSONValue(start: start, root: start)
}
