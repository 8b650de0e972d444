// The head of a response, collected line by line as libcurl hands it over.
internal import CCurl

/// Collects status and headers; knows where a head ends, where an interim response is followed by another, and when it
/// all becomes too much. Trailers come through here too and are only counted.
struct ResponseHead {
  enum Event { case more, complete, tooLarge }

  private(set) var status = 0
  private(set) var statusText = ""
  private(set) var headers: [(name: String, value: String)] = []
  private(set) var isComplete = false
  private(set) var isHTTP2 = false
  /// Bytes of all lines so far.
  private(set) var bytes = 0
  private var lines = 0

  mutating func add(_ line: UnsafeRawBufferPointer) -> Event {
    bytes += line.count
    lines += 1
    guard bytes <= UpstreamLimits.headBytesMax, lines <= UpstreamLimits.headLinesMax else { return .tooLarge }
    guard !isComplete else { return .more }
    let text = Self.trimmed(line[...])
    if text.isEmpty {
      // 1xx: another head follows (RFC 9110, 15.2).
      guard status >= 200 else { return .more }
      isComplete = true
      return .complete
    }
    if text.starts(with: "HTTP/".utf8) {
      begin(text)
    } else if line.first == 0x20 || line.first == 0x09 {
      // A folded line continues a value in a way that is obsolete (RFC 9112, 5.2): it is left out.
      return .more
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex {
      let name = String(decoding: text[..<colon], as: UTF8.self)
      headers.append((name, String(decoding: Self.trimmed(text[(colon + 1)...]), as: UTF8.self)))
    }
    return .more
  }

  private mutating func begin(_ line: Slice<UnsafeRawBufferPointer>) {
    let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    isHTTP2 = parts[0].elementsEqual("HTTP/2".utf8)
    status = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
    statusText = parts.count > 2 ? String(decoding: Self.trimmed(parts[2]), as: UTF8.self) : ""
    headers = []
  }

  private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }
    var text = text
    while let first = text.first, isSpace(first) { text = text.dropFirst() }
    while let last = text.last, isSpace(last) { text = text.dropLast() }
    return text
  }

  /// The first header of this name, written in lower case.
  func value(of name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

  /// Was the body compressed on its way?
  var isEncoded: Bool {
    guard let encoding = value(of: "content-encoding") else { return false }
    return encoding.lowercased() != "identity"
  }

  /// What `Retry-After` asks for, in milliseconds: seconds or a date (RFC 9110, 10.2.3).
  func retryAfterMilliseconds(secondsSince1970 now: Int64) -> UInt64? {
    guard let text = value(of: "retry-after"), !text.isEmpty, text.utf8.count < 64 else { return nil }
    if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return UInt64(text).flatMap { $0 < 1 << 32 ? $0 * 1000 : UInt64.max } ?? .max
    }
    let date = ccurl_date(text)
    return date < 0 ? nil : UInt64(max(0, Int64(date) - now)) * 1000
  }

  /// For the guest; see ``UpstreamHead/headers``.
  var given: [(name: String, value: String)] {
    let isEncoded = isEncoded
    return headers.filter { header in
      let key = header.name.lowercased()
      if isEncoded, key == "content-encoding" || key == "content-length" { return false }
      return !HeaderRules.isDropped(key)
    }
  }
}
