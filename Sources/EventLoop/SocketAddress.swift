// An IP address and a port, kept in binary: small, hashable, and text only when somebody asks.
internal import CUV
internal import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  public enum Family: Sendable, Hashable { case ipv4, ipv6 }

  public let family: Family
  public var port: UInt16
  /// The address in network order; IPv4 uses the low 32 bits of `low`.
  private let high: UInt64
  private let low: UInt64
  /// The interface of a link-local IPv6 address.
  private let scope: UInt32

  private init(family: Family, port: UInt16, high: UInt64, low: UInt64, scope: UInt32 = 0) {
    self.family = family
    self.port = port
    self.high = high
    self.low = low
    self.scope = scope
  }

  /// 127.0.0.1 with `port`.
  public static func loopback(port: UInt16) -> SocketAddress {
    SocketAddress(family: .ipv4, port: port, high: 0, low: 0x7f00_0001)
  }

  /// From a literal address, or `localhost`, which is 127.0.0.1. No name is looked up.
  public init(host: String, port: UInt16) throws(LoopError) {
    if host == "localhost" {
      self = .loopback(port: port)
      return
    }
    // C would take a zero byte for the end.
    let isText = !host.utf8.contains(0)
    var ipv4 = sockaddr_in()
    if isText, uv_ip4_addr(host, Int32(port), &ipv4) == 0 {
      self.init(family: .ipv4, port: port, high: 0, low: UInt64(UInt32(bigEndian: ipv4.sin_addr.s_addr)))
      return
    }
    var ipv6 = sockaddr_in6()
    guard isText, host.utf8.contains(UInt8(ascii: ":")), uv_ip6_addr(host, Int32(port), &ipv6) == 0 else {
      throw LoopError(
        .invalid,
        message: "`\(host)` is not an IP address: write one such as 127.0.0.1, 0.0.0.0 or ::1, or write localhost; "
          + "other names are not looked up")
    }
    self.init(ipv6)
  }

  /// Reads `127.0.0.1:8787`, `[::1]:8787` or `localhost:8787`.
  ///
  /// - throws: ``LoopError`` with code `EINVAL` whose message says what to write.
  public static func parse(_ text: String) throws(LoopError) -> SocketAddress {
    func refused(_ why: String) -> LoopError {
      LoopError(
        .invalid,
        message: "`\(text)` is not an address to listen on: \(why); "
          + "write it as 127.0.0.1:8787, [::1]:8787 or localhost:8787 (port 0 takes a free one)")
    }
    let host: Substring
    let rest: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw refused("the closing bracket is missing") }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard host.contains(":") else { throw refused("brackets are for IPv6 addresses") }
    } else {
      guard let colon = text.lastIndex(of: ":") else { throw refused("the port is missing") }
      host = text[..<colon]
      rest = text[colon...]
      if host.contains(":") { throw refused("an IPv6 address needs brackets") }
    }
    guard !host.isEmpty else { throw refused("the host is missing (0.0.0.0 means every interface)") }
    guard rest.first == ":" else { throw refused("the port is missing") }
    let digits = rest.dropFirst()
    guard !digits.isEmpty else { throw refused("the port is missing") }
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), digits.utf8.count <= 5,
      let port = UInt16(digits)
    else { throw refused("the port is not a number from 0 to 65535") }
    do {
      return try SocketAddress(host: String(host), port: port)
    } catch {
      throw refused("`\(host)` is neither an IP address nor localhost, and other names are not looked up")
    }
  }

  /// The address without the port: `127.0.0.1`, `::1`.
  public var host: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      withCAddress { address in
        if family == .ipv4 {
          address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { _ = uv_ip4_name($0, text.baseAddress, 64) }
        } else {
          address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { _ = uv_ip6_name($0, text.baseAddress, 64) }
        }
      }
      return String(cString: text.baseAddress!)
    }
  }

  /// `127.0.0.1:8787` or `[::1]:80`.
  public var description: String { family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

  /// Is this an address of this machine only (127.0.0.0/8, ::1)?
  public var isLoopback: Bool {
    family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1
  }

  /// The same address with port 0: what to count by when each connection has its own port.
  public var withoutPort: SocketAddress {
    SocketAddress(family: family, port: 0, high: high, low: low, scope: scope)
  }

  /// What one client is counted under: an IPv4 address, or the /64 of an IPv6 address, of which one customer has as
  /// many addresses as it likes (RFC 6177).
  public var client: SocketAddress {
    SocketAddress(family: family, port: 0, high: high, low: family == .ipv4 || isLoopback ? low : 0)
  }
}

// MARK: C addresses

extension SocketAddress {
  private init(_ address: sockaddr_in6) {
    let (high, low) = withUnsafeBytes(of: address.sin6_addr) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    let port = UInt16(bigEndian: address.sin6_port)
    // An IPv4 peer of a socket that listens on `::` is that IPv4 peer, to whoever counts by address.
    if high == 0, low >> 32 == 0xffff {
      self.init(family: .ipv4, port: port, high: 0, low: low & 0xffff_ffff)
    } else {
      self.init(family: .ipv6, port: port, high: high, low: low, scope: address.sin6_scope_id)
    }
  }

  /// From what the kernel filled in. A family that is neither IPv4 nor IPv6 reads as 0.0.0.0:0.
  init(_ storage: sockaddr_storage) {
    self = withUnsafeBytes(of: storage) { bytes in
      if Int32(storage.ss_family) == AF_INET6 { return SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self)) }
      guard Int32(storage.ss_family) == AF_INET else { return SocketAddress(family: .ipv4, port: 0, high: 0, low: 0) }
      let address = bytes.loadUnaligned(as: sockaddr_in.self)
      return SocketAddress(
        family: .ipv4, port: UInt16(bigEndian: address.sin_port), high: 0,
        low: UInt64(UInt32(bigEndian: address.sin_addr.s_addr)))
    }
  }

  func withCAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
    if family == .ipv4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
      return withUnsafePointer(to: address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_scope_id = scope
    withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
      bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
      bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return withUnsafePointer(to: address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
  }
}
