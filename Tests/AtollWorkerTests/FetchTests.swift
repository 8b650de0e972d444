// Fetch over a host that stands in: side by side, in pieces, and every way to fail.
import Testing

@testable import AtollWorker

private func head(_ status: Int, _ more: String = "") -> [UInt8] {
  Array(
    #"{"status":\#(status),"status_text":"Fine","headers":[["content-type","a/b"],["x-a","\u00fc"]],"url":"https://a/x","redirected":true,"upstream":"a"\#(more)}"#
      .utf8)
}

private func error(_ code: String) -> [UInt8] {
  Array(#"{"error":{"code":"\#(code)","message":"it failed","upstream":"a","retry_after_ms":250}}"#.utf8)
}

/// Runs `body` over a node whose upstreams, by their addresses, take these steps.
private func withUpstreams<Value>(
  _ upstreams: [String: [StandIn.Step]], handles: Int = 64, _ body: () throws -> Value
) rethrows -> (value: Value, requests: [String], waits: Int) {
  nonisolated(unsafe) var requests: [String] = []
  let node = StandIn { module, request in
    let text = String(decoding: request.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
    requests.append("\(module) \(text)")
    return upstreams.first { text.contains("\"\($0.key)\"") }?.value ?? [.bytes(error("denied"))]
  }
  node.handlesMax = handles
  let value = try StandIn.$current.withValue(node) { try body() }
  #expect(node.held == 0, "a handle was not dropped")
  return (value, requests, node.waits)
}

@Suite("Fetch of a Swift worker")
struct FetchTests {
  @Test func anAnswerHasItsHeadAndItsBody() throws {
    let run = try withUpstreams([
      "u": [.bytes(head(404) + [0] + Array("bo".utf8)), .nothingYet, .bytes(Array("dy".utf8))]
    ]) {
      try fetch(
        Fetch.Request(
          "u", method: "POST", headers: [("accept", "a\"b")], body: [0x78, 0, 0x79], timeoutMilliseconds: 9))
    }
    #expect(run.value.status == 404)
    #expect(!run.value.isOK)
    #expect(run.value.text == "body")
    #expect(run.value.header("x-a") == "ü")
    #expect(run.value.header("none") == nil)
    #expect(run.value.isRedirected)
    #expect(run.value.upstream == "a")
    #expect(run.value.url == "https://a/x")
    #expect(run.waits == 2)
    #expect(run.requests == [#"fetch {"method":"POST","url":"u","headers":[["accept","a\"b"]],"timeout_ms":9}|x|y"#])
  }

  @Test func whatFailsIsAPartOfTheAnswer() {
    let upstreams: [String: [StandIn.Step]] = [
      "a": [.bytes(head(200) + [0] + Array("one".utf8))], "b": [.bytes(error("timeout"))],
      "c": [.bytes(head(200) + [0] + Array("half".utf8)), .code(-7), .bytes(error("reset"))], "d": [.bytes([1, 2])],
    ]
    let run = withUpstreams(upstreams) { Fetch.all(["a", "b", "c", "d", "e"].map { Fetch.Request($0) }) }
    let parts = run.value.map { part in
      switch part {
      case .success(let response): response.text
      case .failure(let error): error.code
      }
    }
    #expect(parts == ["one", "timeout", "reset", "reset", "denied"])
    #expect(run.requests.count == 5)
    guard case .failure(let error) = run.value[1] else { return }
    #expect(error.retryAfterMilliseconds == 250)
    #expect(error.upstream == "a")
    #expect(message { () throws(ToolError) in try run.value[1].orToolError } == "timeout: it failed")
  }

  @Test func moreRequestsThanHandlesTakeTurns() {
    let run = withUpstreams(["u": [.nothingYet, .bytes(head(200) + [0])]], handles: 3) {
      Fetch.all((0..<10).map { _ in Fetch.Request("u") })
    }
    #expect(run.value.count == 10)
    #expect(run.value.allSatisfy { (try? $0.get().status) == 200 })
    #expect(run.requests.count == 10)
  }

  @Test func withoutAFreeHandleThereIsAnErrorAndNoWaitingForEver() {
    let run = withUpstreams([:], handles: 0) { Fetch.all([Fetch.Request("u"), Fetch.Request("u")]) }
    let codes = run.value.map { part in
      if case .failure(let error) = part { error.code } else { "" }
    }
    #expect(codes == ["too_many", "too_many"])
  }

  @Test func nothingAskedIsNothingAnswered() {
    #expect(withUpstreams([:]) { Fetch.all([]) }.value.isEmpty)
  }

  @Test func longBodiesComeWhole() throws {
    let long = Array(String(repeating: "0123456789", count: 50_000).utf8)
    let run = try withUpstreams(["u": [.bytes(head(200) + [0]), .nothingYet, .bytes(long)]]) { try fetch("u") }
    #expect(run.value.body == long)
  }
}
