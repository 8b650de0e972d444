// What no well-meaning client sends: smuggled requests, half a request for ever, more calls than there is room for.
import Foundation
import Testing

extension TheBinary {
  @Suite("on the wire")
  struct Wire {
    /// A request that two readers would take apart in different ways; HOST stands for the right value.
    static let smuggled: [(name: String, request: String)] = [
      ("length and chunked", post("Content-Length: 4", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
      ("two lengths", post("Content-Length: 2", "Content-Length: 3", body: "{}x")),
      ("a list of lengths", post("Content-Length: 2, 2", body: "{}")),
      ("a signed length", post("Content-Length: +2", body: "{}")),
      ("a length past 64 bits", post("Content-Length: 18446744073709551618", body: "{}")),
      ("folded header", post("X-A: b\r\n c", "Content-Length: 2", body: "{}")),
      ("bare line feeds", "POST /mcp HTTP/1.1\nHost: HOST\nContent-Length: 2\n\n{}"),
      ("space before colon", post("Content-Length : 2", body: "{}")),
      ("unknown transfer coding", post("Transfer-Encoding: xchunked", body: "0\r\n\r\n")),
      ("chunked twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
      ("hex prefix in a chunk size", chunked("0x2\r\n{}\r\n0\r\n\r\n")),
      ("negative chunk size", chunked("-1\r\n{}\r\n0\r\n\r\n")),
      ("chunk size past 64 bits", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")),
      ("chunk longer than its size", chunked("1\r\n{}\r\n0\r\n\r\n")),
      ("no host", "POST /mcp HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"),
      ("two hosts", post("Host: HOST", "Content-Length: 2", body: "{}")),
      ("a zero byte in a value", post("X-A: b\u{0}c", "Content-Length: 2", body: "{}")),
    ]

    private static func post(_ headers: String..., body: String) -> String {
      (["POST /mcp HTTP/1.1", "Host: HOST"] + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body: body) }

    @Test(.timeLimit(.minutes(3)))
    func smuggledShapesAreRefusedAndClosed() throws {
      let node = try ServedNode([Bundles.hello()])
      let follower = ToolRequest(Hello.tool, Hello.arguments).text(port: node.port)
      for (name, request) in Self.smuggled {
        let connection = try node.connect()
        try connection.send(request.replacing("HOST", with: "127.0.0.1:\(node.port)") + follower)
        let answer = try connection.readResponse()
        #expect(answer.status == 400, "\(name)")
        #expect(throws: EndToEndError.self, "\(name): no second answer") {
          try connection.readResponse(timeoutSeconds: 2)
        }
        #expect(connection.closesWithin(seconds: 2), "\(name)")
      }
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
    }

    @Test(.timeLimit(.minutes(3)))
    func callsInAPipelineAreAnsweredInOrder() throws {
      let node = try ServedNode([Bundles.hello()])
      let connection = try node.connect()
      for id in 1...5 {
        try connection.send(ToolRequest(Hello.tool, Hello.arguments, id: id).text(port: node.port))
      }
      for id in 1...5 {
        #expect(try connection.readResponse().bodyText.contains(#""id":\#(id)"#))
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func aBodyInChunksIsACall() throws {
      let node = try ServedNode([Bundles.hello()])
      let call = ToolRequest(Hello.tool, Hello.arguments)
      let connection = try node.connect()
      try connection.send("POST /mcp HTTP/1.1\r\n\(call.headers(port: node.port))Transfer-Encoding: chunked\r\n\r\n")
      for character in call.body { try connection.send("1\r\n\(character)\r\n") }
      try connection.send("0\r\n\r\n")
      #expect(try ToolAnswer(connection.readResponse()).text == Hello.answer)
    }

    @Test(.timeLimit(.minutes(3)))
    func aStrangersHostOrOriginIsRefused() throws {
      let node = try ServedNode([Bundles.hello()])
      let call = ToolRequest(Hello.tool, Hello.arguments).text(port: node.port)
      let strangeHost = call.replacing("Host: 127.0.0.1:", with: "Host: evil.example:")
      let strangeOrigin = call.replacing("\r\nAccept:", with: "\r\nOrigin: https://evil.example\r\nAccept:")
      #expect(try node.ask(strangeHost).status == 421)
      #expect(try node.ask(strangeOrigin).status == 403)
    }

    /// A head, and a body, that come a byte at a time: both connections end, and others are served meanwhile.
    @Test(.timeLimit(.minutes(3)))
    func slowRequestsAreBounded() throws {
      let node = try ServedNode([Bundles.hello()])
      let slowHead = "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(node.port)\r\nX-Slow: "
      let headers = ToolRequest(Hello.tool).headers(port: node.port)
      let slowBody = "POST /mcp HTTP/1.1\r\n\(headers)Content-Length: 1000\r\n\r\n{"
      let ended = onThreads(2) { index -> Bool in
        guard let connection = try? node.connect() else { return false }
        guard (try? connection.send(index == 0 ? slowHead : slowBody)) != nil else { return false }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
          if connection.closesWithin(seconds: 1) { return true }
          guard (try? connection.send("a")) != nil else { return true }
          guard (try? node.call(Hello.tool, Hello.arguments).text) == Hello.answer else { return false }
        }
        return false
      }
      #expect(ended == [true, true])
    }

    /// One sandbox and one place in the queue: of eight calls that sleep, the others are told when to come again.
    @Test(.timeLimit(.minutes(3)))
    func pastTheCeilingIs503WithRetryAfter() throws {
      let node = try Self.nodeWithLimits("instances = 1\nqueue = 1\nqueue_ms = 200", worker: Bundles.limits())
      let answers = onThreads(8) { _ in try? node.call(Breach.sleep.tool).response }
      let refused = answers.compactMap { $0 }.filter { $0.status == 503 }
      #expect(refused.count == 7, "\(answers.map { $0?.status ?? 0 })")
      #expect(refused.allSatisfy { Int($0.headers["retry-after"] ?? "") ?? 0 >= 1 })
      #expect(answers.compactMap { $0 }.filter { $0.status == 200 }.count == 1)
    }

    @Test(.timeLimit(.minutes(3)))
    func pastTheBucketIs429WithRetryAfter() throws {
      let node = try Self.nodeWithLimits("calls_per_second = 1\ncalls_burst = 3", worker: Bundles.hello())
      let statuses = try (0..<6).map { _ in try node.call(Hello.tool, Hello.arguments).response }
      #expect(statuses.prefix(3).allSatisfy { $0.status == 200 })
      let refused = statuses.filter { $0.status == 429 }
      #expect(refused.count >= 2, "\(statuses.map(\.status))")
      #expect(refused.allSatisfy { Int($0.headers["retry-after"] ?? "") ?? 0 >= 1 })
    }

    private static func nodeWithLimits(_ limits: String, worker: String) throws -> ServedNode {
      let folder = try TemporaryFolder()
      let file = try folder.write("[limits]\n\(limits)\n", to: "node.toml")
      return try ServedNode([worker], options: ["--config", file, "--loops", "1"])
    }
  }
}
