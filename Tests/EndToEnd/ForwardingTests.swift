// Forwards that should not be believed, answers that come in pieces, and sites that fail: through the built binary.
import Foundation
import Synchronization
import Testing

extension TheBinary.InATopology {
  /// What a node sends, caught on its way and shown to another node again.
  @Test(.timeLimit(.minutes(2)))
  func aForwardIsGoodOnceAndForItsOwnCallOnly() throws {
    let caught = Mutex<[Conversation.Request]>([])
    let post = try ScriptedSite { conversation, request in
      caught.withLock { $0.append(request) }
      conversation.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Made-By: test\r\nContent-Length: 2\r\n\r\n{}")
    }
    var iad = TestSite.iad
    iad.port = post.port
    let sites = try Sites([.fra, iad, .dub])
    let worker = try Sites.probe("tier = \"core\"\njurisdictions = [\"us\", \"eu\"]")
    let own = try freePort()
    // The same topology, by other addresses.
    let core = try sites.start("iad", [worker], options: ["--listen", "127.0.0.1:\(own)"]) {
      $0.replacing(":\(post.port)\"", with: ":\(own)\"")
    }
    let other = try sites.start("dub", [worker])
    let edge = try sites.start("fra", [worker]) {
      $0.replacing("53.35", with: "-53.35").replacing("-6.26", with: "170.0")
    }
    #expect(try edge.ask(Self.list(port: edge.port)).status == 200)
    let secret =
      "Authorization: Bearer of-the-caller\r\nTraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      + "\r\nTracestate: a=b\r\nBaggage: c=d\r\nOrigin: http://127.0.0.1:\(edge.port)\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-Kept: 1"
    let call = ToolRequest("order")
    let answer = try edge.ask(call.text(port: edge.port, field: secret))
    #expect(answer.status == 200 && answer.bodyText == "{}" && answer.headers["x-made-by"] == "test")
    let sent = try #require(caught.withLock { $0.first })
    #expect(sent.body == call.body, "the bytes are the client's")
    #expect(sent.head.hasPrefix("POST /mcp HTTP/1.1\r\n"))
    for kept in ["Traceparent", "Tracestate", "Baggage", "X-Kept", "Mcp-Name", "Accept", "MCP-Protocol-Version"] {
      #expect(sent.header(kept) != nil, "\(kept)")
    }
    for dropped in ["Authorization", "Origin", "X-Hop", "Connection"] {
      #expect(sent.header(dropped) == nil, "\(dropped)")
    }
    #expect(sent.header("Host") == "127.0.0.1:\(post.port)")
    let seal = try #require(sent.header("Atoll-Forward"))

    func show(_ seal: String, to node: ServedNode, _ call: ToolRequest, path: String = "/mcp") throws -> RawResponse {
      try node.ask(call.text(port: node.port, path: path, field: "Atoll-Forward: \(seal)"))
    }
    // The topology of this edge is not the others': it was made so that the first site is asked first.
    #expect(try show(seal, to: core, call).headers["atoll-refused"] == "topology_differs")
    for (node, call, path) in [
      (other, call, "/mcp"), (core, ToolRequest("order", #"{"more":1}"#), "/mcp"), (core, call, "/mcp/probe"),
      (core, call, "/mcp"), (edge, call, "/mcp"),
    ] {
      let refused = try show(seal, to: node, call, path: path)
      #expect(
        refused.status == 403 && refused.headers["atoll-refused"] == "forward_refused", "\(path): \(refused.bodyText)")
    }
    for forged in ["", "x", String(seal.dropLast()) + "A", String(repeating: "A", count: 6_000)] {
      let refused = try show(forged, to: core, call)
      #expect(refused.status == 403 && refused.bodyText.contains("only the nodes"), "\(refused.bodyText)")
    }
    #expect(try core.metric("atoll_forward_refusals_total") ?? 0 >= 8)
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 0, "nothing of it ran")
    #expect(!core.errors.contains(seal) && !edge.errors.contains("of-the-caller"))
  }

  @Test(.timeLimit(.minutes(2)))
  func aCaughtForwardRunsOnce() throws {
    let caught = Mutex<[Conversation.Request]>([])
    let epoch = Mutex("")
    // Says the core's epoch as the core would, and keeps what comes then.
    let post = try ScriptedSite { conversation, request in
      let count = caught.withLock { caught in
        caught.append(request)
        return caught.count
      }
      conversation.send(
        count == 1
          ? "HTTP/1.1 409 Conflict\r\nAtoll-Refused: epoch_differs\r\nAtoll-Epoch: \(epoch.withLock { $0 })\r\n"
            + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
          : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    }
    var iad = TestSite.iad
    iad.port = post.port
    let sites = try Sites([.fra, iad])
    let worker = try Sites.probe("tier = \"core\"")
    let own = try freePort()
    let core = try sites.start("iad", [worker], options: ["--listen", "127.0.0.1:\(own)"]) {
      $0.replacing(":\(post.port)\"", with: ":\(own)\"")
    }
    let edge = try sites.start("fra", [worker])
    let report = try core.get("/health/site").bodyText
    let found = try #require(report.firstMatch(of: #/"epoch":"([0-9]+)"/#), "\(report)")
    epoch.withLock { $0 = String(found.output.1) }
    let call = ToolRequest("order")
    _ = try edge.ask(call.text(port: edge.port))
    let seals = caught.withLock { $0.compactMap { $0.header("Atoll-Forward") } }
    #expect(seals.count == 2, "one for nobody's run, one for the core's")
    let unheard = try core.ask(call.text(port: core.port, field: "Atoll-Forward: \(seals[0])"))
    #expect(unheard.status == 409 && unheard.headers["atoll-epoch"] == epoch.withLock { $0 })
    let seal = try #require(seals.last)
    let text = call.text(port: core.port, field: "Atoll-Forward: \(seal)")
    let altered = ToolRequest("order", #"{"more":1}"#).text(port: core.port, field: "Atoll-Forward: \(seal)")
    #expect(try core.ask(altered).status == 403, "another body")
    let first = try ToolAnswer(core.ask(text))
    #expect(first.response.status == 200 && first.text == "ordered", "\(first.response.bodyText)")
    #expect(try core.ask(text).status == 403, "shown a second time")
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 1)
    // A client's own header makes nobody of it, at the edge neither.
    #expect(try edge.ask(call.text(port: edge.port, field: "Atoll-Forward: \(seal)")).status == 403)
    #expect(caught.withLock { $0.count } == 2)
    // The next run of the core has forgotten the nonce, and takes no copy all the same: neither of an old one nor of one
    // that it has not seen.
    core.crash()
    let anew = try sites.start("iad", [worker], options: ["--listen", "127.0.0.1:\(own)"]) {
      $0.replacing(":\(post.port)\"", with: ":\(own)\"")
    }
    #expect(try anew.ask(text).status == 409)
    #expect(try anew.metric("atoll_fresh_call_seconds_count") == 0)
  }

  /// Who forwards to a site that has begun anew hears of it from its answer, if not from a probe, and repeats the call.
  @Test(.timeLimit(.minutes(2)))
  func aSiteThatBeginsAnewIsBelievedAtOnce() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let edge = try sites.start("fra", [worker])
    let core = try sites.start("iad", [worker])
    #expect(try edge.call("order").text == "ordered")
    core.crash()
    let anew = try sites.start("iad", [worker])
    for _ in 0..<3 { #expect(try edge.call("order").text == "ordered") }
    #expect(try anew.metric("atoll_fresh_call_seconds_count") == 3)
    #expect(!edge.errors.contains("epoch"))
  }

  @Test(.timeLimit(.minutes(2)))
  func anAnswerInPiecesGoesOnPieceByPiece() throws {
    let goOn = DispatchSemaphore(value: 0)
    let post = try ScriptedSite { conversation, request in
      conversation.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n"
      )
      conversation.sendPiece("data: one\n\n")
      guard goOn.wait(timeout: .now() + 10) == .success else { return }
      conversation.sendPiece("data: two\n\n")
      if request.body.contains("broken") { return conversation.send("zz\r\n") }
      conversation.send("0\r\n\r\n")
    }
    var iad = TestSite.iad
    iad.port = post.port
    let edge = try Sites([.fra, iad]).start("fra", [Sites.probe("tier = \"core\"")])
    let client = try edge.connect()
    try client.send(ToolRequest("order").text(port: edge.port))
    let head = try client.read(until: "data: one\n\n")
    #expect(
      head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.contains("text/event-stream")
        && head.contains("X-Accel-Buffering: no"))
    #expect(!head.contains("two"))
    goOn.signal()
    #expect(try client.read(until: "0\r\n\r\n").contains("data: two\n\n"))
    // What breaks off there breaks off here: the client must not take it for whole.
    let second = try edge.connect()
    try second.send(ToolRequest("order", #"{"broken":true}"#).text(port: edge.port))
    goOn.signal()
    _ = try second.read(until: "data: two\n\n")
    #expect(second.closesWithin(seconds: 5))
    #expect(edge.errors.contains("broken_off"))
  }

  @Test(.timeLimit(.minutes(2)))
  func aLargeAnswerIsHeldBackForASlowReader() throws {
    let sent = Atomic(0)
    let piece = String(repeating: "x", count: 64 << 10)
    let post = try ScriptedSite { conversation, _ in
      conversation.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<512 {
        conversation.sendPiece(piece)
        sent.add(1, ordering: .relaxed)
      }
      conversation.send("0\r\n\r\n")
    }
    var iad = TestSite.iad
    iad.port = post.port
    let edge = try Sites([.fra, iad]).start("fra", [Sites.probe("tier = \"core\"", wall: 60_000)])
    let client = try edge.connect()
    try client.send(ToolRequest("order").text(port: edge.port))
    // 32 MiB in all; a client that reads nothing gets what sockets and the node's bounds hold.
    usleep(1_500_000)
    let held = sent.load(ordering: .relaxed)
    #expect(held < 400, "\(held) of 512 pieces were taken")
    let answer = try client.read(until: "0\r\n\r\n", timeoutSeconds: 30)
    #expect(answer.utf8.count > 512 * (64 << 10))
  }

  /// A proxy's page, or a node that has another name: nothing of it is passed on.
  @Test(.timeLimit(.minutes(2)))
  func whatIsNoNodeIsNotBelieved() throws {
    let post = try ScriptedSite { conversation, _ in
      conversation.send(
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<h1>x")
    }
    var dub = TestSite.dub
    dub.port = post.port
    let sites = try Sites([.fra, dub, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let edge = try sites.start("fra", [worker])
    let lost = try ToolAnswer(edge.ask(ToolRequest("order").text(port: edge.port)))
    #expect(lost.response.status == 503 && lost.errorCode == -31504, "\(lost.response.bodyText)")
    let core = try sites.start("iad", [worker])
    #expect(try edge.call("order").text == "ordered")
    #expect(try edge.get("/metrics").bodyText.contains("atoll_forwards_total{site=\"dub\",outcome=\"not_a_node\"}"))
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 1)
  }

  @Test(.timeLimit(.minutes(2)))
  func onlySoManyCallsAreUnderWayElsewhere() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let core = try sites.start("iad", [worker])
    let edge = try sites.start("fra", [worker], options: ["--forwards", "2"])
    let answers = onThreads(3) { _ in (try? edge.call("slow"))?.response }
    #expect(answers.map { $0?.status ?? 0 }.sorted() == [200, 200, 503])
    #expect(answers.first { $0?.status == 503 }??.headers["retry-after"] == "1")
    #expect(try edge.metric("atoll_forwards_live") == 0)
    #expect(try edge.call("echo").response.status == 200)
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 3)
  }
}
