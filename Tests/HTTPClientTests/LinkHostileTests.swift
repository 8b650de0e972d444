// Targets that break off, lie and talk nonsense: one error each, which says whether the request may have got there.
import EventLoop
import Glibc
import Testing

@testable import HTTPClient

private let headOf6 = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"

/// An answer that no reader may take, by the name of what is wrong with it.
struct BadAnswer: Sendable, CustomTestStringConvertible {
  let name: String
  let code: LinkError.Code
  let answer: String

  init(_ name: String, _ code: LinkError.Code, _ answer: String) {
    (self.name, self.code, self.answer) = (name, code, answer)
  }

  var testDescription: String { name }
}

private let badAnswers = [
  BadAnswer("10 GB", .tooLarge, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nx"),
  BadAnswer("no number", .badAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
  BadAnswer("negative", .badAnswer, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
  BadAnswer("two lengths", .badAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
  BadAnswer("shorter than it is", .badAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"),
  BadAnswer(
    "two answers", .badAnswer,
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer(
    "length and chunks", .badAnswer,
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  BadAnswer("two encodings", .badAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
  BadAnswer("another encoding", .badAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc"),
  BadAnswer("chunks in 1.0", .badAnswer, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  BadAnswer("no chunk", .badAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
  BadAnswer("huge chunk", .badAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
  BadAnswer("garbage", .badAnswer, "\u{16}\u{3}\u{1}\u{2}\u{0}garbage\r\n\r\n"),
  BadAnswer("a request", .badAnswer, "POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
  BadAnswer("HTTP/2", .badAnswer, "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer("HTTP/0.9", .badAnswer, "<html>hello</html>"),
  BadAnswer("status 999", .badAnswer, "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer(
    "another protocol", .badAnswer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
  BadAnswer("a name with a space", .badAnswer, "HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer("a folded line", .badAnswer, "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer("bare line feeds", .badAnswer, "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
  BadAnswer("a zero in a value", .badAnswer, "HTTP/1.1 200 OK\r\nX: a\u{0}b\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer("a huge line", .tooLarge, "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n"),
  BadAnswer("a huge name", .tooLarge, "HTTP/1.1 200 OK\r\n" + String(repeating: "x", count: 70_000) + ": 1\r\n\r\n"),
  BadAnswer("many lines", .tooLarge, "HTTP/1.1 200 OK\r\n" + String(repeating: "X: 1\r\n", count: 300) + "\r\n"),
  BadAnswer("an endless reason", .badAnswer, "HTTP/1.1 200 " + String(repeating: "x", count: 600_000)),
  BadAnswer("many interim answers", .tooLarge, String(repeating: "HTTP/1.1 103 Hints\r\nX: 1\r\n\r\n", count: 300)),
  BadAnswer(
    "many names in Connection", .badAnswer,
    "HTTP/1.1 200 OK\r\nConnection: " + String(repeating: "a,", count: 20_000) + "\r\nContent-Length: 0\r\n\r\n"),
  BadAnswer(
    "many names in several Connections", .badAnswer,
    "HTTP/1.1 200 OK\r\n" + String(repeating: "Connection: a, b\r\n", count: 33) + "Content-Length: 0\r\n\r\n"),
  BadAnswer(
    "many trailers", .tooLarge,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "X: 1\r\n", count: 300) + "\r\n"),
]

@Suite(.timeLimit(.minutes(1))) struct LinkHostileTests {
  @Test func refusedConnectionSentNothing() async throws {
    try await withLinks({ _, _ in }) { bench in
      let readers = try await withThrowingTaskGroup(of: Result<LinkAnswer, LinkError>.self) { group in
        for _ in 0..<100 {
          group.addTask { await bench.answer(bench.request(), from: try LinkTarget("http://127.0.0.1:1")) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(readers.count == 100 && readers.allSatisfy { $0.code == .connectFailed && $0.wasSent == false })
    }
  }

  @Test func targetThatAcceptsNobodyIsGivenUp() async throws {
    // A full accept queue drops what comes.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size)
        listen(listener, 0)
        getsockname(listener, $0, &size)
      }
    }
    let fillers = (0..<4).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0) }
    for filler in fillers {
      withUnsafePointer(to: &address) {
        _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler, $0, size) }
      }
    }
    defer { for descriptor in fillers + [listener] { close(descriptor) } }
    var limits = LinkLimits()
    limits.connectMilliseconds = 100
    let target = try LinkTarget("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
    try await withLinks(limits: limits, { _, _ in }) { bench in
      let began = bench.loop.now
      let answer = await bench.answer(bench.request(), from: target)
      #expect(answer.code == .connectFailed && answer.wasSent == false)
      #expect(bench.loop.now - began < 5_000_000_000)
    }
  }

  @Test func connectionThatEndsSaysWhatIsKnown() async throws {
    try await withLinks({ peer, text in
      switch text.split(separator: " ")[1] {
      case "/end": peer.connection.close()
      case "/reset": peer.connection.reset()
      case "/short":
        peer.send(headOf6 + "abc")
        peer.connection.shutdown()
      case "/cut":
        peer.send(headOf6 + "abc")
        peer.connection.loop.timer(afterMilliseconds: 30) { peer.connection.reset() }
      case "/head":
        peer.send("HTTP/1.1 200 OK\r\nContent-Le")
        peer.connection.shutdown()
      default: peer.ok("")
      }
    }) { bench in
      for (path, code) in [
        ("/end", LinkError.Code.closed), ("/reset", .reset), ("/short", .closed), ("/cut", .reset), ("/head", .closed),
      ] {
        let answer = await bench.answer(bench.request(path))
        #expect(answer.code == code, "\(path)")
        #expect(answer.wasSent == true, "\(path)")
        #expect(await bench.answer(bench.request()).text == "", "the pool goes on")
      }
    }
  }

  /// Server and pool share a loop, so that the pool cannot have heard of the end when it writes.
  @Test func usedConnectionThatIsGoneIsNoFailureWhereNothingWentOut() async throws {
    try await withLinks({ peer, _ in peer.ok("\(peer.number)") }) { bench in
      #expect(await bench.answer(bench.request()).text == "0")
      let reader = await bench.on { bench in
        bench.server.peers[0].connection.reset()
        return bench.send(bench.request())
      }
      #expect(await bench.eventually { _ in reader.ends == 1 })
      #expect(reader.error == nil && reader.body == Array("1".utf8), "the kernel refused the write: sent anew")
    }
  }

  @Test func usedConnectionThatEndsUnderARequestMayHaveGotIt() async throws {
    try await withLinks({ peer, _ in peer.ok("\(peer.number)") }) { bench in
      #expect(await bench.answer(bench.request()).text == "0")
      let reader = await bench.on { bench in
        bench.server.peers[0].connection.close()
        return bench.send(bench.request())
      }
      #expect(await bench.eventually { _ in reader.ends == 1 })
      #expect(reader.error.map { [.closed, .reset].contains($0.code) } == true)
      #expect(reader.error?.wasSent == true)
      #expect(await bench.answer(bench.request()).text == "1")
    }
  }

  @Test func connectionThatEndsWhileIdleIsNotUsed() async throws {
    try await withLinks({ peer, _ in peer.ok("\(peer.number)") }) { bench in
      for number in 0..<3 {
        #expect(await bench.answer(bench.request()).text == "\(number)")
        await bench.on { bench in
          let peer = bench.server.peers[number]
          // An end, a reset, and an answer that nobody asked for.
          if number == 0 { peer.connection.close() }
          if number == 1 { peer.connection.reset() }
          if number == 2 { peer.ok("poison") }
        }
        #expect(await bench.eventually { $0.pool.openConnections == 0 })
      }
      #expect(await bench.answer(bench.request()).text == "3")
    }
  }

  @Test(arguments: badAnswers)
  func answerThatIsNoneIsAnError(_ bad: BadAnswer) async throws {
    let (name, answer, code) = (bad.name, bad.answer, bad.code)
    try await withLinks({ peer, text in
      if text.hasPrefix("POST /good ") { peer.ok("good") } else { peer.send(answer) }
    }) { bench in
      let got = await bench.answer(bench.request("/bad", milliseconds: 5_000))
      #expect(got.code == code, "\(name): \(got)")
      #expect(got.wasSent == true)
      #expect(await bench.on { $0.pool.openConnections } == 0, "\(name)")
      #expect(await bench.answer(bench.request("/good")).text == "good")
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end", false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", false),
    ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", "hi", false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n", "hi!", true),
    (
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      "hi", true
    ),
    ("HTTP/1.1 204 No Content\r\n\r\n", "", true),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "", true),
    ("HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 2\r\n\r\nhi", "hi", true),
    ("HTTP/1.1 599 What\r\nContent-Length: 2\r\nUpgrade: h2c\r\n\r\nhi", "hi", true),
  ]) func answerOfEveryFramingIsRead(_ answer: String, _ body: String, _ staysOpen: Bool) async throws {
    try await withLinks({ peer, _ in
      // In three packets, cut anywhere.
      let bytes = Array(answer.utf8)
      peer.send(Array(bytes[..<(bytes.count / 3)]))
      peer.connection.loop.timer(afterMilliseconds: 5) {
        peer.send(Array(bytes[(bytes.count / 3)..<(bytes.count / 2)]))
        peer.connection.loop.timer(afterMilliseconds: 5) {
          peer.send(Array(bytes[(bytes.count / 2)...]))
          if !staysOpen { peer.connection.shutdown() }
        }
      }
    }) { bench in
      let got = await bench.answer(bench.request())
      #expect(got.text == body, "\(got)")
      #expect(await bench.on { $0.pool.idleConnections } == (staysOpen ? 1 : 0))
    }
  }

  @Test func headHasNoBodyWhateverItSays() async throws {
    try await withLinks({ peer, _ in peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n") }) { bench in
      for _ in 0..<2 { #expect(await bench.answer(bench.request(method: "HEAD")).text == "") }
      #expect(await bench.on { $0.server.peers.count } == 1)
    }
  }

  @Test func bodyThatGrowsPastTheLimitIsCutOff() async throws {
    var limits = LinkLimits()
    limits.answerBytes = 100_000
    try await withLinks(
      limits: limits,
      { peer, _ in
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<20 { peer.send("2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n") }
      }
    ) { bench in
      let reader = await bench.on { $0.send($0.request()) }
      #expect(await bench.eventually { _ in reader.ends == 1 })
      #expect(reader.error?.code == .tooLarge && reader.body.count <= 100_000)
    }
  }

  @Test func targetThatStreamsForEverEndsWithTheDeadline() async throws {
    try await withLinks({ peer, _ in
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      peer.connection.loop.timer(afterMilliseconds: 5, repeatMilliseconds: 5) { peer.send("1\r\nx\r\n") }
    }) { bench in
      let answer = await bench.answer(bench.request(milliseconds: 150))
      #expect(answer.code == .timedOut && answer.wasSent == true)
      #expect(await bench.eventually { $0.server.peers[0].hasEnded })
    }
  }
}
