// What well-formed requests become.
import CLLHTTP
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct RequestParserTests {
  private func requests(_ text: String, limits: HTTPLimits = HTTPLimits()) -> [ParsedRequest] {
    let (whole, differing) = parseEverySplit(text, limits: limits)
    #expect(differing == [])
    return whole.compactMap {
      if case .request(let request) = $0 { return request }
      Issue.record("not a request: \($0)")
      return nil
    }
  }

  @Test func getWithQueryAndTrimmedValues() throws {
    let request = try #require(
      requests("GET /mcp/hello?x=1&y=?2 HTTP/1.1\r\nHost: a\r\nX-One: \t  two words \t \r\nX-Empty:\r\n\r\n").first)
    #expect(request.method == 1)
    #expect(request.path == "/mcp/hello")
    #expect(request.query == "x=1&y=?2")
    #expect(request.lines == ["Host=a", "X-One=two words", "X-Empty="])
    #expect(request.body == "")
    #expect(request.keepsAlive)
    #expect(!request.isHTTP10)
  }

  @Test func emptyQueryIsNotAbsent() throws {
    let all = requests("GET /a? HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(all.map(\.query) == ["", nil])
  }

  @Test func bodyByContentLength() {
    let all = requests("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world")
    #expect(all.map(\.body) == ["hello world"])
  }

  @Test func emptyBodyByContentLength() {
    let all = requests("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    #expect(all.map(\.body) == [""])
  }

  @Test func chunkedBodyWithExtensionsAndTrailers() {
    let all = requests(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5;name=\"v\";b\r\nhello\r\n00006\r\n world\r\n0\r\nX-Trailer: late\r\nHost: other\r\n\r\n")
    #expect(all.map(\.body) == ["hello world"])
    #expect(all.map(\.lines) == [["Host=a", "Transfer-Encoding=Chunked"]], "a trailer never becomes a header")
  }

  @Test func pipelinedRequestsComeOneByOne() {
    let one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
    let two = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
    let three = "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n"
    let all = requests(one + two + three + two)
    #expect(all.map(\.path) == ["/1", "/2", "/3", "/2"])
    #expect(all.map(\.body) == ["ab", "", "c", ""])
  }

  @Test func emptyLinesBeforeTheRequestLineAreSkipped() {
    #expect(requests("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").count == 1)
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false), ("HTTP/1.0", "", false),
    ("HTTP/1.1", "Connection: keep-alive, close\r\n", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
    ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.1", "Connection: CLOSE\r\n", false),
  ])
  func keepAliveFollowsVersionAndConnection(version: String, line: String, keepsAlive: Bool) {
    let all = requests("GET / \(version)\r\nHost: a\r\n\(line)\r\n")
    #expect(all.map(\.keepsAlive) == [keepsAlive])
  }

  @Test func absoluteFormLosesItsAuthority() {
    let all = requests(
      "GET http://A.example:80/x?q HTTP/1.1\r\nHost: a.example:80\r\n\r\n"
        + "GET HTTPS://[::1]:8/ HTTP/1.1\r\nHost: [::1]:8\r\n\r\n")
    #expect(all.map(\.path) == ["/x", "/"])
    #expect(all.map(\.query) == ["q", nil])
  }

  @Test func asteriskBelongsToOptions() {
    #expect(requests("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").map(\.path) == ["*"])
  }

  @Test func upgradeIsIgnored() {
    let all = requests(
      "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(all.map(\.path) == ["/1", "/2"])
    let withBody = requests(
      "POST /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi"
        + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(withBody.map(\.body) == ["hi", ""])
  }

  @Test func otherBytesOfValuesPassUnchanged() {
    let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0x80, 0xFF, 0x09, 0x21] + Array("\r\n\r\n".utf8)
    let (whole, differing) = parseEverySplit(bytes)
    #expect(differing == [])
    #expect(whole.count == 1)
    let parser = RequestParser(limits: HTTPLimits())
    #expect(bytes.withUnsafeBytes { parser.execute($0) } == .complete)
    var head = RequestHead()
    var body: [UInt8] = []
    parser.take(&head, &body)
    #expect(Array(head.bytes[head.slots[1].valueRange]) == [0x80, 0xFF, 0x09, 0x21])
  }

  @Test func lookUpIgnoresCaseAndFindsAllCopies() {
    let parser = RequestParser(limits: HTTPLimits())
    let text = "GET / HTTP/1.1\r\nHost: a\r\nX-Name: 1\r\nx-namE: 2\r\nX-Nam: 3\r\n\r\n"
    #expect(Array(text.utf8).withUnsafeBytes { parser.execute($0) } == .complete)
    var head = RequestHead()
    var body: [UInt8] = []
    parser.take(&head, &body)
    #expect(head.firstIndex(of: "x-name") == 1)
    #expect(head.firstIndex(of: "x-name", from: 2) == 2)
    #expect(head.firstIndex(of: "x-name", from: 3) == nil)
    #expect(head.makeFields()[values: .init("X-Name")!] == ["1", "2"])
  }

  @Test func noLenientFlagIsSet() {
    let parser = RequestParser(limits: HTTPLimits())
    #expect(parser.state.pointee.machine.lenient_flags == 0)
    _ = parse(pieces: [Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)[...]])
    #expect(parser.state.pointee.machine.lenient_flags == 0)
  }

  @Test func largeBuffersAreGivenBack() {
    let head = RequestHead()
    head.bytes = [UInt8](repeating: 0, count: 10_000)
    head.slots = Array(repeating: HeaderSlot(), count: 100)
    head.reset()
    #expect(head.bytes.capacity <= 4096)
    #expect(head.slots.capacity <= 64)
  }
}
