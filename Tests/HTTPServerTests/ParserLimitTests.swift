// The parser's limits, each at its edge.
import Testing

@testable import HTTPServer

@Suite struct ParserLimitTests {
  private func status(_ text: String, _ limits: HTTPLimits) -> Int {
    let (whole, differing) = parseEverySplit(text, limits: limits)
    #expect(differing == [])
    switch whole.first {
    case .request: return 200
    case .failure(let status): return status
    default: return 0
    }
  }

  @Test func targetAtAndPastItsLimit() {
    var limits = HTTPLimits()
    limits.targetBytes = 10
    #expect(status("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n", limits) == 200)
    #expect(status("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", limits) == 414)
  }

  @Test func headerBytesAtAndPastTheirLimit() {
    var limits = HTTPLimits()
    limits.headerBytes = 9 + 4 + 1 + 10
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: 1234567890\r\n\r\n", limits) == 200)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: 12345678901\r\n\r\n", limits) == 431)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nXY: 1234567890\r\n\r\n", limits) == 431)
  }

  @Test func headerCountAtAndPastItsLimit() {
    var limits = HTTPLimits()
    limits.headerCount = 3
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", limits) == 200)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n", limits) == 431)
  }

  @Test func trailersCountAsHeaders() {
    var limits = HTTPLimits()
    limits.headerCount = 3
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(status(head + "0\r\nA: 1\r\n\r\n", limits) == 200)
    #expect(status(head + "0\r\nA: 1\r\nB: 2\r\n\r\n", limits) == 431)
  }

  @Test func chunkedBodyIsCounted() {
    var limits = HTTPLimits()
    limits.bodyBytes = 8
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(status(head + "4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n", limits) == 200)
    #expect(status(head + "4\r\nabcd\r\n5\r\nefghi\r\n0\r\n\r\n", limits) == 413)
    #expect(status(head + "9\r\nabcdefghi\r\n0\r\n\r\n", limits) == 413)
  }

  @Test func bodyByContentLengthIsCountedToo() {
    var limits = HTTPLimits()
    limits.bodyBytes = 8
    #expect(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcdefgh", limits) == 200)
    #expect(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabcdefghi", limits) == 413)
  }

  @Test func chunkExtensionsAreBoundedOverTheWholeBody() {
    var limits = HTTPLimits()
    limits.chunkExtensionBytes = 6
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(status(head + "1;abc\r\nx\r\n1;def\r\ny\r\n0\r\n\r\n", limits) == 200)
    #expect(status(head + "1;abc\r\nx\r\n1;defg\r\ny\r\n0\r\n\r\n", limits) == 400)
    #expect(status(head + "1;a=bcdefg\r\nx\r\n0\r\n\r\n", limits) == 400)
  }

  @Test func endlessEmptyLinesAreRefused() {
    let bytes = Array(String(repeating: "\r\n", count: 600).utf8)
    #expect(parse(pieces: [bytes[...]]) == [.failure(400)])
    #expect(parse(pieces: bytes.indices.map { bytes[$0...$0] }) == [.failure(400)])
  }

  @Test func endlessWhiteSpaceBeforeAValueIsRefused() {
    let bytes = Array(("GET / HTTP/1.1\r\nHost: a\r\nX:" + String(repeating: " ", count: 60_000)).utf8)
    #expect(parse(pieces: [bytes[...]]) == [.failure(431)])
  }

  @Test func endlessZerosOfAChunkSizeAreRefused() {
    var limits = HTTPLimits()
    limits.bodyBytes = 1024
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let bytes = Array((head + String(repeating: "0", count: 200_000)).utf8)
    #expect(parse(pieces: [bytes[...]], limits: limits) == [.failure(413)])
  }
}
