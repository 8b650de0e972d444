// `redis://` and `rediss://`, as people write them.

/// Where a Redis is and who asks.
struct RedisAddress: Sendable, Equatable {
  static let example = "redis://[user:password@]host[:port][/database], or rediss://…[?ca=FILE] for TLS"

  var host: String
  var port: UInt16
  var isTLS: Bool
  /// A file of certificates in PEM that are trusted instead of the system's.
  var authorities: String?
  var user: String?
  var password: String?
  var database: Int

  init(_ text: String) throws(KeyValueError) {
    func refused(_ why: String) -> KeyValueError {
      KeyValueError(.configuration, "the store's address \(why); write it as \(Self.example)")
    }
    let url = try ServerURL(text, example: Self.example)
    guard url.scheme == "redis" || url.scheme == "rediss" else { throw refused("is not of a Redis") }
    guard url.hosts.count == 1 else { throw refused("names several hosts, and a Redis is one") }
    isTLS = url.scheme == "rediss"
    host = url.hosts[0].name
    port = url.hosts[0].port ?? 6379
    user = url.user.flatMap { $0.isEmpty ? nil : $0 }
    password = url.password.flatMap { $0.isEmpty ? nil : $0 }
    if user != nil, password == nil { throw refused("has a user without a password (a password alone is :password@)") }
    database = 0
    if !url.path.isEmpty {
      guard let number = Int(url.path), number >= 0 else { throw refused("has a database that is not a number") }
      database = number
    }
    for (name, value) in url.query {
      guard name == "ca", isTLS, !value.isEmpty else { throw refused("has a query other than ca=FILE with rediss") }
      authorities = value
    }
  }

  /// Host and port, for messages.
  var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
