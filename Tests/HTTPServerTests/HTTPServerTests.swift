// The server over real loopback sockets.
import EventLoop
import HTTPServer
import HTTPTypes
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct HTTPServerTests {
  private func withServer(
    _ change: (inout HTTPLimits) -> Void = { _ in }, _ body: (LiveServer) async throws -> Void
  ) async throws {
    var limits = HTTPLimits()
    change(&limits)
    let server = try await LiveServer(limits: limits)
    try await body(server)
    await server.stop()
  }

  private func get(_ server: LiveServer, _ path: String, _ more: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\(more)\r\n"
  }

  private func post(_ server: LiveServer, _ path: String, _ body: String, _ more: String = "") -> String {
    let length = "Content-Length: \(body.utf8.count)\r\n"
    return "POST \(path) HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\(length)\(more)\r\n\(body)"
  }

  @Test func keepAliveServesManyRequests() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      for number in 1...5 {
        client.send(post(server, "/\(number)", String(repeating: "x", count: number)))
        let text = client.read(until: "POST /\(number) \(number)")
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nDate: "))
        #expect(!text.contains("Connection:"))
      }
      #expect(await server.on { $0.openConnections } == 1)
      #expect(await server.on { $0.liveExchanges } == 0)
      #expect(await server.on { $0.counters.requests } == 5)
    }
  }

  @Test func pipelinedAnswersKeepTheirOrderBehindASlowOne() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send(get(server, "/slow") + get(server, "/a") + post(server, "/b", "12"))
      let text = client.read(until: "POST /b 2")
      let slow = try #require(text.firstRange(of: "GET /slow 0"))
      let fast = try #require(text.firstRange(of: "GET /a 0"))
      #expect(slow.upperBound < fast.lowerBound)
      #expect(text.statuses == [200, 200, 200])
    }
  }

  @Test func pipelineLongerThanItsLimitIsServedWhole() async throws {
    try await withServer({ $0.pipelinedRequests = 2 }) { server in
      let client = RawClient(port: server.port)
      let many = (0..<200).map { get(server, $0 == 0 ? "/slow" : "/\($0)") }.joined()
      client.send(many)
      #expect(client.read(until: "HTTP/1.1 200", times: 200).statuses.count == 200)
    }
  }

  @Test func continueThenBody() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send(
        "POST /c HTTP/1.1\r\nHost: localhost:\(server.port)\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      client.send("abc")
      #expect(client.read(until: "POST /c 3").statuses == [200])
    }
  }

  @Test func headHasNoBody() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send("HEAD /h HTTP/1.1\r\nHost: localhost:\(server.port)\r\nConnection: close\r\n\r\n")
      let text = client.readAll()
      #expect(text.contains("\r\nContent-Length: 9\r\n"))
      #expect(text.hasSuffix("\r\n\r\n"))
      #expect(client.hasEnded)
    }
  }

  @Test func chunkedBodyArrivesWhole() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send("POST /k HTTP/1.1\r\nHost: localhost:\(server.port)\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<100 { client.send("3e8\r\n\(String(repeating: "y", count: 1000))\r\n") }
      client.send("0\r\n\r\n")
      #expect(client.read(until: "POST /k 100000").statuses == [200])
    }
  }

  @Test func tooLargeABodyGetsItsAnswerAndNoReset() async throws {
    try await withServer({ $0.bodyBytes = 1000 }) { server in
      let announced = RawClient(port: server.port)
      announced.send(post(server, "/l", String(repeating: "x", count: 1_000_000)))
      #expect(announced.readAll().statuses == [413])
      #expect(announced.hasEnded && !announced.wasReset)
      let counted = RawClient(port: server.port)
      counted.send("POST /l HTTP/1.1\r\nHost: localhost:\(server.port)\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<500 { counted.send("3e8\r\n\(String(repeating: "y", count: 1000))\r\n") }
      #expect(counted.readAll().statuses == [413])
      #expect(counted.hasEnded && !counted.wasReset)
      #expect(await server.on { $0.counters.refusals } == [413: 2])
    }
  }

  @Test func smugglingIsRefusedAndTheRestNotRead() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send(
        "POST /x HTTP/1.1\r\nHost: localhost:\(server.port)\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "0\r\n\r\n" + get(server, "/smuggled"))
      let text = client.readAll()
      #expect(text.statuses == [400])
      #expect(text.contains("\r\nConnection: close\r\n"))
      #expect(client.hasEnded && !client.wasReset)
      #expect(!server.log.contains("began /smuggled"))
    }
  }

  @Test func slowHeadIsEnded() async throws {
    try await withServer({ $0.headTimeoutMilliseconds = 100 }) { server in
      let client = RawClient(port: server.port)
      client.send("GET / HTTP/1.1\r\nX: ")
      var sent = 0
      while sent < 200, client.send("a") {
        client.setTimeout(milliseconds: 10)
        let text = client.readSome()
        if !text.isEmpty {
          #expect(text.statuses == [408])
          break
        }
        sent += 1
      }
      #expect(sent < 100)
    }
  }

  @Test func idleConnectionIsEnded() async throws {
    try await withServer({ $0.idleTimeoutMilliseconds = 100 }) { server in
      let client = RawClient(port: server.port)
      client.send(get(server, "/i"))
      #expect(client.readAll().statuses == [200])
      #expect(client.hasEnded)
      #expect(await eventually { await server.on { $0.openConnections } == 1 })
    }
  }

  @Test func leavingClientCancelsItsCall() async throws {
    try await withServer { server in
      do {
        let client = RawClient(port: server.port)
        client.send(get(server, "/forever"))
        #expect(await eventually { server.log.contains("began /forever") })
        withExtendedLifetime(client) {}
      }
      #expect(await eventually { server.log.contains("cancelled /forever") })
      #expect(await eventually { await server.on { $0.openConnections == 0 && $0.liveExchanges == 0 } })
      #expect(await server.on { $0.counters.disconnects } == 1)
    }
  }

  @Test func legacyCallEndsThoughItsClientLeft() async throws {
    try await withServer { server in
      do {
        let client = RawClient(port: server.port)
        client.send(get(server, "/legacy"))
        #expect(await eventually { server.log.contains("began /legacy") })
        withExtendedLifetime(client) {}
      }
      #expect(await eventually { server.log.contains("ended /legacy") })
      #expect(!server.log.contains("cancelled /legacy"))
      #expect(await eventually { await server.on { $0.openConnections } == 0 })
    }
  }

  @Test func halfClosedClientReadsTheAnswerOfAnUncancelledCall() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send(get(server, "/legacy"))
      client.endSending()
      #expect(client.readAll().statuses == [200])
      #expect(client.hasEnded)
    }
  }

  @Test func eventsArriveOneByOne() async throws {
    try await withServer { server in
      let client = RawClient(port: server.port)
      client.send(get(server, "/sse"))
      #expect(client.read(until: "data: 1\n\n").hasSuffix("9\r\ndata: 1\n\n\r\n"))
      #expect(client.read(until: "0\r\n\r\n") == "9\r\ndata: 2\n\n\r\n9\r\ndata: 3\n\n\r\n0\r\n\r\n")
      client.send(get(server, "/after"))
      #expect(client.read(until: "GET /after 0").statuses == [200])
    }
  }

  @Test func connectionPastTheCeilingIsTold503() async throws {
    try await withServer({ $0.connections = 1 }) { server in
      let first = RawClient(port: server.port)
      first.send(get(server, "/1"))
      #expect(first.read(until: "GET /1 0").statuses == [200])
      let second = RawClient(port: server.port)
      second.send(get(server, "/2"))
      let text = second.readAll()
      #expect(text.statuses == [503])
      #expect(text.contains("\r\nRetry-After: 1\r\n"))
      #expect(second.hasEnded && !second.wasReset)
      first.send(get(server, "/3"))
      #expect(first.read(until: "GET /3 0").statuses == [200])
    }
  }

  @Test func drainAnswersEverythingThatWasAccepted() async throws {
    // Long enough that requests sent after the drain began still count, however busy this machine is.
    try await withServer({ $0.drainQuietMilliseconds = 20_000 }) { server in
      let running = RawClient(port: server.port)
      running.send(get(server, "/slow"))
      #expect(await eventually { server.log.contains("began /slow") })
      let silent = RawClient(port: server.port)
      let used = RawClient(port: server.port)
      used.send(get(server, "/used"))
      #expect(used.read(until: "GET /used 0").statuses == [200])
      await server.beginDrain()
      silent.send(get(server, "/silent"))
      used.send(get(server, "/again"))
      for client in [running, silent, used] {
        let text = client.readAll()
        #expect(text.statuses == [200])
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(client.hasEnded && !client.wasReset)
      }
      #expect(!RawClient(port: server.port).isConnected)
    }
  }

  @Test func drainEndsOnceAllAreGone() async throws {
    try await withServer { server in
      do {
        let client = RawClient(port: server.port)
        client.send(get(server, "/slow"))
        #expect(await eventually { server.log.contains("began /slow") })
        await server.beginDrain()
        #expect(client.readAll().statuses == [200])
        #expect(!server.log.contains("drained"))
      }
      #expect(await eventually { server.log.contains("drained") })
      #expect(await server.on { $0.openConnections } == 0)
    }
  }

  @Test func takenPortIsAnErrorThatNamesIt() async throws {
    try await withServer { server in
      let port = server.port
      let message = await server.on { http -> String? in
        do throws(HTTPServerError) {
          try http.listen(on: .loopback(port: port))
          return nil
        } catch { return error.code == .cannotListen ? error.message : nil }
      }
      #expect(message?.contains("127.0.0.1:\(port)") == true)
    }
  }
}
