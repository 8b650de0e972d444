// What a relay makes of answers: which it believes, which it passes on, and what it keeps of the others.
import EventLoop
import HTTPClient
import HTTPServer
import HTTPTypes
import MCP
import Synchronization
import Testing

@testable import Nodes

private let json = "Content-Type: application/json\r\n"
private let message = #"{"jsonrpc":"2.0","id":1,"result":{}}"#

@Suite(.timeLimit(.minutes(1))) struct ForwardRelayTests {
  private static func head(_ status: Int, _ lines: String, length: Int) -> String {
    "HTTP/1.1 \(status) X\r\n\(lines)Content-Length: \(length)\r\n\r\n"
  }

  /// What one word says of an attempt.
  private static func word(_ attempt: ForwardAttempt) -> String {
    switch attempt {
    case .answered(let answer): "answered \(answer.status) \(answer.body.count)"
    case .streamed(let status, let error): "streamed \(status) \(error.map { $0.code.rawValue } ?? "")"
    case .refused(let word): "refused \(word.rawValue) \(word.mayHaveBegun)"
    case .failed(let error): "failed \(error.code.rawValue) \(error.wasSent)"
    }
  }

  /// What becomes of a target's answer: to a call that came alone, or to a part of a batch.
  private func attempt(_ answer: String, isPart: Bool) async throws -> String {
    let made = Mutex<String?>(nil)
    let run: @Sendable (RelayBench, HTTPExchange?) async -> Void = { bench, client in
      let relay = ForwardRelay(loop: bench.loop, client: client) { $0 == Array(message.utf8) }
      let attempt = await relay.attempt(bench.request(), to: bench.target, by: bench.links)
      if let client, client.answeredStatus == nil { client.respond(status: .ok) }
      made.withLock { $0 = Self.word(attempt) }
    }
    return try await withRelay({ $0.send(answer) }, asked: { await run($0, $1) }) { bench in
      if isPart {
        await bench.on { await run($0, nil) }
      } else {
        _ = await bench.links.answer(to: bench.request(), from: bench.front)
      }
      #expect(await bench.eventually { _ in made.withLock { $0 != nil } })
      return made.withLock { $0 } ?? ""
    }
  }

  private func whole(_ status: Int, _ lines: String, _ body: String = message, isPart: Bool = false) async throws
    -> String
  {
    try await attempt(Self.head(status, lines, length: body.utf8.count) + body, isPart: isPart)
  }

  @Test func onlyKnownWordsOfARefusalAreBelieved() async throws {
    for word in RefusalWord.allCases where word != .foreign && word != .other {
      #expect(
        try await whole(503, json + "Atoll-Refused: \(word.rawValue)\r\n") == "refused \(word.rawValue) false")
    }
    for word in ["", "x", "other", "not_a_node", "Overloaded", #"a"} 1"#, String(repeating: "a", count: 20_000)] {
      #expect(
        try await whole(409, json + "Atoll-Refused: \(word)\r\n") == "refused other true",
        "it may have begun: \(word.prefix(20))")
    }
  }

  @Test func a503ThatSaysNoMoreMayHaveBegun() async throws {
    for lines in [json, "Content-Type: text/html\r\n", "Retry-After: 1\r\n"] {
      for isPart in [false, true] {
        #expect(try await whole(503, lines, isPart: isPart) == "failed bad_answer true")
      }
    }
  }

  @Test func whatIsNoAnswerOfMCPIsNotBelieved() async throws {
    #expect(try await whole(200, json) == "answered 200 \(message.utf8.count)")
    #expect(try await whole(200, "Content-Type: Application/JSON ; charset=utf-8\r\n").hasPrefix("answered"))
    #expect(try await whole(200, "content-type: text/event-stream\r\n", "data: 1\n\n") == "answered 200 9")
    #expect(try await whole(202, "", "") == "answered 202 0")
    #expect(try await whole(502, json) == "answered 502 \(message.utf8.count)", "a node's own error")
    for (status, lines, body) in [
      (200, "", message), (200, "Content-Type: text/html\r\n", "<h1>"),
      (200, "Content-Type: application/jsonp\r\n", "x"),
      (502, "Content-Type: text/html\r\n", "<h1>"), (400, "Content-Type: text/plain\r\n", "no"), (413, "", "no"),
      (431, "Content-Type: text/plain\r\n", "no"), (302, "Location: /\r\n", ""), (202, "", "x"), (500, "", ""),
      // A gateway's own JSON is no message of JSON-RPC.
      (502, json, #"{"message":"bad gateway"}"#), (504, json, ""),
    ] {
      #expect(try await whole(status, lines, body) == "failed bad_answer true", "\(status) \(lines) \(body)")
    }
    for (status, lines) in [(404, "Content-Type: text/html\r\n"), (401, ""), (421, "Content-Type: text/plain\r\n")] {
      #expect(try await whole(status, lines) == "refused not_a_node false")
    }
  }

  @Test func aPartOfABatchIsOneMessage() async throws {
    #expect(try await whole(200, json, isPart: true) == "answered 200 \(message.utf8.count)")
    for (status, lines, body) in [
      (200, json, message + "," + message), (200, json, #"{"a":1}"#), (200, json, ""), (202, "", ""),
      (200, "Content-Type: text/event-stream\r\n", message),
    ] {
      #expect(try await whole(status, lines, body, isPart: true) == "failed bad_answer true", "\(lines) \(body)")
    }
  }

  /// The target says how long the body is and goes on sending: who reads it to its end gets no answer in time.
  @Test func whatIsNotPassedOnIsNotRead() async throws {
    let begin = ContinuousClock.now
    let some = String(repeating: "x", count: 1 << 20)
    for (lines, word) in [
      ("Atoll-Refused: overloaded\r\n", "refused overloaded false"), ("", "failed bad_answer true"),
    ] {
      #expect(try await attempt(Self.head(503, lines, length: 60 << 20) + some, isPart: false) == word)
    }
    #expect(try await attempt(Self.head(404, "", length: 60 << 20) + some, isPart: true) == "refused not_a_node false")
    let long = String(repeating: "x", count: 17 << 20)
    #expect(
      try await attempt(Self.head(200, json, length: 60 << 20) + long, isPart: true) == "failed too_large true",
      "a batch's answer has no more room")
    #expect(
      try await attempt(Self.head(500, json, length: 60 << 20) + long, isPart: false) == "failed too_large true")
    // Each has ten seconds.
    #expect(ContinuousClock.now - begin < .seconds(9))
  }

  /// A target that sends for ever, and a client that reads nothing: the call's time ends, and the site is well.
  @Test func aSlowClientIsNoFailureOfTheSite() async throws {
    let ended = Mutex<(word: String, isBlamed: Bool)?>(nil)
    try await withRelay(
      { connection in
        connection.send("HTTP/1.1 200 OK\r\n\(json)Transfer-Encoding: chunked\r\n\r\n")
        let piece = "10000\r\n" + String(repeating: "x", count: 64 << 10) + "\r\n"
        for _ in 0..<512 { connection.send(piece) }
      },
      asked: { bench, exchange in
        let relay = ForwardRelay(loop: bench.loop, client: exchange) { _ in true }
        let attempt = await relay.attempt(bench.request(milliseconds: 700), to: bench.target, by: bench.links)
        guard case .streamed(_, let error?) = attempt else { return ended.withLock { $0 = (Self.word(attempt), true) } }
        ended.withLock { $0 = (Self.word(attempt), relay.blamesSite(error)) }
        // Nor is what a site does that was kept waiting, or an answer that ended with the call's time.
        #expect(!relay.blamesSite(LinkError(.reset, "", wasSent: true)))
        #expect(relay.pauses == 1, "one waits for the client, however many pieces come meanwhile")
      }
    ) { bench in
      let reader = SlowReader()
      await bench.on { _ = $0.links.send($0.request(), to: $0.front, receiver: reader) }
      #expect(await bench.eventually { _ in ended.withLock { $0 != nil } })
      // What it holds back is bounded: sockets, and the bounds of relay, stream and reader.
      #expect(await bench.on { _ in reader.bytes } < 16 << 20)
    }
    #expect(ended.withLock { $0?.word } == "streamed 200 timed_out")
    #expect(ended.withLock { $0?.isBlamed } == false)
  }

  @Test func aSiteThatDoesNotAnswerIsToBlame() async throws {
    for (answer, code, isBlamed) in [
      ("", LinkError.Code.timedOut, true), (Self.head(200, json, length: 100) + "{", .timedOut, false),
      ("nonsense\r\n\r\n", .badAnswer, true),
    ] {
      try await withRelay({ $0.send(answer) }) { bench in
        let got = await bench.on { bench in
          let relay = ForwardRelay(loop: bench.loop, client: nil) { _ in true }
          let attempt = await relay.attempt(bench.request(milliseconds: 200), to: bench.target, by: bench.links)
          guard case .failed(let error) = attempt else { return (nil, false) as (LinkError.Code?, Bool) }
          return (error.code, relay.blamesSite(error))
        }
        #expect(got == (code, isBlamed), "\(answer.prefix(20))")
      }
    }
  }
}
