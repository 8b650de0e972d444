// The client's header lines that go on with its call.

import HTTPClient
import HTTPServer

/// The lines of one request, put together when the first of its calls is passed on. Confined to its loop's thread.
final class ForwardLines {
  private var known: Result<LinkFields, LinkError>?

  init() {}

  func of(_ exchange: HTTPExchange) throws(LinkError) -> LinkFields {
    if let known { return try known.get() }
    let made = Result { () throws(LinkError) in try Self.lines(of: exchange) }
    known = made
    return try made.get()
  }

  /// Those of the message, without what is between client and this node. The caller's token never leaves the node; the
  /// caller's name goes in the seal. Cost: one look at each byte; a String a line where `Connection` names some.
  ///
  /// - throws: ``LinkError``: `bad_request` for lines that cannot be passed on, `too_large` for more than other nodes have
  ///   room for beside their own.
  static func lines(of exchange: HTTPExchange) throws(LinkError) -> LinkFields {
    var fields = LinkFields()
    fields.reserve(bytes: 1_024)
    // Most requests have no such line.
    let named = try names(exchange.copies(of: "connection"))
    let limits = HTTPLimits()
    var count = 0
    try exchange.forEachLine { name, value throws(LinkError) in
      if staysHere(name) || !named.names.isEmpty && named.contains(String(decoding: name, as: UTF8.self).lowercased()) {
        return
      }
      let before = fields.bytes.count
      try fields.appendForwarded(name, value)
      // The link's own lines do not go on.
      if fields.bytes.count > before { count += 1 }
    }
    guard fields.bytes.count <= limits.headerBytes, count <= limits.headerCount else {
      throw LinkError(
        .tooLarge, "it has more than \(limits.headerBytes) bytes or \(limits.headerCount) lines", wasSent: false)
    }
    return fields
  }

  static func names(_ connection: HTTPExchange.Copies) throws(LinkError) -> ConnectionNames {
    var names = ConnectionNames()
    let values: [ArraySlice<UInt8>]
    switch connection {
    case .none: return names
    case .one(let value): values = [value]
    case .several(let all): values = all
    }
    for value in values where !names.add(value) {
      throw LinkError(
        .badRequest,
        "`Connection` names more than \(ConnectionNames.most) lines: name those alone that are the connection's",
        wasSent: false)
    }
    return names
  }

  /// Lines for this node only, beside those of the connection, which the link leaves out itself.
  private static func staysHere(_ name: ArraySlice<UInt8>) -> Bool {
    switch name.count {
    case 6: isSame(name, "origin")
    case 13: isSame(name, "authorization") || isSame(name, Forward.header)
    case 19: isSame(name, "proxy-authorization")
    default: false
    }
  }

  private static func isSame(_ name: ArraySlice<UInt8>, _ lowercased: String) -> Bool {
    String(decoding: name, as: UTF8.self).lowercased() == lowercased
  }
}
