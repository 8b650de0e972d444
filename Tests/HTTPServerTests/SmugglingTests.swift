// Requests that two readers could read differently: each is refused, however its bytes are cut.
import Testing

@testable import HTTPServer

@Suite struct SmugglingTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let status: Int

    init(_ name: String, _ text: String, _ status: Int = 400) {
      self.name = name
      bytes = Array(text.utf8)
      self.status = status
    }

    var testDescription: String { name }
  }

  private static let post = "POST / HTTP/1.1\r\nHost: a\r\n"
  private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
  private static let get = "GET / HTTP/1.1\r\nHost: a\r\n"

  static let lengths: [Shape] = [
    Shape("CL then TE", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Shape("TE then CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    Shape("CL 0 then TE", post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Shape("TE then CL 0", post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
    Shape("two equal CL", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    Shape("two different CL", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    Shape("CL zero twice", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
    Shape("CL list", post + "Content-Length: 3, 3\r\n\r\nabc"),
    Shape("CL plus", post + "Content-Length: +3\r\n\r\nabc"),
    Shape("CL minus", post + "Content-Length: -3\r\n\r\nabc"),
    Shape("CL minus zero", post + "Content-Length: -0\r\n\r\n"),
    Shape("CL hexadecimal", post + "Content-Length: 0x3\r\n\r\nabc"),
    Shape("CL inner space", post + "Content-Length: 1 2\r\n\r\nabcdefghijkl"),
    Shape("CL decimal point", post + "Content-Length: 3.0\r\n\r\nabc"),
    Shape("CL empty", post + "Content-Length:\r\n\r\n"),
    Shape("CL overflow", post + "Content-Length: 18446744073709551617\r\n\r\n"),
    Shape("CL letters", post + "Content-Length: three\r\n\r\nabc"),
    Shape("CL quoted", post + "Content-Length: \"3\"\r\n\r\nabc"),
    Shape("TE identity", post + "Transfer-Encoding: identity\r\n\r\n"),
    Shape("TE chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    Shape("TE identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
    Shape("TE gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    Shape("TE chunked, chunked", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    Shape("TE xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    Shape("TE chunkedx", post + "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n"),
    Shape("TE quoted", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    Shape("TE parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
    Shape("TE empty", post + "Transfer-Encoding:\r\n\r\n"),
    Shape("TE vertical tab", post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n"),
    Shape("two TE", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Shape("two TE, one identity", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    Shape(
      "TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  ]

  static let lines: [Shape] = [
    Shape("obs-fold with space", get + "X: a\r\n b\r\n\r\n"),
    Shape("obs-fold with tab", get + "X: a\r\n\tb\r\n\r\n"),
    Shape("obs-fold of TE", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    Shape("obs-fold of CL", post + "Content-Length:\r\n 3\r\n\r\nabc"),
    Shape("obs-fold before the first header", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
    Shape("bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    Shape("bare LF after a header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    Shape("bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    Shape("bare LF all over", "GET / HTTP/1.1\nHost: a\n\n"),
    Shape("bare CR in a value", get + "X: a\rb\r\n\r\n"),
    Shape("bare CR after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    Shape("bare CR after a header", get + "X: a\rY: b\r\n\r\n"),
    Shape("CR CR LF", get + "X: a\r\r\n\r\n"),
    Shape("NUL in a value", get + "X: a\0b\r\n\r\n"),
    Shape("NUL in a name", get + "X\0: a\r\n\r\n"),
    Shape("control in a value", get + "X: a\u{01}b\r\n\r\n"),
    Shape("DEL in a value", get + "X: a\u{7F}b\r\n\r\n"),
    Shape("space before the colon", get + "X : a\r\n\r\n"),
    Shape("space before CL's colon", post + "Content-Length : 3\r\n\r\nabc"),
    Shape("tab before TE's colon", post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
    Shape("empty name", get + ": a\r\n\r\n"),
    Shape("line without a colon", get + "Header\r\n\r\n"),
    Shape("parenthesis in a name", get + "X(y): a\r\n\r\n"),
    Shape("letter outside ASCII in a name", get + "Xé: a\r\n\r\n"),
  ]

  static let chunks: [Shape] = [
    Shape("chunk size overflow", chunked + "10000000000000000\r\nx"),
    Shape("chunk size overflow by far", chunked + "fffffffffffffffffffff\r\nx"),
    Shape("negative chunk size", chunked + "-1\r\nx\r\n0\r\n\r\n"),
    Shape("plus chunk size", chunked + "+1\r\nx\r\n0\r\n\r\n"),
    Shape("0x chunk size", chunked + "0x1\r\nx\r\n0\r\n\r\n"),
    Shape("empty chunk size", chunked + "\r\nx\r\n0\r\n\r\n"),
    Shape("space before the chunk size", chunked + " 1\r\nx\r\n0\r\n\r\n"),
    Shape("space after the chunk size", chunked + "1 \r\nx\r\n0\r\n\r\n"),
    Shape("letters after the chunk size", chunked + "1g\r\nx\r\n0\r\n\r\n"),
    Shape("bare LF after the chunk size", chunked + "1\nx\r\n0\r\n\r\n"),
    Shape("bare CR after the chunk size", chunked + "1\rx\r\n0\r\n\r\n"),
    Shape("chunk longer than its size", chunked + "1\r\nxy\r\n0\r\n\r\n"),
    Shape("bare LF after chunk data", chunked + "1\r\nx\n0\r\n\r\n"),
    Shape("no line end after chunk data", chunked + "1\r\nx0\r\n\r\n"),
    Shape("bare LF in a chunk extension", chunked + "1;a\nx\r\n0\r\n\r\n"),
    Shape("bare CR in a chunk extension", chunked + "1;a\rb\r\nx\r\n0\r\n\r\n"),
    Shape("NUL in a chunk extension", chunked + "1;a=\0\r\nx\r\n0\r\n\r\n"),
    Shape("bare LF after the last chunk", chunked + "0\n\r\n"),
    Shape("bare LF ends the trailers", chunked + "0\r\n\n"),
    Shape("CL as a trailer", chunked + "0\r\nContent-Length: 3\r\n\r\n"),
    Shape("obs-fold in a trailer", chunked + "0\r\nX: a\r\n b\r\n\r\n"),
  ]

  static let targets: [Shape] = [
    Shape("no Host", "GET / HTTP/1.1\r\n\r\n"),
    Shape("two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    Shape("two different Hosts", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n"),
    Shape("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    Shape("two Origins", get + "Origin: http://a\r\nOrigin: http://b\r\n\r\n"),
    Shape("user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    Shape("list in Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    Shape("path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Shape("port letters in Host", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"),
    Shape("empty port in Host", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
    Shape("port too large in Host", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    Shape("open bracket in Host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    Shape("absolute form of another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("absolute form of another port", "GET http://a:81/ HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    Shape("absolute form with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("absolute form of ftp", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("absolute form without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("absolute form in HTTP/1.0 without Host", "GET http://a/ HTTP/1.0\r\n\r\n"),
    Shape("fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("fragment behind the query", "GET /?x#y HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("two spaces before the target", "GET  /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("DEL in the target", "GET /a\u{7F}b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("letter outside ASCII in the target", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("asterisk and more for OPTIONS", "OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("relative target", "GET mcp HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("lowercase method", "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Shape("TLS on a plain port", "\u{16}\u{03}\u{01}\u{02}"),
    Shape("RTSP", "GET / RTSP/1.0\r\nHost: a\r\n\r\n"),
    Shape("ICE", "SOURCE / ICE/1.0\r\nHost: a\r\n\r\n"),
    Shape("version letters", "GET / HTTP/1.x\r\nHost: a\r\n\r\n"),
    Shape("words after the version", "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n"),
    Shape("HTTP/0.9", "GET /\r\n\r\n", 505),
    Shape("HTTP/0.9 by name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    Shape("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    Shape("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    Shape("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    Shape("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501),
    Shape("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    Shape("strange expectation", post + "Content-Length: 1\r\nExpect: 200-ok\r\n\r\nx", 417),
    Shape("two expectations", post + "Content-Length: 1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\nx", 417),
  ]

  @Test(arguments: lengths) func ambiguousLengthIsRefused(_ shape: Shape) { check(shape) }
  @Test(arguments: lines) func ambiguousLineIsRefused(_ shape: Shape) { check(shape) }
  @Test(arguments: chunks) func badChunkIsRefused(_ shape: Shape) { check(shape) }
  @Test(arguments: targets) func badTargetOrHostIsRefused(_ shape: Shape) { check(shape) }

  private func check(_ shape: Shape) {
    let (whole, differing) = parseEverySplit(shape.bytes)
    #expect(whole == [.failure(shape.status)])
    #expect(differing == [], "cuts that are read differently (-1: byte by byte)")
  }
}
