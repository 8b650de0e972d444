// Cross-origin rules for browser clients. MCP has none; they are ours (docs/threat-model.md, "Not trusted").

import HTTPTypes
import CLLHTTP

/// What the server itself decides about a request before any service sees it.
enum Admission {
  /// The service answers; `origin` is the allowed origin that must be able to read the answer.
  case serve(origin: Range<Int>?)
  /// OPTIONS: answered here.
  case options(origin: Range<Int>?)
  /// Host or Origin are not allowed.
  case refuse(HTTPFailure)
}

extension HostRules {
  /// Host first (421), then Origin (403), then OPTIONS, which is answered before anything that a service asks for.
  func judge(_ head: RequestHead) -> Admission {
    if checksHosts {
      guard let host = head.valueRange(head.host), allowsHost(host, in: head.bytes) else {
        return .refuse(HTTPFailure(status: 421, reason: "this node does not answer to that Host: configure its names"))
      }
    }
    var origin: Range<Int>?
    if let value = head.valueRange(head.origin) {
      guard allowsOrigin(value, in: head.bytes) else {
        return .refuse(HTTPFailure(status: 403, reason: "this Origin is not allowed: configure the node's origins"))
      }
      origin = value
    }
    return head.method == UInt8(HTTP_OPTIONS.rawValue) ? .options(origin: origin) : .serve(origin: origin)
  }
}

/// The lines that let a browser's page read an answer.
enum CORS {
  static let methods = "POST, GET, DELETE, OPTIONS"
  /// Seconds a browser may remember a preflight's answer.
  static let maxAgeSeconds = 600

  /// Request headers a page may send, lowercase; `mcp-param-*` besides.
  static let requestHeaders: Set<String> = [
    "authorization", "content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id",
    "last-event-id", "traceparent", "tracestate", "baggage",
  ]

  /// On every answer to an allowed origin.
  static func lines(origin: String) -> [HTTPHeader] {
    [
      ("Access-Control-Allow-Origin", origin),
      ("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate"),
      ("Vary", "Origin"),
    ]
  }

  /// The answer to OPTIONS: a preflight's where an allowed origin asks, else what any client may know.
  static func preflight(_ head: RequestHead, origin: Range<Int>?) -> [HTTPHeader] {
    guard let origin else { return [("Allow", methods)] }
    var lines = lines(origin: head.string(origin))
    lines.append(("Access-Control-Allow-Methods", methods))
    lines.append(("Access-Control-Max-Age", "\(maxAgeSeconds)"))
    if let index = head.firstIndex(of: "access-control-request-headers") {
      let asked = head.string(head.slots[index].valueRange)
      let granted = filter(asked)
      if !granted.isEmpty { lines.append(("Access-Control-Allow-Headers", granted)) }
    }
    return lines
  }

  /// The names of a list that a page may send: CORS has no wildcard for `mcp-param-*`, so they are echoed.
  static func filter(_ asked: String) -> String {
    asked.split(separator: ",").compactMap { part -> String? in
      let name = String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        .lowercased()
      guard ResponseWriter.isToken(name) else { return nil }
      let isParameter = name.hasPrefix("mcp-param-") && name.utf8.count > "mcp-param-".utf8.count
      return requestHeaders.contains(name) || isParameter ? name : nil
    }.joined(separator: ", ")
  }
}
