// A URL as it will be sent: parsed by libcurl, normalised, and compared with a grant by its parts.
internal import CCurl

/// An http or https URL in its parts, normalised so that two spellings of one place are equal.
///
/// libcurl parses it and libcurl sends it; what this type adds is refused or rewritten before and parsed again after,
/// so that there is one reading of a URL and not two.
struct UpstreamURL: Equatable, Sendable {
  let scheme: String
  /// In lower case; an IPv6 address in brackets.
  let host: String
  let port: String
  /// Begins with `/`; dot segments removed, percent-encoding in its normal form (RFC 3986, 6.2.2).
  let path: String
  let query: String?

  /// Why a text is no URL that is sent, as the end of a sentence.
  struct Refusal: Error { let why: String }

  /// Parses `text`, relative to `base` where there is one (RFC 3986, 5). A fragment is dropped: it is never sent.
  init(_ text: String, relativeTo base: UpstreamURL? = nil) throws(Refusal) {
    try Self.check(text)
    let first = try Self.parts(text, base: base?.text)
    let path = try Self.normalised(path: first.path)
    let normal = Self.compose(first.scheme, first.host, first.port, path, first.query)
    guard normal.utf8.count <= UpstreamLimits.urlBytesMax else { throw Refusal(why: "is too long") }
    let second = try Self.parts(normal, base: nil)
    guard second.scheme == first.scheme, second.host == first.host, second.port == first.port, second.path == path,
      second.query == first.query
    else { throw Refusal(why: "can be read in two ways") }
    (scheme, host, port, self.path, query) = (second.scheme, second.host, second.port, path, second.query)
  }

  /// What goes to libcurl.
  var text: String { Self.compose(scheme, host, port, path, query) }

  /// For errors: without the query, and not longer than ``UpstreamLimits/namedURLBytesMax``.
  var name: String {
    let whole = Self.compose(scheme, host, port, path, nil)
    guard whole.utf8.count > UpstreamLimits.namedURLBytesMax else { return whole }
    return String(decoding: whole.utf8.prefix(UpstreamLimits.namedURLBytesMax), as: UTF8.self) + "…"
  }

  /// Scheme, host and port.
  var origin: String { Self.compose(scheme, host, port, "", nil) }

  /// Is `other` this place or below it, at a `/`?
  func covers(_ other: UpstreamURL) -> Bool {
    guard scheme == other.scheme, host == other.host, port == other.port else { return false }
    return path.hasSuffix("/")
      ? other.path.utf8.starts(with: path.utf8)
      : other.path == path || other.path.utf8.starts(with: (path + "/").utf8)
  }

  // MARK: Reading

  private static func check(_ text: String) throws(Refusal) {
    guard !text.isEmpty else { throw Refusal(why: "is empty") }
    guard text.utf8.count <= UpstreamLimits.urlBytesMax else {
      throw Refusal(why: "is longer than \(UpstreamLimits.urlBytesMax) bytes")
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\\") { throw Refusal(why: "has a backslash, which readers take for different things") }
      guard (0x21...0x7e).contains(byte) else {
        throw Refusal(
          why: byte >= 0x80
            ? "has a byte that is not ASCII: percent-encode it, and write names as xn--…"
            : "has a space or a control character: percent-encode it")
      }
    }
  }

  private typealias Parts = (scheme: String, host: String, port: String, path: String, query: String?)

  private static func parts(_ text: String, base: String?) throws(Refusal) -> Parts {
    if let missing = ccurl_load() { throw Refusal(why: "cannot be read: " + String(cString: missing)) }
    var url = ccurl_url()
    defer { ccurl_free_url(&url) }
    let code = ccurl_parse_url(text, base, &url)
    guard code == CURLUE_OK else {
      throw Refusal(why: "is not one (\(String(cString: ccurl_explain_url(code))))")
    }
    guard url.user == nil, url.password == nil, !authority(of: text).contains("@") else {
      throw Refusal(why: "has a user name or password: credentials belong in the upstream's headers")
    }
    guard url.zone == nil else { throw Refusal(why: "names an interface") }
    guard let scheme = url.scheme.map({ String(cString: $0) })?.lowercased(), scheme == "http" || scheme == "https"
    else {
      throw Refusal(why: "is neither http nor https")
    }
    guard let host = url.host.map({ String(cString: $0) })?.lowercased(), isHost(host) else {
      throw Refusal(why: "has no host that can be looked up")
    }
    guard let port = url.port.map({ String(cString: $0) }), port != "0" else {
      throw Refusal(why: "has no port to connect to")
    }
    let path = url.path.map { String(cString: $0) } ?? "/"
    return (scheme, host, port, path.isEmpty ? "/" : path, url.query.map { String(cString: $0) })
  }

  /// What lies between `//` and the path: a user name there is refused even where it is empty.
  private static func authority(of text: String) -> Substring {
    let afterScheme = text.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false).last ?? ""
    guard text.contains("//"), !(text.first == "/" && !text.hasPrefix("//")) else { return "" }
    return afterScheme.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  }

  /// libcurl has decoded what was percent-encoded in the host: it must be plain now.
  private static func isHost(_ host: String) -> Bool {
    if host.utf8.first == UInt8(ascii: "[") {
      return host.utf8.last == UInt8(ascii: "]") && !host.utf8.contains(UInt8(ascii: "%"))
    }
    return !host.isEmpty && host.utf8.count <= 253
      && host.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
      }
  }

  private static func compose(_ scheme: String, _ host: String, _ port: String, _ path: String, _ query: String?)
    -> String
  {
    let isDefault = port == (scheme == "https" ? "443" : "80")
    return "\(scheme)://\(host)\(isDefault ? "" : ":" + port)\(path)\(query.map { "?" + $0 } ?? "")"
  }

  // MARK: The path

  /// libcurl has removed plain dot segments. Encoded ones, and encoded separators, mean one thing to one server and
  /// another to the next: they are refused.
  private static func normalised(path: String) throws(Refusal) -> String {
    var out: [UInt8] = []
    let bytes = Array(path.utf8)
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "%") else {
        out.append(bytes[index])
        index += 1
        continue
      }
      guard index + 2 < bytes.count, let high = hex(bytes[index + 1]), let low = hex(bytes[index + 2]) else {
        throw Refusal(why: "has a `%` in its path that no two hexadecimal digits follow")
      }
      let value = high << 4 | low
      switch value {
      case 0x2f, 0x5c: throw Refusal(why: "has an encoded slash or backslash in its path")
      case 0x00...0x1f, 0x7f: throw Refusal(why: "has an encoded control character in its path")
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(value)
      default: out += [UInt8(ascii: "%"), digits[Int(high)], digits[Int(low)]]
      }
      index += 3
    }
    let decoded = decodedWhole(out)
    guard decoded.count(where: isSplitter) == out.count(where: isSplitter) else {
      throw Refusal(why: "has a slash, dot or control character in its path that is encoded twice")
    }
    for segment in decoded.split(separator: UInt8(ascii: "/")) {
      // `..;x` is a dot segment to servers that know path parameters.
      let name = segment.prefix { $0 != UInt8(ascii: ";") }
      if name.elementsEqual([0x2e]) || name.elementsEqual([0x2e, 0x2e]) {
        throw Refusal(why: "has an encoded dot segment in its path")
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// What is left when a path is decoded until nothing changes: what the last of several servers may read. A `%` that
  /// begins no escape stays. In one pass, whatever the nesting: no two escapes overlap, so their order does not matter.
  private static func decodedWhole(_ path: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(path.count)
    for byte in path {
      out.append(byte)
      while out.count >= 3, out[out.count - 3] == UInt8(ascii: "%"), let high = hex(out[out.count - 2]),
        let low = hex(out[out.count - 1])
      {
        out.removeLast(3)
        out.append(high << 4 | low)
      }
    }
    return out
  }

  /// A dot, slash, backslash or control character. No escape has one in it: what decoding brings to light stays.
  private static func isSplitter(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7f || byte == 0x2e || byte == 0x2f || byte == 0x5c
  }
}
