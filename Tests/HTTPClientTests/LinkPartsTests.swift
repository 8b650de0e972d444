// The parts of links that need no socket: targets, header lines, the parser under every cut and under noise.
import Testing

@testable import HTTPClient

@Suite struct LinkPartsTests {
  @Test(arguments: [
    ("http://127.0.0.1:8787", "http://127.0.0.1:8787", true), ("HTTP://LOCALHOST:80/", "http://localhost", true),
    ("http://[::1]:8787", "http://[::1]:8787", true), ("https://Node.Example", "https://node.example", false),
    ("https://node.example:8443/", "https://node.example:8443", false), ("http://fra_1:1", "http://fra_1:1", false),
    ("https://10.0.0.1", "https://10.0.0.1", true),
  ]) func targetIsRead(_ text: String, _ normal: String, _ isAddress: Bool) throws {
    let target = try LinkTarget(text)
    #expect(target.description == normal)
    #expect((target.address != nil) == isAddress)
    #expect(try LinkTarget(normal) == target)
  }

  @Test(arguments: [
    "", "127.0.0.1:8787", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:65536", "http://x:",
    "http://x:8a",
    "http://x/path", "http://x?q", "http://x#f", "http://user@x", "http://a:b@x", "http://[::1", "http://[x]:1",
    "http://[127.0.0.1]:1", "http://a b", "http://a\r\nX: y", "http://ä", "http://x\\y", "http://x//", "http://::1:80",
  ]) func whatIsNoTargetIsRefused(_ text: String) {
    #expect(throws: LinkError.self) { try LinkTarget(text) }
  }

  @Test(arguments: [
    ("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\u{0}"), ("X", "\u{7f}"), ("X\r\nY", "1"), ("", "1"), ("X Y", "1"),
    ("X:", "1"),
    ("Host", "evil"), ("content-length", "3"), ("Transfer-Encoding", "chunked"), ("CONNECTION", "close"), ("TE", "x"),
    ("Expect", "100-continue"), ("Upgrade", "h2c"), ("Trailer", "x"), ("Keep-Alive", "1"), ("ä", "1"),
  ]) func lineThatCouldSplitTheRequestIsRefused(_ name: String, _ value: String) throws {
    var fields = LinkFields()
    try fields.append("A", "1")
    #expect(throws: LinkError.self) { try fields.append(name, value) }
    #expect(fields.bytes == Array("A: 1\r\n".utf8), "nothing of it is left")
  }

  @Test func linesThatCameOverHTTPGoOnWithoutThoseOfTheirConnection() throws {
    func append(_ name: String, _ value: [UInt8], to fields: inout LinkFields) throws {
      try fields.appendForwarded(Array(name.utf8)[...], value[...])
    }
    var fields = LinkFields()
    for name in [
      "Host", "content-length", "Transfer-Encoding", "CONNECTION", "TE", "Expect", "Upgrade", "Trailer", "Keep-Alive",
    ] {
      try append(name, [0x31], to: &fields)
    }
    #expect(fields.bytes.isEmpty)
    // Bytes beyond ASCII are a value's own business.
    try append("X-Name", [0x61, 0xE4, 0x09, 0x20], to: &fields)
    #expect(fields.bytes == Array("X-Name: a".utf8) + [0xE4, 0x09, 0x20, 0x0D, 0x0A])
    for (name, value) in [
      ("A", "a\r\nB: c"), ("A", "a\nb"), ("A", "\u{0}"), ("A\r\nB", "1"), ("", "1"), ("A:", "1"), ("A B", "1"),
    ] {
      #expect(throws: LinkError.self) { try append(name, Array(value.utf8), to: &fields) }
    }
    #expect(fields.bytes.count == 14, "nothing of them is there")
  }

  @Test func pathsAndMethodsThatSplitTheRequestAreRefused() {
    for path in ["", "x", "/a b", "/a\r\nX: y", "/ä", "http://x/"] {
      #expect(LinkRequest(path: path, deadline: 1).problem != nil)
    }
    for method in ["", "get", "GET /", "CONNECT", "A\r\n"] {
      #expect(LinkRequest(method: method, path: "/", deadline: 1).problem != nil)
    }
    #expect(LinkRequest(method: "DELETE", path: "/a?b=%20", deadline: 1).problem == nil)
  }

  @Test func headShowsTheMessagesLinesAlone() {
    let head = AnswerHead()
    for (name, value) in [
      ("Connection", "X-Private, close"), ("X-Private", "1"), ("Keep-Alive", "5"), ("Content-Length", "3"), ("A", "1"),
      ("a", "2"), ("Content-Type", "text/plain"),
    ] { head.append(name: name, value: value) }
    #expect(head.endToEnd.map { "\($0.name): \($0.value)" } == ["A: 1", "a: 2", "Content-Type: text/plain"])
    #expect(LinkHead(head).value("a") == "1")
    #expect(LinkHead(head).value("b") == nil)
  }

  @Test func connectionNamesAFewLinesAndNoMore() {
    let most = ConnectionNames.most
    func names(_ values: [String]) -> Set<String>? {
      let head = AnswerHead()
      for value in values { head.append(name: "Connection", value: value) }
      head.append(name: "X-Last", value: "1")
      return head.connectionNames()
    }
    #expect(names([]) == [])
    #expect(names([" Close ,,\tX-A", "x-b"]) == ["close", "x-a", "x-b"])
    let full = (1...most).map { "x-\($0)" }
    #expect(names([full.joined(separator: ",")])?.count == most)
    #expect(names(full)?.count == most)
    #expect(names([full.joined(separator: " "), "close"]) == nil)
    #expect(names([(0...most).map { "x-\($0)" }.joined(separator: ", ")]) == nil)
    #expect(names([String(repeating: "a,", count: 30_000)]) == nil, "the same one counts each time")
  }

  private final class Reader: AnswerReader {
    var log = ""
    var body: [UInt8] = []
    func parserGotHead(_ head: AnswerHead) -> Bool {
      log += "\(head.status) " + head.endToEnd.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
      return true
    }
    func parserGotBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
      body += bytes
      return true
    }
  }

  /// What became of these pieces: the head, the body, how it ended.
  private func read(_ pieces: [ArraySlice<UInt8>]) -> String {
    let reader = Reader()
    let parser = AnswerParser(limits: LinkLimits())
    parser.reader = reader
    parser.begin(isHead: false)
    var end = "more"
    for piece in pieces where end == "more" {
      switch piece.withUnsafeBytes({ parser.execute($0) }) {
      case .more: break
      case .complete: end = "complete"
      case .stopped: end = "stopped"
      case .failed(let code, _): end = "\(code)"
      }
    }
    return withExtendedLifetime(reader) {
      "\(reader.log) [\(String(decoding: reader.body, as: UTF8.self))] \(end) \(end == "complete" && parser.keepsAlive)"
    }
  }

  private static let answers = [
    "HTTP/1.1 200 OK\r\nA: 1 \t\r\nEmpty:\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "3\r\nhel\r\n2;e=1\r\nlo\r\n0\r\nT: 1\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n",
  ]

  @Test func everyCutGivesTheSameAnswer() {
    let expected = [
      "200 A=1 Empty= [hello] complete true", "201  [hello] complete true", "204 Date=now [] complete true",
    ]
    for (answer, expected) in zip(Self.answers, expected) {
      let bytes = Array(answer.utf8)
      #expect(read([bytes[...]]) == expected)
      for first in bytes.indices {
        let second = (first + bytes.count) / 2
        #expect(read([bytes[..<first], bytes[first..<second], bytes[second...]]) == expected, "cut at \(first)")
      }
      #expect(read(bytes.indices.map { bytes[$0...$0] }) == expected)
    }
  }

  @Test func noiseIsReadToAnEndAndNeverACrash() {
    var generator = Noise(state: 42)
    for round in 0..<20_000 {
      var bytes = Array(Self.answers[round % Self.answers.count].utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: place)
        }
      }
      let cut = Int.random(in: 0...bytes.count, using: &generator)
      let whole = read([bytes[...]])
      // Only where a body ends badly do the pieces before the error differ; how it ends does not.
      #expect(read([bytes[..<cut], bytes[cut...]]).suffix(8) == whole.suffix(8))
    }
  }

  private struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }
}
