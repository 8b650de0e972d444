// Replay: calls of every example worker, recorded with store and upstreams, answer the same bytes without them.
import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Logging
import MCP
import Manifests
import Sandbox
import Testing

@testable import Nodes

/// A call to record: worker, tool, arguments. `SESSION` in the arguments is the handle that the worker gave last.
private struct Sample {
  var worker: String
  var tool: String
  var arguments: String
  init(_ worker: String, _ tool: String, _ arguments: String = "{}") {
    (self.worker, self.tool, self.arguments) = (worker, tool, arguments)
  }

  static let all = [
    Sample("hello", "greet", #"{"name":"Ada"}"#), Sample("hello", "add", #"{"a":2,"b":3}"#),
    Sample("wordcount", "count", #"{"text":"one two"}"#),
    Sample("limits", "fail"), Sample("limits", "sleep", #"{"milliseconds":30}"#),
    Sample("currency", "convert", #"{"amount":"12.50","from":"EUR","to":"JPY"}"#),
    Sample("markdown", "render", ##"{"markdown":"# Hi\n\n*there*"}"##),
    Sample("cart", "add_item", #"{"sku":"tea-100","operation_id":"op-1"}"#),
    Sample("cart", "add_item", #"{"sku":"mug-1","quantity":2,"operation_id":"op-2","session":"SESSION"}"#),
    Sample("cart", "show_cart", #"{"session":"SESSION"}"#),
    Sample("notes", "add_note", #"{"title":"first","text":"hello"}"#),
    Sample("notes", "list_notes"),
    Sample("fanout", "compare_prices", #"{"sku":"tea-100"}"#),
    Sample("orders", "order_status", #"{"order":"A-1001"}"#),
    Sample("residents", "register_resident", #"{"number":"R-204","name":"Ada","address":"1 Harbour Street"}"#),
    Sample("residents", "find_resident", #"{"number":"R-204"}"#),
  ]
}

/// One upstream for all names: it answers by the path, and the third shop with an error.
private struct Shops: HTTPService {
  func answer(_ exchange: HTTPExchange) async {
    let isBroken = exchange.path.hasPrefix("/c")
    let answer =
      exchange.path.hasPrefix("/orders-db")
      ? #"{"customer":"c7","state":"open","lines":[{"sku":"tea-100","quantity":2}],"name":"Ada","shipments":[]}"#
      : #"{"price":420,"currency":"EUR"}"#
    exchange.respond(
      status: isBroken ? .serviceUnavailable : .ok, fields: [("Content-Type", "application/json")],
      body: Array(answer.utf8))
  }
}

private func headers(_ tool: String) -> HeaderList {
  [
    "Accept": "application/json, text/event-stream", "Content-Type": "application/json",
    "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
  ]
}

@Suite(.timeLimit(.minutes(3))) struct ReplayTests {
  private static let workers = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("workers").path

  private func body(_ sample: Sample, session: String) -> [UInt8] {
    let arguments = sample.arguments.replacing("SESSION", with: session)
    return Array(
      """
      {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\(sample.tool)","arguments":\(arguments),\
      "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
      "io.modelcontextprotocol/clientCapabilities":{}}}}
      """.utf8)
  }

  private struct Recorded: Sendable {
    var sample: String
    var answer: String
    var isSame: Bool
    var isWhole: Bool
    var operations: Int
    /// What the node has counted of the tool by then.
    var counts: ToolCounts?
  }

  /// Records one call of a worker, and runs it again with everything off.
  private static func run(
    _ sample: Sample, _ body: [UInt8], on node: LocalNode, silent: LocalNode
  ) async -> Recorded {
    let tape = CallTape()
    node.loop.onCall = { $0.ledger.tape = tape }
    let answer = String(decoding: await node.answer(headers: headers(sample.tool), body: body), as: UTF8.self)
    let ledger = CallLedger()
    let replay = tape.rewound()
    ledger.tape = replay
    let outcome = await silent.loop.sandbox.call(
      silent.loop.service.workers[0].program!, request: tape.request, ledger: ledger, services: nil)
    return Recorded(
      sample: "\(sample.worker).\(sample.tool)", answer: answer, isSame: outcome == tape.outcome,
      isWhole: replay.isAtItsEnd, operations: tape.counts.operations,
      counts: node.loop.snapshot().workers[sample.worker]?.tools[sample.tool])
  }

  @Test func everyExampleWorkerAnswersTheSameBytes() async throws {
    let loop = try EventLoop()
    loop.start(name: "replay-test")
    defer {
      loop.stop()
      loop.join()
    }
    let all = try await withCheckedThrowingContinuation { continuation in
      loop.spawn {
        do { continuation.resume(returning: try await recordAll(on: loop)) } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    #expect(all.count == Sample.all.count)
    for recorded in all {
      #expect(recorded.isSame, "\(recorded.sample): \(recorded.answer)")
      #expect(recorded.isWhole, "\(recorded.sample)")
      let isExpectedToFail = recorded.sample == "limits.fail"
      #expect(
        recorded.answer.contains(#""isError":true"#) == isExpectedToFail, "\(recorded.sample): \(recorded.answer)")
    }
    #expect(all.filter { $0.sample.hasPrefix("fanout") }.map(\.operations) == [3])
    #expect(all.filter { $0.sample.hasPrefix("orders") }.map(\.operations) == [3])
    #expect(all.filter { $0.sample.hasPrefix("cart") }.allSatisfy { $0.operations > 0 })
    #expect(all.filter { $0.sample.hasPrefix("notes") }.allSatisfy { $0.operations > 0 })
    try expectCosts(all)
  }

  /// What `atoll plan --measured` reckons with is what the calls did.
  private func expectCosts(_ all: [Recorded]) throws {
    func counts(_ sample: String) throws -> ToolCounts {
      try #require(all.last { $0.sample == sample }?.counts, "\(sample)")
    }
    let greet = try counts("hello.greet")
    #expect(greet.calls == 1 && greet.processorNanoseconds > 0 && greet.requestBytes == #"{"name":"Ada"}"#.utf8.count)
    #expect(greet.answerBytes > 0 && greet.reads == 0 && greet.writes == 0 && greet.upstreams.isEmpty)
    let add = try counts("cart.add_item")
    #expect(add.calls == 2 && add.reads == 0 && add.writes == 0, "the session's operations are not the tool's")
    let (register, find) = (try counts("residents.register_resident"), try counts("residents.find_resident"))
    #expect(register.reads == 1 && register.writes == 1 && find.reads == 1 && find.writes == 0)
    let orders = try #require(counts("orders.order_status").upstreams["orders-db"])
    #expect(orders.requests == 3 && orders.answerBytes > 300)
    #expect(try counts("fanout.compare_prices").upstreams.count == 3)
  }

  private func recordAll(on loop: EventLoop) async throws -> [Recorded] {
    let server = HTTPServer(
      loop: loop, limits: HTTPLimits(), hosts: try HostPolicy(allowedHosts: [], allowedOrigins: []), service: Shops())
    let address = try server.listen(on: .loopback(port: 0), sharing: .exclusive)
    var configuration = NodeConfiguration.standard
    configuration.limits.instances = 4
    configuration.kv = "memory:"
    configuration.allowedAddresses = ["127.0.0.0/8"]
    for (name, path) in [("shop-a", "a"), ("shop-b", "b"), ("shop-c", "c"), ("orders-db", "orders-db")] {
      configuration.upstreamsAt[name] = "http://127.0.0.1:\(address.port)/\(path)"
    }
    let credentials = NodeCredentials(mintsKeys: true, secrets: Secrets(environment: { _ in "s3cret" }))
    let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    var recorded: [Recorded] = []
    var names: [String] = []
    for sample in Sample.all where !names.contains(sample.worker) { names.append(sample.worker) }
    for name in names {
      func open() throws -> LocalNode {
        try LocalNode(
          [WorkerSource(path: "\(Self.workers)/\(name)")], configuration, credentials: credentials, on: loop,
          cacheDirectory: ModuleStore.defaultCacheDirectory, log: log)
      }
      let node = try open()
      let silent = try open()
      var session = ""
      for sample in Sample.all where sample.worker == name {
        let result = await Self.run(sample, body(sample, session: session), on: node, silent: silent)
        if let found = result.answer.firstMatch(of: #/"session":"([A-Za-z0-9_-]+)"/#) { session = String(found.1) }
        recorded.append(result)
      }
      node.close()
      silent.close()
    }
    server.close()
    return recorded
  }
}
