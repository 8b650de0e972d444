// Why a request is refused before any service sees it: a status and words that say what to change.

/// A request that cannot be served. The answer carries `Connection: close`, and the connection ends after it.
struct HTTPFailure: Error, Sendable, Equatable {
  let status: Int
  let reason: String

  static func badRequest(_ reason: String) -> HTTPFailure { HTTPFailure(status: 400, reason: reason) }

  static func targetTooLong(_ limit: Int) -> HTTPFailure {
    HTTPFailure(status: 414, reason: "the request target is longer than targetBytes (\(limit))")
  }
  static func headerTooLarge(_ limit: Int) -> HTTPFailure {
    HTTPFailure(status: 431, reason: "the header section is larger than headerBytes (\(limit))")
  }
  static func tooManyHeaders(_ limit: Int) -> HTTPFailure {
    HTTPFailure(status: 431, reason: "there are more header lines than headerCount (\(limit))")
  }
  static func bodyTooLarge(_ limit: Int) -> HTTPFailure {
    HTTPFailure(status: 413, reason: "the body is larger than bodyBytes (\(limit))")
  }
  static func headTimeout(_ milliseconds: UInt64) -> HTTPFailure {
    HTTPFailure(
      status: 408, reason: "the request head did not arrive within headTimeoutMilliseconds (\(milliseconds))")
  }
  static func bodyTimeout(_ milliseconds: UInt64) -> HTTPFailure {
    HTTPFailure(
      status: 408, reason: "the request body did not arrive within bodyTimeoutMilliseconds (\(milliseconds))")
  }
  static func bodyPause(_ milliseconds: UInt64) -> HTTPFailure {
    HTTPFailure(
      status: 408, reason: "no byte of the request body arrived for bodyPauseMilliseconds (\(milliseconds))")
  }
  static let unsupportedVersion = HTTPFailure(
    status: 505, reason: "this server speaks HTTP/1.1 and HTTP/1.0 only")
  static let unsupportedMethod = HTTPFailure(
    status: 501, reason: "CONNECT and TRACE are not offered: send POST or GET to the node's own paths")
  static let unsupportedExpectation = HTTPFailure(
    status: 417, reason: "the only expectation this server meets is 100-continue")
  static let tooManyConnections = HTTPFailure(
    status: 503, reason: "the node has as many connections open as it allows: try again in a moment")
  static let tooManyBytes = HTTPFailure(
    status: 503, reason: "the node holds as many bytes of request bodies as it allows: try again in a moment")
}
