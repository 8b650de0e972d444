// The codes of JSON-RPC errors (2026-07-28, basic/index, "Error Codes") and the HTTP status that goes with each
// (docs/protocol.md, "The ladder").

/// The code of a JSON-RPC error.
public struct RPCCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let parseError = RPCCode(rawValue: -32700)
  public static let invalidRequest = RPCCode(rawValue: -32600)
  public static let methodNotFound = RPCCode(rawValue: -32601)
  public static let invalidParams = RPCCode(rawValue: -32602)
  public static let internalError = RPCCode(rawValue: -32603)
  /// A header that is missing, malformed, repeated or says something else than the body.
  public static let headerMismatch = RPCCode(rawValue: -32020)
  public static let missingClientCapability = RPCCode(rawValue: -32021)
  public static let unsupportedVersion = RPCCode(rawValue: -32022)

  // Our own codes lie outside -32768…-32000, which JSON-RPC and MCP keep for themselves.

  /// The node has no room for the call now; HTTP 503 with `Retry-After`.
  public static let overloaded = RPCCode(rawValue: -31503)
  /// This peer calls more often than it may; HTTP 429 with `Retry-After`.
  public static let rateLimited = RPCCode(rawValue: -31429)
  /// Another node was asked, and its answer was lost or never came: the call may have run; HTTP 502 or 504.
  public static let answerLost = RPCCode(rawValue: -31502)
  /// No site that may run the tool could take the call, and none has begun with it; HTTP 503.
  public static let noSite = RPCCode(rawValue: -31504)
  /// The tool is bound to jurisdictions that this site is not in; HTTP 421. `data` has the sites that may be asked.
  public static let misdirected = RPCCode(rawValue: -31421)
  /// What another node passed on is not taken here; HTTP 403 or 409.
  public static let forwardRefused = RPCCode(rawValue: -31403)
  /// The message is larger than the parser's fixed memory; HTTP 413.
  public static let tooLarge = RPCCode(rawValue: -31413)
}

/// Why a message is not served: a JSON-RPC error and its HTTP status.
struct Refusal: Error, Sendable {
  var status: Int
  var code: RPCCode
  var message: String
  /// Raw JSON for `error.data`.
  var data: String?

  init(_ status: Int, _ code: RPCCode, _ message: String, data: String? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.data = data
  }

  static func invalidRequest(_ message: String) -> Refusal { Refusal(400, .invalidRequest, message) }
  static func headerMismatch(_ message: String) -> Refusal { Refusal(400, .headerMismatch, message) }
}
