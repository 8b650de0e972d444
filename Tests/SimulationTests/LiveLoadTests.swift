// Open-loop load: the schedule, latencies from the planned time, sessions, other sites, and counts that add up.
import EventLoop
import Foundation
import HTTPClient
import HTTPServer
import HTTPTypes
import JSON
import MCP
import Manifests
import Testing

@testable import Simulation

@Suite(.serialized, .timeLimit(.minutes(1))) struct LiveLoadTests {
  // MARK: Pure parts

  @Test func arrivalsArePoissonAndTheSameForTheSameSeed() {
    func times(_ seed: UInt64, stream: UInt64 = 0) -> [Arrival] {
      var arrivals = Arrivals(callsPerSecond: 200, shares: [3, 0, 1], seed: seed, stream: stream)
      return (0..<20_000).map { _ in arrivals.next() }
    }
    let calls = times(1)
    #expect(calls == times(1) && calls != times(2) && calls != times(1, stream: 1))
    #expect(abs(Double(calls.last!.nanoseconds) / 1e9 - 100) < 3)
    #expect(calls.allSatisfy { $0.tool != 1 })
    #expect(abs(Double(calls.count { $0.tool == 0 }) / 20_000 - 0.75) < 0.015)
    // The gaps of a Poisson process spread as much as their mean.
    let gaps = zip(calls, calls.dropFirst()).map { Double($1.nanoseconds - $0.nanoseconds) / 1e6 }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
    #expect(abs(mean - 5) < 0.15 && abs(deviation - 5) < 0.25)
  }

  @Test func aPlaceKeepsTheFirstSessionThatItIsGivenUntilItEnds() {
    var sessions = OpenSessions(count: 1, callsPerSession: 1_000_000, seed: 1, stream: 0)
    let (first, second) = (sessions.begin(), sessions.begin())
    #expect(first.handle == nil && second.handle == nil)
    sessions.answered(second, handle: "b")
    sessions.answered(first, handle: "a")
    let third = sessions.begin()
    #expect(third.handle == "b")
    sessions.leave(third)
    #expect(sessions.begin().handle == nil)
    // A late answer of the old session brings it back no more.
    sessions.answered(third, handle: "b")
    #expect(sessions.begin().handle == nil)
    var short = OpenSessions(count: 1, callsPerSession: 1, seed: 1, stream: 0)
    short.answered(short.begin(), handle: "a")
    #expect(short.begin().handle == nil)
  }

  @Test func theLengthOfSessionsIsAsAsked() {
    var sessions = OpenSessions(count: 4, callsPerSession: 12, seed: 3, stream: 0)
    var begun = 0
    for _ in 0..<12_000 {
      let turn = sessions.begin()
      if turn.handle == nil { begun += 1 }
      sessions.answered(turn, handle: "s\(begun)")
    }
    #expect((900...1_100).contains(begun), "\(begun)")
  }

  @Test func aCallHasItsOwnMembersBesideTheArguments() throws {
    func body(_ arguments: String, _ operation: String?, _ session: String?) throws -> String {
      let tool = try LiveTool(
        Tool(name: "add_item", description: ""), worker: "cart", arguments: Array(arguments.utf8),
        schema: Array("{}".utf8))
      let body = tool.request(operation: operation, session: session).body
      let document = try JSONDocument(body)
      #expect(document.root["method"]?.string == "tools/call")
      let text = String(decoding: body, as: UTF8.self)
      let range = try #require(text.firstRange(of: #""arguments":"#))
      return String(text[range.upperBound...].prefix { $0 != "}" })
    }
    #expect(try body("{}", nil, nil) == "{")
    #expect(try body(" { } ", "op", nil) == #"{ "operation_id":"op""#)
    #expect(try body(#" {"sku":"tea"} "#, "op", "h\"") == #"{"sku":"tea","operation_id":"op","session":"h\"""#)
  }

  @Test func argumentsThatAreNoObjectOrSayWhatTheRunSaysAreRefused() throws {
    for (arguments, word) in [
      ("[]", "not a JSON object"), ("{", "not a JSON object"), ("", "not a JSON object"),
      (#"{"session":1}"#, "`session`"),
      (#"{"operation_id":"x"}"#, "`operation_id`"),
    ] {
      let error = #expect(throws: SimulationError.self) {
        _ = try LiveTool(
          Tool(name: "add_item", description: ""), worker: "cart", arguments: Array(arguments.utf8), schema: [])
      }
      #expect(error?.code == .scenario && error?.message.contains(word) == true)
    }
  }

  @Test(arguments: [
    (200, #"{"result":{"content":[],"structuredContent":{"session":"h"}}}"#, CallReply.ok(session: "h")),
    (200, #"{"result":{"content":[{"type":"text","text":"session: k"}]}}"#, .ok(session: "k")),
    (200, #"{"result":{"content":[]}}"#, .ok(session: nil)),
    (
      200, #"{"result":{"isError":true,"content":[{"type":"text","text":"no"}]}}"#,
      .toolError(session: nil, isSessionRefused: false)
    ),
    (
      200, #"{"result":{"isError":true,"content":[{"type":"text","text":"session_refused: this"}]}}"#,
      .toolError(session: nil, isSessionRefused: true)
    ),
    (503, #"{"error":{"code":-31503,"message":"full"}}"#, .failed(code: "overloaded")),
    (400, #"{"error":{"code":-32000,"message":"?"}}"#, .failed(code: "rpc_-32000")),
    (500, #"{"error":{}}"#, .failed(code: "http_500")), (200, "[]", .failed(code: "http_200")),
    (421, "Misdirected Request", .failed(code: "http_421")),
    (
      421, #"{"error":{"code":-31421,"data":{"site":"iad","sites":[{"name":"fra"},{"name":"waw"}]}}}"#,
      .misdirected(sites: ["fra", "waw"])
    ),
    (421, #"{"error":{"code":-31421,"data":{}}}"#, .failed(code: "misdirected")), (204, "", .failed(code: "http_204")),
  ])
  func answersAreReadAsWhatTheyAre(_ status: Int, _ body: String, _ reply: CallReply) {
    #expect(CallReply(status: status, body: Array(body.utf8)) == reply)
  }

  // MARK: Against servers

  /// Runs load against nodes that are played, on a loop that is not theirs.
  private func load(
    _ nodes: [PlayedNode], callsPerSecond: Double, milliseconds: Int, timeout: Int = 5_000,
    tools: [LiveTool]? = nil, _ during: @escaping @Sendable (EventLoop) async throws -> Void = { _ in }
  ) async throws -> CallRecords {
    let mix = try tools ?? [tool("greet")]
    let serving = try EventLoop()
    serving.start(name: "nodes")
    defer {
      serving.stop()
      serving.join()
    }
    let addresses = try await onLoop(serving) { try nodes.map { try $0.listen(on: serving) } }
    return try await Live.onLoop { loop in
      let alarms = try Alarms(on: loop)
      var limits = LinkLimits()
      limits.connectionsPerTarget = 1_000
      let links = LinkPool(loop: loop, limits: limits)
      let accesses = try addresses.enumerated().map {
        Access(site: $0.offset, target: try LinkTarget("http://127.0.0.1:\($0.element.port)"))
      }
      let clients = LiveClients(
        population: 0, accesses: accesses,
        arrivals: Arrivals(
          callsPerSecond: callsPerSecond, shares: mix.map { _ in 1 }, seed: 7, stream: 0), seed: 7)
      let load = LiveLoad(
        clients: [clients], tools: mix, siteNames: nodes.map(\.name), timeoutMilliseconds: timeout, links: links,
        alarms: alarms)
      let disturbing = loop.spawn { try? await during(loop) }
      await load.run(milliseconds: milliseconds, from: loop.now)
      await disturbing.value
      links.close()
      alarms.close()
      #expect(load.open == 0)
      return load.records
    }
  }

  private func onLoop<T: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () throws -> T) async throws -> T {
    let result: Result<T, any Error> = await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: Result { try body() }) }
    }
    return try result.get()
  }

  private func tool(
    _ name: String, session: Bool = false, readOnly: Bool? = nil, schema: String = "{}"
  ) throws -> LiveTool {
    var tool = Tool(name: name, description: "")
    tool.session = session
    tool.readOnly = readOnly
    return try LiveTool(
      tool, worker: "worker", arguments: Array("{}".utf8), schema: Array(schema.utf8), callsPerSession: 5)
  }

  private func planned(_ callsPerSecond: Double, milliseconds: UInt64, tools: Int = 1) -> [UInt64] {
    var arrivals = Arrivals(
      callsPerSecond: callsPerSecond, shares: Array(repeating: 1, count: tools), seed: 7, stream: 0)
    var times: [UInt64] = []
    while true {
      let next = arrivals.next().nanoseconds
      guard next < milliseconds * 1_000_000 else { return times }
      times.append(next)
    }
  }

  /// A server that stands still for 300 ms gets its calls all the same, and each call's latency is what was left of the
  /// standstill when it was planned.
  @Test func aServerThatStallsChangesNothingInTheSchedule() async throws {
    let node = PlayedNode("fra")
    let records = try await load([node], callsPerSecond: 400, milliseconds: 1_000) { loop in
      try await loop.sleep(milliseconds: 300)
      node.isStalled = true
      try await loop.sleep(milliseconds: 300)
      node.isStalled = false
    }
    let planned = planned(400, milliseconds: 1_000)
    #expect(planned.count > 350)
    #expect(records.calls.map(\.planned).sorted() == planned)
    #expect(records.sent == UInt64(planned.count) && records.calls.allSatisfy { $0.end == .ok })
    // What arrived at the server during the stall is what was planned for it.
    let stalled = records.calls.filter { $0.planned > 330_000_000 && $0.planned < 550_000_000 }
    #expect(stalled.count > 60)
    let ends = stalled.map { Double($0.ended) / 1e6 }
    #expect(ends.allSatisfy { $0 > 590 && $0 < 900 }, "\(ends.min() ?? 0) to \(ends.max() ?? 0)")
    #expect(node.mostOpen > 60, "\(node.mostOpen) were open at once")
    let quiet = records.calls.filter { $0.planned < 250_000_000 }.map(\.milliseconds)
    #expect(Live.median(quiet) < 10, "\(Live.median(quiet)) ms")
  }

  @Test func sessionsGoOnAndEachAcknowledgedChangeIsKnown() async throws {
    let node = PlayedNode("fra")
    let schema = #"{"properties":{"operation_id":{"type":"string"}}}"#
    let tools = [
      try tool("add_item", session: true, schema: schema), try tool("show_cart", session: true, readOnly: true),
    ]
    node.failsOneIn = 10
    let records = try await load([node], callsPerSecond: 300, milliseconds: 800, tools: tools)
    #expect(records.calls.count == planned(300, milliseconds: 800, tools: 2).count)
    let changes = records.calls.filter { $0.tool == 0 }
    #expect(Set(records.acknowledged).count == records.acknowledged.count)
    #expect(records.acknowledged.count == changes.count { $0.end == .ok })
    #expect(Set(records.acknowledged).isSubset(of: node.operations))
    #expect(changes.contains { $0.end == .toolError })
    // Most calls named a session that the node had minted, and none another.
    #expect(node.unknownSessions == 0 && node.continued > records.calls.count / 2 && node.minted > 5)
  }

  @Test func aSiteThatMayNotHaveTheArgumentsSendsItsClientsElsewhere() async throws {
    let (near, far) = (PlayedNode("iad"), PlayedNode("fra"))
    near.misdirectsTo = ["waw", "fra"]
    let records = try await load([near, far], callsPerSecond: 200, milliseconds: 300)
    #expect(records.calls.allSatisfy { $0.end == .ok && $0.entry == 1 })
    // The first calls may have been under way together.
    #expect(near.calls >= 1 && near.calls < 20 && far.calls == records.calls.count)
  }

  @Test func whenNobodyMayBeAskedTheCallFails() async throws {
    let near = PlayedNode("iad")
    near.misdirectsTo = ["waw"]
    let records = try await load([near], callsPerSecond: 100, milliseconds: 100)
    #expect(records.codes == ["misdirected"] && records.calls.allSatisfy(\.hasFailed))
  }

  @Test func clientsMoveToTheNextSiteAndComeBack() async throws {
    let (near, far) = (PlayedNode("fra"), PlayedNode("iad"))
    let records = try await load([near, far], callsPerSecond: 200, milliseconds: 3_000) { loop in
      try await loop.sleep(milliseconds: 500)
      near.close()
      try await loop.sleep(milliseconds: 500)
      near.reopen()
    }
    func entries(_ from: UInt64, _ to: UInt64) -> Set<UInt16> {
      Set(records.calls.filter { $0.planned > from * 1_000_000 && $0.planned < to * 1_000_000 }.map(\.entry))
    }
    #expect(entries(0, 450) == [0] && entries(600, 900) == [1] && entries(2_600, 3_000) == [0])
    // Calls on connections that broke may have run; a refused connection costs its call nothing.
    let failed = records.calls.count(where: \.hasFailed)
    #expect(failed <= 5, "\(failed): \(records.codes)")
    #expect(records.sent == UInt64(records.calls.count))
  }

  @Test func aCallThatIsNotAnsweredInTimeIsOneThatFailed() async throws {
    let node = PlayedNode("fra")
    node.isStalled = true
    let records = try await load([node], callsPerSecond: 200, milliseconds: 200, timeout: 150)
    #expect(records.codes == ["timed_out"])
    #expect(records.calls.count == planned(200, milliseconds: 200).count && records.calls.allSatisfy(\.hasFailed))
    #expect(records.calls.allSatisfy { $0.milliseconds >= 145 && $0.milliseconds < 250 })
  }
}
