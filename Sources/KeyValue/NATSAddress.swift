// `nats://` and `tls://`, as people write them, and names as NATS takes them.

/// Where a NATS is, who asks, and for which bucket.
struct NATSAddress: Sendable, Equatable {
  static let example =
    "nats://[user:password@|token@]host[:port][,host[:port]…][?bucket=atoll&replicas=1&domain=NAME], "
    + "or tls://…[?ca=FILE]"

  /// Each without user and password.
  var servers: [String]
  /// Hosts and ports, for messages.
  var place: String
  var isTLS: Bool
  var authorities: String?
  var user: String?
  var password: String?
  var token: String?
  var bucket = "atoll"
  var replicas: Int32 = 1
  /// The JetStream domain of the servers that hold the bucket; nil: that of the servers connected to.
  var domain: String?

  init(_ text: String) throws(KeyValueError) {
    func refused(_ why: String) -> KeyValueError {
      KeyValueError(.configuration, "the store's address \(why); write it as \(Self.example)")
    }
    let url = try ServerURL(text, example: Self.example)
    guard url.scheme == "nats" || url.scheme == "tls" else { throw refused("is not of a NATS") }
    guard url.path.isEmpty else { throw refused("has a path, and a NATS has none") }
    isTLS = url.scheme == "tls"
    let places = url.hosts.map { host in
      "\(host.name.contains(":") ? "[\(host.name)]" : host.name):\(host.port ?? 4222)"
    }
    place = places.joined(separator: ",")
    servers = places.map { "\(url.scheme)://\($0)" }
    if let password = url.password {
      (user, self.password) = (url.user, password)
    } else {
      token = url.user
    }
    for (name, value) in url.query {
      switch name {
      case "bucket":
        guard KeyValueOperation.isNamespace(value) else {
          throw refused("has a bucket that is not letters, digits, `-` and `_`")
        }
        bucket = value
      case "replicas":
        guard let number = Int32(value), (1...5).contains(number) else {
          throw refused("has replicas other than 1 to 5")
        }
        replicas = number
      case "domain":
        guard KeyValueOperation.isNamespace(value) else { throw refused("has a domain that is no name") }
        domain = value
      case "ca" where isTLS && !value.isEmpty: authorities = value
      default: throw refused("has a query other than bucket, replicas, domain, and ca with tls")
      }
    }
  }
}

/// Keys as the last part of a subject. NATS gives `.`, `*`, `>` and space a meaning, and its key-value stores allow
/// letters, digits, `-`, `_`, `/`, `=` and `.` alone: other bytes are written `=XX`.
enum NATSKey {
  static func escaped(_ key: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(key.count)
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in key {
      if isPlain(byte) {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// nil for a name that ``escaped(_:)`` does not give, such as one that somebody else wrote.
  static func unescaped(_ text: some Collection<UInt8>) -> [UInt8]? {
    var key: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      if isPlain(byte) {
        key.append(byte)
      } else {
        guard byte == UInt8(ascii: "="), let high = rest.popFirst().flatMap(ServerURL.hexadecimal),
          let low = rest.popFirst().flatMap(ServerURL.hexadecimal)
        else { return nil }
        key.append(high << 4 | low)
      }
    }
    return key.isEmpty ? nil : key
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
