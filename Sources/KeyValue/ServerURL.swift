// Addresses of servers as people write them: `scheme://user:password@host:port,host:port/path?name=value`.

/// Such an address, taken apart and percent-decoded (RFC 3986). Its errors quote nothing of it: it may have a password.
struct ServerURL: Sendable, Equatable {
  struct Host: Sendable, Equatable {
    /// A name or an IP address, without brackets.
    var name: String
    var port: UInt16?
  }

  var scheme: String
  var user: String?
  var password: String?
  var hosts: [Host]
  /// Without the slash before it.
  var path: String
  var query: [(name: String, value: String)]

  /// - parameter example: what an address of this kind looks like, for errors.
  init(_ text: String, example: String) throws(KeyValueError) {
    func refused(_ why: String) -> KeyValueError {
      KeyValueError(.configuration, "the store's address \(why); write it as \(example)")
    }
    func decoded(_ part: Substring, _ what: String) throws(KeyValueError) -> String {
      guard let text = Self.percentDecoded(part) else {
        throw refused("has a \(what) whose percent escapes are not UTF-8")
      }
      return text
    }
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
      throw refused("has no scheme")
    }
    scheme = text[..<colon].lowercased()
    var rest = text[text.index(colon, offsetBy: 3)...]
    if rest.contains("#") { throw refused("has a `#`, which in a password is written %23") }

    query = []
    if let mark = rest.firstIndex(of: "?") {
      for pair in rest[rest.index(after: mark)...].split(separator: "&") {
        let equals = pair.firstIndex(of: "=") ?? pair.endIndex
        query.append(
          (try decoded(pair[..<equals], "query"), try decoded(pair[equals...].dropFirst(), "query")))
      }
      rest = rest[..<mark]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = try decoded(rest[slash...].dropFirst(), "path")
    var authority = rest[..<slash]

    if let at = authority.lastIndex(of: "@") {
      let identity = authority[..<at]
      authority = authority[authority.index(after: at)...]
      if let colon = identity.firstIndex(of: ":") {
        user = try decoded(identity[..<colon], "user")
        password = try decoded(identity[identity.index(after: colon)...], "password")
      } else {
        user = try decoded(identity, "user")
      }
    }
    hosts = []
    for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
      guard let host = Self.host(part) else { throw refused("has a host or a port that cannot be read") }
      hosts.append(host)
    }
  }

  static func == (a: ServerURL, b: ServerURL) -> Bool {
    a.scheme == b.scheme && a.user == b.user && a.password == b.password && a.hosts == b.hosts && a.path == b.path
      && a.query.elementsEqual(b.query, by: ==)
  }

  private static func host(_ text: Substring) -> Host? {
    var name = text
    var port = Substring()
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { return nil }
      name = text[text.index(after: text.startIndex)..<end]
      port = text[text.index(after: end)...]
    } else if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      port = text[colon...]
    }
    // What is in no name and no address would reach the resolver, or a log.
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "%") }
    guard !name.isEmpty, isPlain else { return nil }
    if port.isEmpty { return Host(name: String(name), port: nil) }
    guard port.first == ":", let number = UInt16(port.dropFirst()), number > 0 else { return nil }
    return Host(name: String(name), port: number)
  }

  /// nil where the escapes are not two hexadecimal digits, or not UTF-8, or a zero byte.
  static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal),
        high | low != 0
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
