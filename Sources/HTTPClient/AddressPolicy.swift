// Which addresses a node may connect to on behalf of a worker. Pure: numbers in, a verdict out.
internal import Glibc

/// A block of addresses such as `10.0.0.0/8` or `fd00::/8`; an address alone is a block of one.
public struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
  let isIPv6: Bool
  let base: UInt128
  let prefix: Int
  public let description: String

  /// Reads a block.
  ///
  /// - throws: ``UpstreamConfigurationError`` for what is no address, for a prefix that is too long, and where bits
  ///   behind the prefix are set: such a text means something else than it says.
  public init(_ text: String) throws(UpstreamConfigurationError) {
    func refused(_ why: String) -> UpstreamConfigurationError {
      UpstreamConfigurationError(
        "`\(text)` is not a block of addresses: \(why); write it as 127.0.0.0/8, 10.1.2.3 or fd00::/8")
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = Address(text: String(parts[0])) else { throw refused("the address is not one") }
    let width = address.isIPv6 ? 128 : 32
    var prefix = width
    if parts.count == 2 {
      let digits = parts[1].utf8
      guard !digits.isEmpty, digits.count <= 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
        digits.count == 1 || digits.first != 0x30, let number = Int(parts[1]), number <= width
      else { throw refused("what follows the slash is not a number from 0 to \(width)") }
      prefix = number
    }
    guard address.bits == Self.masked(address.bits, prefix: prefix, width: width) else {
      throw refused("bits behind the first \(prefix) are set")
    }
    self.init(isIPv6: address.isIPv6, base: address.bits, prefix: prefix, description: text)
  }

  init(isIPv6: Bool, base: UInt128, prefix: Int, description: String) {
    self.isIPv6 = isIPv6
    self.base = base
    self.prefix = prefix
    self.description = description
  }

  func contains(_ address: Address) -> Bool {
    address.isIPv6 == isIPv6 && Self.masked(address.bits, prefix: prefix, width: isIPv6 ? 128 : 32) == base
  }

  private static func masked(_ bits: UInt128, prefix: Int, width: Int) -> UInt128 {
    prefix == 0 ? 0 : (bits >> (width - prefix)) << (width - prefix)
  }
}

/// An IP address as a number.
struct Address: Equatable {
  var isIPv6: Bool
  var bits: UInt128

  init(isIPv6: Bool, bits: UInt128) {
    self.isIPv6 = isIPv6
    self.bits = bits
  }

  /// From dotted or colon form, without brackets and zone.
  init?(text: String) {
    guard !text.utf8.contains(0) else { return nil }
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(isIPv6: false, bits: UInt128(UInt32(bigEndian: four.s_addr)))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    self.init(isIPv6: true, bits: Self.number(six))
  }

  /// From what a socket is about to connect to; nil for a family that is no IP.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      let four = raw.loadUnaligned(as: sockaddr_in.self)
      self.init(isIPv6: false, bits: UInt128(UInt32(bigEndian: four.sin_addr.s_addr)))
    case AF_INET6:
      self.init(isIPv6: true, bits: Self.number(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr))
    default: return nil
    }
  }

  private static func number(_ address: in6_addr) -> UInt128 {
    withUnsafeBytes(of: address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
  }
}

/// Which addresses the node connects to for its workers: public ones, and the blocks that the node's operator allows.
///
/// Asked for the real address of each socket, after every name was looked up, so that a name that resolves elsewhere
/// the second time gains nothing. It is the node's, one for all workers and all connections: a connection that is used
/// again was opened under the same policy.
public struct AddressPolicy: Sendable {
  public let allowed: [AddressBlock]

  /// - parameter allowed: what is allowed beside public addresses, such as `["127.0.0.0/8", "10.20.0.0/16"]`.
  public init(allowed texts: [String] = []) throws(UpstreamConfigurationError) {
    var blocks: [AddressBlock] = []
    for text in texts { blocks.append(try AddressBlock(text)) }
    allowed = blocks
  }

  /// Public addresses and nothing else.
  public static var publicOnly: AddressPolicy { AddressPolicy() }
  private init() { allowed = [] }

  /// Why this address is refused, as a noun (`a loopback address`); nil where it is allowed. For text forms; tests.
  public func refusal(of text: String) -> String? {
    guard let address = Address(text: text) else { return "not an address" }
    return refusal(of: address)
  }

  func refusal(of address: Address) -> String? {
    if allowed.contains(where: { $0.contains(address) }) { return nil }
    guard address.isIPv6 else { return Self.kind(ofIPv4: UInt32(truncatingIfNeeded: address.bits)) }
    let low = UInt32(truncatingIfNeeded: address.bits)
    // `::ffff:a.b.c.d`: the kernel connects to the IPv4 address itself (RFC 4291, 2.5.5.2).
    if address.bits >> 32 == 0xffff {
      return refusal(of: Address(isIPv6: false, bits: UInt128(low))).map { $0 + ", written as IPv6" }
    }
    return Self.kind(ofIPv6: address.bits)
  }

  private static func kind(ofIPv4 address: UInt32) -> String? {
    for (base, prefix, kind) in specialIPv4 where address >> (32 - prefix) == base >> (32 - prefix) { return kind }
    return nil
  }

  /// Where a translator or a tunnel would take the packets to an IPv4 address, that address must be public too; an
  /// allowed IPv4 block does not count there, since whoever runs the translator is somebody else.
  private static func kind(ofIPv6 bits: UInt128) -> String? {
    let low = UInt32(truncatingIfNeeded: bits)
    // 64:ff9b::/96, RFC 6052.
    if bits >> 32 == 0x0064_ff9b_0000_0000_0000_0000 {
      return kind(ofIPv4: low).map { $0 + ", behind a translator" }
    }
    // 2002::/16, RFC 3056: the IPv4 address follows the prefix.
    if bits >> 112 == 0x2002 {
      return kind(ofIPv4: UInt32(truncatingIfNeeded: bits >> 80)).map { $0 + ", behind a 6to4 tunnel" }
    }
    for (base, prefix, kind) in specialIPv6 where bits >> (128 - prefix) == base >> (128 - prefix) { return kind }
    // ISATAP, RFC 5214: the last half is 0000:5efe or 0200:5efe and an IPv4 address.
    let interface = UInt32(truncatingIfNeeded: bits >> 32)
    if interface == 0x5efe || interface == 0x0200_5efe {
      return kind(ofIPv4: low).map { $0 + ", behind an ISATAP tunnel" }
    }
    // Only 2000::/3 is handed out as public (IANA, IPv6 address space).
    return bits >> 125 == 1 ? nil : "not a public address"
  }

  /// IANA's special-purpose registry (RFC 6890), with multicast and the reserved block.
  private static let specialIPv4: [(base: UInt32, prefix: UInt32, kind: String)] = [
    (0x0000_0000, 8, "an unspecified address"),
    (0x0a00_0000, 8, "a private address"),
    (0x6440_0000, 10, "a shared address of a carrier"),
    (0x7f00_0000, 8, "a loopback address"),
    (0xa9fe_0000, 16, "a link-local address"),
    (0xac10_0000, 12, "a private address"),
    (0xc000_0000, 24, "a protocol's address"),
    (0xc000_0200, 24, "a documentation address"),
    (0xc058_6300, 24, "a 6to4 relay's address"),
    (0xc0a8_0000, 16, "a private address"),
    (0xc612_0000, 15, "a benchmark's address"),
    (0xc633_6400, 24, "a documentation address"),
    (0xcb00_7100, 24, "a documentation address"),
    (0xe000_0000, 4, "a multicast address"),
    (0xffff_ffff, 32, "the broadcast address"),
    (0xf000_0000, 4, "a reserved address"),
  ]

  private static let specialIPv6: [(base: UInt128, prefix: UInt128, kind: String)] = [
    (0, 128, "an unspecified address"),
    (1, 128, "a loopback address"),
    (0x2001_0000 << 96, 32, "a Teredo tunnel's address"),
    (0x2001_0002 << 96, 48, "a benchmark's address"),
    (0x2001_0000 << 96, 23, "a protocol's address"),
    (0x2001_0db8 << 96, 32, "a documentation address"),
    (0x3fff << 112, 20, "a documentation address"),
    (0xfc00 << 112, 7, "a private address"),
    (0xfe80 << 112, 10, "a link-local address"),
    (0xfec0 << 112, 10, "a site-local address"),
    (0xff00 << 112, 8, "a multicast address"),
  ]
}
