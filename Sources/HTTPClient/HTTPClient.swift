// Requests of the command to a node or any other MCP server: libcurl, one blocking request at a time.

import CCurl
import Glibc

/// Why a request got no answer.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
  /// Names the address and what went wrong, in libcurl's words.
  public let message: String
  public var description: String { message }
}

/// An HTTP client for the command line. Blocks its thread: never call it on a loop.
public struct HTTPClient: Sendable {
  public struct Answer: Sendable {
    public let status: Int
    public let contentType: String
    public let body: [UInt8]
  }

  public let timeoutMilliseconds: Int
  /// Larger answers are refused, so that a server cannot fill this process's memory.
  public let answerBytesMax: Int

  public init(timeoutMilliseconds: Int = 60_000, answerBytesMax: Int = 64 << 20) {
    self.timeoutMilliseconds = timeoutMilliseconds
    self.answerBytesMax = answerBytesMax
  }

  /// POSTs `body` to `url` (http or https). Throws when there is no answer; a status is an answer.
  public func post(_ url: String, headers: [(String, String)], body: [UInt8]) throws(HTTPClientError) -> Answer {
    var answer = ccurl_answer()
    defer { ccurl_release(&answer) }
    // Expect is emptied: libcurl would otherwise wait a second for a 100 on larger bodies.
    let lines = headers.map { strdup("\($0.0): \($0.1)") } + [strdup("Expect:")]
    defer { lines.forEach { free($0) } }
    let constant: [UnsafePointer<CChar>?] = lines.map { UnsafePointer($0) }
    ccurl_post(url, constant, constant.count, body, body.count, timeoutMilliseconds, answerBytesMax, &answer)
    let problem = withUnsafeBytes(of: answer.error) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard problem.isEmpty else { throw HTTPClientError(message: "\(url): \(problem)") }
    return Answer(
      status: Int(answer.status),
      contentType: answer.content_type.map { String(cString: $0) } ?? "",
      body: answer.body.map { Array(UnsafeRawBufferPointer(start: $0, count: answer.body_count)) } ?? [])
  }
}
