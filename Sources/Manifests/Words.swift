// What a string may be, by what it is for. Each check answers what is wrong and what to write, or nil.

internal import JSON

enum Words {
  @Sendable static func workerName(_ text: String) -> String? {
    guard let first = text.utf8.first, isAlphanumeric(first),
      text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
    else {
      return "a name has letters, digits, `-` and `_` and starts with a letter or digit; write \(quoted(slug(text)))"
    }
    return nil
  }

  /// 2026-07-28, server/tools, "Tool Names", without the `/` that conformance would also take: names are used in paths.
  @Sendable static func toolName(_ text: String) -> String? {
    guard !text.isEmpty, text.utf8.allSatisfy(isToolNameByte) else {
      return "a tool's name has only letters, digits, `_`, `-` and `.`; write \(quoted(slug(text)))"
    }
    return nil
  }

  /// As people write it: without a point where it is whole.
  static func number(_ number: Double) -> String {
    number == number.rounded() && number.magnitude < 1e15 ? "\(Int(number))" : "\(number)"
  }

  /// Names of sites, regions, jurisdictions and the like: lower case, so that two spellings of one are a mistake.
  @Sendable static func placeName(_ text: String) -> String? {
    guard workerName(text) == nil, text == text.lowercased() else {
      return "it has lower-case letters, digits, `-` and `_`; write \(quoted(slug(text).lowercased()))"
    }
    return nil
  }

  /// Where other nodes reach a node: no path, since MCP's paths follow.
  @Sendable static func nodeURL(_ text: String) -> String? {
    if let wrong = upstreamURL(text) { return wrong }
    let rest = text.dropFirst(text.hasPrefix("https://") ? 8 : 7)
    return rest.contains("/") ? "a node is reached at https://HOST:PORT or http://HOST:PORT, without a path" : nil
  }

  @Sendable static func json(_ text: String) -> String? {
    do { _ = try JSONDocument(Array(text.utf8)) } catch { return "it is not JSON: \(error.message)" }
    return nil
  }

  @Sendable static func line(_ text: String) -> String? {
    if text.allSatisfy(\.isWhitespace) { return "it is empty; write what people should read, or remove the key" }
    return text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
      ? "it has a control character; write one plain line" : nil
  }

  @Sendable static func prose(_ text: String) -> String? {
    if text.allSatisfy(\.isWhitespace) { return "it is empty; write a sentence" }
    let isOdd: (UInt8) -> Bool = { ($0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09) || $0 == 0x7F }
    return text.utf8.contains(where: isOdd) ? "it has a control character; write plain text" : nil
  }

  /// Semantic Versioning 2.0: three numbers without leading zeros, then optional `-pre` and `+build`.
  @Sendable static func version(_ text: String) -> String? {
    let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let pre = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = pre[0].split(separator: ".", omittingEmptySubsequences: false)
    let isNumber: (Substring) -> Bool = { part in
      (1...9).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        && (part.utf8.count == 1 || part.first != "0")
    }
    let isTail: (Substring) -> Bool = { tail in
      tail.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
    }
    if numbers.count == 3, numbers.allSatisfy(isNumber), pre.dropFirst().allSatisfy(isTail),
      build.dropFirst().allSatisfy(isTail)
    {
      return nil
    }
    var fixed = numbers.prefix(3).map { Int($0).map { String(max(0, $0)) } ?? "0" }
    while fixed.count < 3 { fixed.append("0") }
    return "a version is MAJOR.MINOR.PATCH; write \(quoted(fixed.joined(separator: ".")))"
  }

  /// A namespace of the key-value store, for workers; names that begin with `_` are the node's own.
  @Sendable static func namespace(_ text: String) -> String? {
    if text.utf8.count > Bounds.namespaceBytes { return "a namespace has at most \(Bounds.namespaceBytes) bytes" }
    return workerName(text)
  }

  /// The host of an `upstream:` URL: lower case, so that no reader of it changes the name.
  @Sendable static func upstreamName(_ text: String) -> String? {
    guard workerName(text) == nil, !text.contains("_"), text == text.lowercased() else {
      return "an upstream's name has lower-case letters, digits and `-`; write \"weather-api\""
    }
    return nil
  }

  @Sendable static func upstreamURL(_ text: String) -> String? {
    let wrong = "it must be https://HOST/PATH or http://HOST/PATH; write \"https://api.example.com/v1\""
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return wrong }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    if text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\\") }) {
      return "it has a character that a URL cannot have; percent-encode it"
    }
    if text.contains("?") || text.contains("#") { return "it has a query or fragment; the worker adds the query" }
    if authority.contains("@") { return "it has a user or password; write them as a header with `{secret:NAME}`" }
    guard let (host, port) = split(String(authority)), !host.isEmpty, port.map({ isPort($0) }) ?? true else {
      return wrong
    }
    return nil
  }

  @Sendable static func method(_ text: String) -> String? {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"]
    guard known.contains(text) else {
      return "a method is one of \(known.joined(separator: ", ")), in capitals"
    }
    return nil
  }

  /// A header that the host adds. Those that belong to the connection are its own business (RFC 9110, 7.6.1).
  @Sendable static func upstreamHeader(_ name: String, _ value: String) -> String? {
    let isToken: (UInt8) -> Bool = { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
    guard !name.isEmpty, name.utf8.allSatisfy(isToken) else { return "this is not a header's name" }
    let own = [
      "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
      "transfer-encoding", "upgrade",
    ]
    if own.contains(name.lowercased()) { return "the host sets this header itself; remove it" }
    if value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 >= 0x7F }) {
      return "a header's value has visible ASCII only"
    }
    return SecretText(value).problem
  }

  @Sendable static func storeAddress(_ text: String) -> String? {
    let known = ["memory:", "sqlite:", "redis://", "rediss://", "nats://", "tls://"]
    guard known.contains(where: { text.hasPrefix($0) }) else {
      return "a store is memory:, sqlite:PATH, redis://HOST:PORT, rediss://…, nats://… or tls://…"
    }
    return nil
  }

  /// A range of addresses in CIDR form (RFC 4632); the node parses it whole.
  @Sendable static func addressRange(_ text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let bits = Int(parts[1]), (0...128).contains(bits) else {
      return "a range is ADDRESS/BITS; write \"10.0.0.0/8\""
    }
    return nil
  }

  /// Where an upstream is reached in place of its manifest's URL.
  @Sendable static func upstreamAt(_ name: String, _ url: String) -> String? { upstreamName(name) ?? upstreamURL(url) }

  /// A token that a caller shows: a secret, never written out.
  @Sendable static func token(_ text: String) -> String? {
    let secret = SecretText(text)
    guard secret.problem == nil, secret.pieces.count == 1, secret.secrets.count == 1 else {
      return "a token is never written out; write \"{secret:NAME}\""
    }
    return nil
  }

  /// A path that cannot leave the folder it starts in.
  @Sendable static func relativePath(_ text: String) -> String? {
    if let wrong = anyPath(text) { return wrong }
    if text.utf8.first == UInt8(ascii: "/") {
      return "it must be relative to the worker's folder; remove the leading `/`"
    }
    if text.utf8.contains(UInt8(ascii: "\\")) { return "it has a backslash; write `/` between folders" }
    // By bytes: a slash with a combining mark behind it is another Character, and still a slash to the system.
    if text.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) {
      return "it leaves the worker's folder; move the file inside and write a path without `..`"
    }
    return nil
  }

  /// A path that is written to: a scenario of somebody else's must not choose which file of its reader's goes.
  @Sendable static func pathBelow(_ text: String) -> String? {
    guard relativePath(text) == nil, text.hasSuffix(".html") else {
      return "it must be a path below the scenario's folder that ends in .html; write \"report.html\""
    }
    return nil
  }

  @Sendable static func anyPath(_ text: String) -> String? {
    if text.isEmpty { return "it is empty; write a path" }
    return text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
      ? "it has a control character; write a plain path" : nil
  }

  /// `127.0.0.1:8787`, `[::1]:8787`, `localhost:0`; names are resolved by the node.
  @Sendable static func address(_ text: String) -> String? {
    let wrong = "an address is HOST:PORT; write \"127.0.0.1:8787\" or \"[::1]:8787\""
    guard let (host, port) = split(text), let port, !host.isEmpty, Int(port).map({ (0...65_535).contains($0) }) == true
    else {
      return wrong
    }
    return nil
  }

  /// What a `Host` header may be: a name or address, with or without port.
  @Sendable static func host(_ text: String) -> String? {
    if text.contains("*") { return "wildcards are not taken: a Host is compared exactly; write each name" }
    if text.contains("/") {
      return "a host has no scheme and no path; write \"mcp.example.com\" or \"mcp.example.com:8443\""
    }
    guard let (host, port) = split(text), !host.isEmpty, port.map({ isPort($0) }) ?? true else {
      return "a host is NAME or NAME:PORT; write \"mcp.example.com\" or \"mcp.example.com:8443\""
    }
    return nil
  }

  /// What an `Origin` header may be (RFC 6454, 6.2): scheme, host, optional port, no path.
  @Sendable static func origin(_ text: String) -> String? {
    let wrong = "an origin is SCHEME://HOST or SCHEME://HOST:PORT, without a path; write \"https://app.example.com\""
    if text.contains("*") { return "wildcards are not taken: an Origin is compared exactly; write each origin" }
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return wrong }
    let authority = text.dropFirst(scheme.count)
    guard !authority.contains("/"), let (host, port) = split(String(authority)), !host.isEmpty,
      port.map({ isPort($0) }) ?? true
    else { return wrong }
    return nil
  }

  /// A place of a topology, or two with ` to ` between them.
  @Sendable static func faultTarget(_ text: String) -> String? {
    let places = text.split(separator: " to ", omittingEmptySubsequences: false).map(String.init)
    guard places.count <= 2, places.allSatisfy({ workerName($0) == nil }) else {
      return
        "a target is the name of a site, region, store or dependency, or two with ` to ` between; write \"fra to nyc\""
    }
    return nil
  }

  // MARK: Parts

  static func isToolNameByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  /// As it would stand in TOML; control characters are spelled out so that an error stays on its line.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars.prefix(80) {
      switch scalar {
      case "\"", "\\": out += "\\" + String(scalar)
      case "\n": out += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
  }

  private static func isPort(_ text: Substring) -> Bool { Int(text).map { (1...65_535).contains($0) } == true }

  /// Host and port of an authority; nil when a character stands there that none can have.
  private static func split(_ text: String) -> (host: Substring, port: Substring?)? {
    let allowed: (UInt8) -> Bool = { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      let host = text[text.index(after: text.startIndex)..<close]
      guard host.utf8.allSatisfy({ allowed($0) || $0 == 0x3A || $0 == 0x25 }) else { return nil }
      let rest = text[text.index(after: close)...]
      if rest.isEmpty { return (host, nil) }
      guard rest.first == ":" else { return nil }
      return digits(rest.dropFirst()).map { (host, $0) }
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts[0].utf8.allSatisfy(allowed) else { return nil }
    if parts.count == 1 { return (parts[0], nil) }
    return digits(parts[1]).map { (parts[0], $0) }
  }

  private static func digits(_ text: Substring) -> Substring? {
    (1...5).contains(text.utf8.count) && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? text : nil
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// The nearest name that would be taken.
  private static func slug(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8.prefix(Bounds.toolNameBytes) {
      if isAlphanumeric(byte) || byte == 0x5F || byte == 0x2D {
        out.append(byte)
      } else if let last = out.last, last != 0x5F {
        out.append(0x5F)
      }
    }
    while out.last == 0x5F { out.removeLast() }
    while let first = out.first, !isAlphanumeric(first) { out.removeFirst() }
    return out.isEmpty ? "my_tool" : String(decoding: out, as: UTF8.self)
  }
}
