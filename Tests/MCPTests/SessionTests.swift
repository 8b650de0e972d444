// Tools that work in a session: their schemas, the handle that comes in, the handle that goes out.
import JSON
import Testing

@testable import MCP

@Suite struct SessionTests {
  private static func tool(_ input: String, output: String? = nil) -> CatalogTool {
    CatalogTool(
      name: "cart", description: "Has a session", inputSchema: Fixture.bytes(input),
      outputSchema: output.map(Fixture.bytes), hasSession: true)
  }
  static let object = #"{"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false}"#

  private func catalog(_ input: String = object, output: String? = nil) throws(MCPError) -> Catalog {
    try Catalog(tools: [Self.tool(input, output: output)], identity: Fixture.identity)
  }

  private func call(_ catalog: Catalog, _ arguments: String, revision: Revision = .modern) -> ToolCall? {
    let params = #""name":"cart","arguments":\#(arguments)"#
    if revision.isModern {
      return Fixture.send(
        Fixture.modernBody("tools/call", params: params), headers: Fixture.modernHeaders("tools/call", name: "cart"),
        catalog: catalog
      ).call
    }
    return Fixture.send(
      Fixture.legacyBody("tools/call", params: params), headers: Fixture.legacyHeaders(revision.text), catalog: catalog
    ).call
  }

  private func answer(
    _ guest: String, output: String? = nil, revision: Revision = .modern, form: ToolOutcome.Form = .json
  ) throws -> HTTPAnswer {
    let catalog = try catalog(output: output)
    let call = try #require(self.call(catalog, "{}", revision: revision))
    return encode(
      .answer(Fixture.bytes(guest), form: form, session: "abc-_9"), for: call, pool: JSONPool(bytes: 1 << 20))
  }

  @Test(arguments: [object, #"{"type":"object"}"#, #"{ "type":"object", "properties" : { } }"#])
  func theArgumentIsInTheListing(_ input: String) throws {
    let list = try catalog(input).toolsList(under: .modern)
    #expect(JSONText.at(["tools", "0", "inputSchema", "properties", "session", "type"], in: list) == "string")
    #expect(JSONText.at(["tools", "0", "inputSchema", "type"], in: list) == "object")
  }

  @Test func theAuthorsSchemaIsOtherwiseUntouched() throws {
    let list = try catalog().toolsList(under: .v20250618)
    #expect(JSONText.at(["tools", "0", "inputSchema", "properties", "n", "type"], in: list) == "integer")
    #expect(JSONText.at(["tools", "0", "inputSchema", "additionalProperties"], in: list) == "false")
  }

  @Test func anOwnPropertySessionIsRefused() {
    for (input, output) in [
      (#"{"type":"object","properties":{"session":{}}}"#, nil),
      (#"{"type":"object","properties":{"sess\u0069on":{}}}"#, nil),
      (Self.object, #"{"type":"object","properties":{"session":{}}}"#),
    ] as [(String, String?)] {
      let error = #expect(throws: MCPError.self) { try catalog(input, output: output) }
      #expect(error?.message.contains("has a property `session`") == true)
    }
  }

  @Test func theHandleIsReadFromTheArguments() throws {
    let pool = JSONPool(bytes: 1 << 20)
    let catalog = try catalog()
    #expect(call(catalog, #"{"session":"abc"}"#)?.sessionHandle(pool: pool) == "abc")
    #expect(call(catalog, #"{"n":1,"s\u0065ssion":"a\u0062c"}"#)?.sessionHandle(pool: pool) == "abc")
    #expect(call(catalog, #"{"session":""}"#)?.sessionHandle(pool: pool) == nil)
    #expect(call(catalog, #"{"n":1}"#)?.sessionHandle(pool: pool) == nil)
    #expect(call(catalog, #"{"session":"abc"}"#)?.hasSession == true)
  }

  @Test func aHandleThatIsNoStringOrTooLongDoesNotFit() throws {
    let pool = JSONPool(bytes: 1 << 20)
    let catalog = try catalog()
    #expect(call(catalog, #"{"session":5}"#)?.argumentsProblem(pool: pool) != nil)
    let longest = String(repeating: "a", count: 512)
    #expect(call(catalog, #"{"session":"\#(longest)"}"#)?.argumentsProblem(pool: pool) == nil)
    #expect(call(catalog, #"{"session":"\#(longest)a"}"#)?.argumentsProblem(pool: pool) != nil)
    #expect(call(catalog, #"{"n":1}"#)?.argumentsProblem(pool: pool) == nil)
  }

  @Test func anObjectCarriesTheHandleInBothForms() throws {
    let answer = try answer(#"{"a":1}"#)
    #expect(answer.at("result", "structuredContent") == #"{"a":1,"session":"abc-_9"}"#)
    #expect(answer.at("result", "content", "0", "text") == #"{"a":1,"session":"abc-_9"}"#)
    #expect(answer.at("result", "content", "1") == nil)
    #expect(try self.answer("{ }").at("result", "structuredContent", "session") == "abc-_9")
  }

  @Test(arguments: ["\"text\"", "[1]", "5", #"{"result":{"content":[{"type":"text","text":"hi"}]}}"#])
  func otherAnswersCarryItAsAText(_ guest: String) throws {
    let answer = try answer(guest)
    #expect(answer.at("result", "content", "1", "text") == "session: abc-_9")
    #expect(answer.at("result", "content", "2") == nil)
  }

  @Test func explicitStructuredContentCarriesIt() throws {
    let both = try answer(#"{"result":{"content":[{"type":"text","text":"hi"}],"structuredContent":{"a":1}}}"#)
    #expect(both.at("result", "structuredContent") == #"{"a":1,"session":"abc-_9"}"#)
    #expect(both.at("result", "content", "1", "text") == "session: abc-_9")
    let alone = try answer(#"{"result":{"structuredContent":{"a":1}}}"#)
    #expect(alone.at("result", "content", "0", "text") == #"{"a":1,"session":"abc-_9"}"#)
    #expect(alone.at("result", "content", "1") == nil)
  }

  @Test func anErrorCarriesItToo() throws {
    let answer = try answer(#"{"result":{"content":[{"type":"text","text":"no"}],"isError":true}}"#)
    #expect(answer.at("result", "isError") == "true")
    #expect(answer.at("result", "content", "1", "text") == "session: abc-_9")
  }

  @Test func aCommandsTextCarriesIt() throws {
    let answer = try answer("plain words\n", form: .jsonOrText)
    #expect(answer.at("result", "content", "0", "text") == "plain words")
    #expect(answer.at("result", "content", "1", "text") == "session: abc-_9")
  }

  @Test func thePublishedOutputSchemaFitsTheAnswer() throws {
    let schema = #"{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}"#
    let good = try answer(#"{"a":1}"#, output: schema)
    #expect(good.verdict == .result)
    #expect(good.at("result", "structuredContent", "session") == "abc-_9")
    #expect(try answer(#"{"b":1}"#, output: schema).verdict == .toolError)
    let list = try catalog(output: schema).toolsList(under: .modern)
    #expect(JSONText.at(["tools", "0", "outputSchema", "properties", "session", "type"], in: list) == "string")
  }

  @Test func anOutputThatIsNoObjectStaysAsItIs() throws {
    let answer = try answer("[1]", output: #"{"type":"array"}"#)
    #expect(answer.at("result", "structuredContent") == "[1]")
    #expect(answer.at("result", "content", "1", "text") == "session: abc-_9")
  }

  @Test func aMemberSessionOfTheGuestsOwnDoesNotGoOut() throws {
    for guest in [#"{"session":"forged"}"#, #"{"result":{"structuredContent":{"s\u0065ssion":"forged"}}}"#] {
      let answer = try answer(guest)
      #expect(answer.verdict == .toolError)
      #expect(!answer.text.contains("forged"))
    }
  }

  @Test func theFirstRevisionHasItInItsText() throws {
    let answer = try answer(#"{"a":1}"#, revision: .v20250326)
    #expect(answer.at("result", "content", "0", "text") == #"{"a":1,"session":"abc-_9"}"#)
  }
}
