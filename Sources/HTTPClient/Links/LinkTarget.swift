// Where a link leads: an origin, read once.
public import EventLoop

/// Another node: `http://HOST:PORT` or `https://HOST:PORT`.
public struct LinkTarget: Sendable, Hashable, CustomStringConvertible {
  public let isSecure: Bool
  /// In lower case; an IPv6 address without its brackets.
  public let host: String
  public let port: UInt16
  /// The address where the host is one; names are looked up by the pool.
  public let address: SocketAddress?

  /// Reads a target.
  ///
  /// - throws: ``LinkError`` `bad_request` whose message says what to write: no scheme, a path, a user name, a query.
  public init(_ text: String) throws(LinkError) {
    func refused(_ why: String) -> LinkError {
      LinkError(
        .badRequest, "`\(text)` is not a node's address: \(why); write http://10.0.0.1:8787 or https://node.example",
        wasSent: false)
    }
    var rest = text[...]
    if let end = rest.firstRange(of: "://") {
      switch rest[..<end.lowerBound].lowercased() {
      case "http": isSecure = false
      case "https": isSecure = true
      default: throw refused("its scheme is neither http nor https")
      }
      rest = rest[end.upperBound...]
    } else {
      throw refused("its scheme is missing")
    }
    if rest.last == "/" { rest.removeLast() }
    guard !rest.contains(where: { "/?#\\".contains($0) }) else { throw refused("it has a path or a query") }
    guard !rest.contains("@") else { throw refused("it has a user name") }
    var name = rest
    var port: UInt16 = isSecure ? 443 : 80
    if let colon = rest.lastIndex(of: ":"), rest.last != "]" {
      let digits = rest[rest.index(after: colon)...]
      guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = UInt16(digits), number > 0
      else { throw refused("its port is not a number from 1 to 65535") }
      port = number
      name = rest[..<colon]
    }
    self.port = port
    if name.first == "[", name.last == "]" {
      host = name.dropFirst().dropLast().lowercased()
      guard host.contains(":"), let address = try? SocketAddress(host: host, port: port) else {
        throw refused("what is in brackets is not an IPv6 address")
      }
      self.address = address
    } else {
      host = name.lowercased()
      guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isHostByte) else {
        throw refused("it has no host that can be looked up")
      }
      address = try? SocketAddress(host: host, port: port)
    }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d || byte == 0x2e || byte == 0x5f
  }

  /// `http://10.0.0.1:8787`, the scheme's own port left out.
  public var description: String {
    let isDefault = port == (isSecure ? 443 : 80)
    return "\(isSecure ? "https" : "http")://\(authority(withPort: !isDefault))"
  }

  /// What `Host` says.
  var hostLine: [UInt8] {
    Array("Host: \(authority(withPort: port != (isSecure ? 443 : 80)))\r\n".utf8)
  }

  /// As `Host` names it.
  public var authority: String { authority(withPort: port != (isSecure ? 443 : 80)) }

  private func authority(withPort: Bool) -> String {
    let name = host.contains(":") ? "[\(host)]" : host
    return withPort ? "\(name):\(port)" : name
  }
}
