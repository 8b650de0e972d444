// KV and Session over a host that stands in: what is asked, what is made of the answers.
import Testing

@testable import AtollWorker

/// Runs `body` over a node that gives these answers in turn, and the last one again; answers the requests, `\0` as `|`.
func asked(_ answers: String..., body: () throws -> Void) rethrows -> [String] {
  nonisolated(unsafe) var requests: [String] = []
  nonisolated(unsafe) var left = answers
  let node = StandIn { module, request in
    requests.append("\(module) " + String(decoding: request.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self))
    let answer = left.count > 1 ? left.removeFirst() : left[0]
    return [.bytes(Array(answer.utf8))]
  }
  try StandIn.$current.withValue(node) { try body() }
  #expect(node.held == 0, "a handle was not dropped")
  return requests
}

private func stateError<Value>(_ body: () throws(StateError) -> Value) -> StateError? {
  do throws(StateError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

@Suite("State of a Swift worker")
struct StateTests {
  @Test func anEntryIsReadWithItsVersion() throws {
    let requests = try asked(
      #"{"found":true,"version":"7","expires_ms":1790000000000}"# + "\0v\0\u{FC}", #"{"found":false}"#
    ) {
      let entry = try #require(try KV("notes").get("a \"b\""))
      #expect(entry.text == "v\0\u{FC}")
      #expect(entry.version == "7")
      #expect(entry.expiresMilliseconds == 1_790_000_000_000)
      #expect(try KV().get("none") == nil)
    }
    #expect(requests == [#"kv {"op":"get","namespace":"notes","key":"a \"b\""}"#, #"kv {"op":"get","key":"none"}"#])
  }

  @Test func valuesAreTextBytesAndJSON() throws {
    let requests = try asked(#"{"version":"8"}"#) {
      let notes = KV("n")
      #expect(try notes.put("a", "text") == "8")
      try notes.put("a", .bytes([0x61, 0, 0x62]), ttlMilliseconds: 50, if: .absent)
      try notes.put("a", .json { $0.object { $0.member("x", 1) } }, if: .version("7"))
    }
    #expect(
      requests == [
        #"kv {"op":"put","namespace":"n","key":"a"}|text"#,
        #"kv {"op":"put","namespace":"n","key":"a","ttl_ms":50,"if":"absent"}|a|b"#,
        #"kv {"op":"put","namespace":"n","key":"a","if_version":"7"}|{"x":1}"#,
      ])
  }

  @Test func aPageHasKeysAndWhereToGoOn() throws {
    let requests = try asked(
      #"{"keys":[{"key":"a/1","version":"3","expires_ms":5},{"key":"a/\u00fc","version":"4"}],"cursor":"a/2"}"#,
      #"{"keys":[]}"#
    ) {
      let page = try KV("n").list(prefix: "a/", cursor: "a/0", limit: 2)
      #expect(page.keys.map(\.key) == ["a/1", "a/ü"])
      #expect(page.keys.map(\.expiresMilliseconds) == [5, nil])
      #expect(page.cursor == "a/2")
      let rest = try KV().list()
      #expect(rest.keys.isEmpty && rest.cursor == nil)
    }
    #expect(
      requests == [
        #"kv {"op":"list","namespace":"n","prefix":"a/","cursor":"a/0","limit":2}"#, #"kv {"op":"list","limit":100}"#,
      ])
  }

  @Test func anErrorHasItsCodeAndBecomesOneOfTheTool() throws {
    let error = #"{"error":{"code":"state_unavailable","message":"the store \"x\" does not answer"}}"#
    _ = asked(error) {
      let error = stateError { () throws(StateError) in try KV("n").delete("a", ifVersion: "1") }
      #expect(error?.code == "state_unavailable")
      #expect(error?.message == #"the store "x" does not answer"#)
      #expect(
        message { () throws(ToolError) in try orToolError(Session.get()) }
          == #"state_unavailable: the store "x" does not answer"#)
    }
  }

  @Test(arguments: [(Int32(-4), "too_many"), (-5, "denied"), (-6, "too_large")])
  func whatTheHostDoesNotTakeIsAnErrorToo(code: Int32, name: String) {
    #expect(stateError { () throws(StateError) in try StateRequest.version(code) }?.code == name)
  }

  @Test(arguments: ["", "nonsense", "{", "[1]", "{\"error\":5}", "\0\0"])
  func anAnswerThatMakesNoSenseIsHarmless(answer: String) {
    _ = asked(answer) { _ = stateError { () throws(StateError) in try KV("n").get("a") } }
  }

  @Test func longAnswersComeWhole() throws {
    let long = String(repeating: "0123456789", count: 100_000)
    _ = try asked(#"{"found":true,"version":"1"}"# + "\0" + long) {
      let stored = try Session.get()
      #expect(stored?.text == long)
    }
  }

  @Test func anUpdateIsRepeatedWhereAnotherCallWrote() throws {
    let conflict = #"{"error":{"code":"conflict","message":"again"}}"#
    let requests = try asked(
      #"{"found":false}"#, conflict, #"{"found":true,"version":"2"}"# + "\0one", #"{"version":"3"}"#
    ) {
      let put = try Session.update { old throws(ToolError) in .text("\(old?.text ?? "new")+") }
      #expect(put.map { String(decoding: $0.bytes, as: UTF8.self) } == "one+")
    }
    #expect(
      requests == [
        #"session {"op":"get"}"#, #"session {"op":"put","if":"absent"}|new+"#, #"session {"op":"get"}"#,
        #"session {"op":"put","if_version":"2"}|one+"#,
      ])
    _ = asked(#"{"found":false}"#, conflict, #"{"found":false}"#, conflict) {
      let lost = message { () throws(ToolError) in try KV("n").update("a", attempts: 2) { _ throws(ToolError) in "x" } }
      #expect(lost == "conflict: other calls wrote between reading and writing, 2 times in a row; try again")
    }
  }

  @Test func anUpdateThatLeavesThingsAsTheyAreWritesNothing() throws {
    let requests = try asked(#"{"found":true,"version":"2"}"# + "\0one") {
      let put = try KV("n").update("a") { _ throws(ToolError) in nil }
      #expect(put == nil)
      #expect(
        message { () throws(ToolError) in try Session.update { _ throws(ToolError) in throw ToolError("no") } } == "no")
    }
    #expect(requests.count == 2)
  }

  @Test func whatExpiresGoesOnToDoSoAfterAnUpdate() throws {
    // The clock stands still at 0.
    let requests = try asked(#"{"found":true,"version":"2","expires_ms":900}"# + "\0one", #"{"version":"3"}"#) {
      try KV("n").update("a") { _ throws(ToolError) in "x" }
    }
    #expect(requests.last == #"kv {"op":"put","namespace":"n","key":"a","ttl_ms":900,"if_version":"2"}|x"#)
  }

  @Test(arguments: [
    (#"{"a":[1]}"#, true), (" 5 ", true), ("", false), ("{} x", false), ("[1", false), ("\"a", false),
  ])
  func aStoredValueReadsAsJSONWhereItIsJSON(text: String, isJSON: Bool) {
    let stored = Stored(bytes: Array(text.utf8), version: "1", expiresMilliseconds: nil)
    #expect((stored.json != nil) == isJSON)
  }
}
