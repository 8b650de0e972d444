// What a catalog refuses, and what it answers by itself.
import Testing

@testable import MCP

@Suite struct CatalogTests {
  static func tool(_ name: String, input: String = #"{"type":"object"}"#, output: String? = nil) -> CatalogTool {
    CatalogTool(
      name: name, description: "d", inputSchema: Fixture.bytes(input), outputSchema: output.map(Fixture.bytes))
  }

  static func refusal(_ tools: [CatalogTool]) -> MCPError? {
    do {
      _ = try Catalog(tools: tools, identity: Fixture.identity)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["", "a b", "a/b", "ü", "a\n", String(repeating: "x", count: MCPLimits.toolNameBytesMax + 1)])
  func badNameIsRefused(_ name: String) {
    #expect(Self.refusal([Self.tool(name)])?.code == .invalidToolName)
  }

  @Test(arguments: ["a", "A-z_0.9", String(repeating: "x", count: MCPLimits.toolNameBytesMax)])
  func goodNameIsTaken(_ name: String) {
    #expect(Self.refusal([Self.tool(name)]) == nil)
  }

  @Test func namesAreUnique() {
    #expect(Self.refusal([Self.tool("a"), Self.tool("b"), Self.tool("a")])?.code == .duplicateTool)
    #expect(Self.refusal([Self.tool("a"), Self.tool("A")]) == nil)
  }

  @Test func toolsAreBound() throws {
    let tools = (0...MCPLimits.catalogToolsMax).map { Self.tool("t\($0)") }
    #expect(Self.refusal(tools)?.code == .tooManyTools)
    let catalog = try Catalog(tools: Array(tools.dropLast()), identity: Fixture.identity)
    #expect(catalog.count == MCPLimits.catalogToolsMax)
    #expect(catalog.index(of: "t999") == 999)
    #expect(catalog.index(of: "t1000") == nil)
    #expect(catalog.name(at: 5) == "t5")
  }

  @Test(arguments: [
    "", "{", "[]", "true", "{}", #"{"type":"string"}"#, #"{"type":["object"]}"#,
  ])
  func inputSchemaIsAnObjectsSchema(_ schema: String) {
    let error = Self.refusal([Self.tool("t", input: schema)])
    #expect(error?.code == .invalidSchema)
    #expect(error?.message.contains("`t`") == true)
  }

  @Test(arguments: ["", "{", "[]", "true"])
  func outputSchemaIsASchema(_ schema: String) {
    #expect(Self.refusal([Self.tool("t", output: schema)])?.code == .invalidSchema)
  }

  @Test func outputSchemaMayHaveAnyRoot() {
    #expect(Self.refusal([Self.tool("t", output: "{}"), Self.tool("u", output: #"{"type":"array"}"#)]) == nil)
  }

  @Test func emptyIdentityIsRefused() {
    let error = #expect(throws: MCPError.self) {
      try Catalog(tools: [], identity: ServerIdentity(name: "", version: "1"))
    }
    #expect(error?.code == .invalidIdentity)
  }

  @Test func discoverSaysWhatIsServed() throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody("server/discover"), headers: Fixture.modernHeaders("server/discover")).answer)
    #expect(answer.status == 200)
    #expect(answer.at("result", "resultType") == "complete")
    #expect(answer.at("result", "supportedVersions") == #"["2026-07-28","2025-11-25","2025-06-18","2025-03-26"]"#)
    #expect(answer.at("result", "capabilities") == #"{"tools":{"listChanged":false}}"#)
    #expect(answer.at("result", "instructions") == #"Ask for "forecasts"."#)
    #expect(answer.at("result", "ttlMs") == "60000")
    #expect(answer.at("result", "cacheScope") == "public")
    #expect(answer.at("result", "serverInfo") == nil)
    #expect(answer.at("result", "_meta", "io.modelcontextprotocol/serverInfo", "name") == "atoll-test")
  }

  @Test func modernListHasEverything() throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody("tools/list"), headers: Fixture.modernHeaders("tools/list")).answer)
    #expect(answer.at("result", "resultType") == "complete")
    #expect(answer.at("result", "ttlMs") == "60000")
    #expect(answer.at("result", "cacheScope") == "public")
    #expect(answer.at("result", "_meta", "io.modelcontextprotocol/serverInfo", "version") == "1.0")
    #expect(answer.at("result", "nextCursor") == nil)
    #expect(answer.at("result", "tools", "0", "title") == "Echo")
    #expect(answer.at("result", "tools", "0", "inputSchema") == Fixture.text(Fixture.echo.inputSchema))
    #expect(answer.at("result", "tools", "3", "outputSchema") == #"{"type":"integer"}"#)
    #expect(answer.at("result", "tools", "4", "inputSchema") == Fixture.text(Fixture.routed.inputSchema))
  }

  @Test func cacheHintIsTheNodes() throws {
    let catalog = try Catalog(tools: [], identity: Fixture.identity, cache: .none)
    for method in ["server/discover", "tools/list"] {
      let answer = try #require(
        Fixture.send(Fixture.modernBody(method), headers: Fixture.modernHeaders(method), catalog: catalog).answer)
      #expect(answer.at("result", "ttlMs") == "0")
      #expect(answer.at("result", "cacheScope") == "private")
    }
  }
}
