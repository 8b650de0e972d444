// Row 16: `Mcp-Param-*` against the arguments, and the annotations that a catalog refuses.
import Testing

@testable import MCP

@Suite struct ParameterHeaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: String?
    var headers: [(String, String)]
    var accepted: Bool
    var testDescription: String { "\(arguments ?? "none") with \(headers)" }
  }

  static let cases: [Case] = [
    Case(arguments: nil, headers: [], accepted: true),
    Case(arguments: #"{"region":"eu"}"#, headers: [("Mcp-Param-Region", "eu")], accepted: true),
    Case(arguments: #"{"region":"eu"}"#, headers: [("MCP-PARAM-REGION", " eu\t")], accepted: true),
    Case(arguments: #"{"region":"\u0065u"}"#, headers: [("Mcp-Param-Region", "eu")], accepted: true),
    Case(
      arguments: #"{"region":"zürich"}"#, headers: [("Mcp-Param-Region", "=?base64?esO8cmljaA==?=")], accepted: true),
    Case(arguments: #"{"region":"zürich"}"#, headers: [("Mcp-Param-Region", "zürich")], accepted: false),
    Case(arguments: #"{"region":"eu"}"#, headers: [], accepted: false),
    Case(arguments: #"{"region":"eu"}"#, headers: [("Mcp-Param-Region", "us")], accepted: false),
    Case(arguments: #"{"region":"eu"}"#, headers: [("Mcp-Param-Region", "EU")], accepted: false),
    Case(
      arguments: #"{"region":"eu"}"#, headers: [("Mcp-Param-Region", "eu"), ("Mcp-Param-Region", "eu")], accepted: false
    ),
    Case(arguments: #"{"region":"Hello"}"#, headers: [("Mcp-Param-Region", "=?base64?SGVsbG8?=")], accepted: false),
    Case(arguments: #"{"region":"Hello"}"#, headers: [("Mcp-Param-Region", "=?base64?SGV$bG8=?=")], accepted: false),
    Case(arguments: #"{"region":"SGVsbG8=?="}"#, headers: [("Mcp-Param-Region", "SGVsbG8=?=")], accepted: true),
    Case(
      arguments: #"{"region":"=?base64?SGVsbG8="}"#, headers: [("Mcp-Param-Region", "=?base64?SGVsbG8=")],
      accepted: true),
    Case(arguments: #"{"region":null}"#, headers: [], accepted: true),
    Case(arguments: #"{"region":null}"#, headers: [("Mcp-Param-Region", "null")], accepted: false),
    Case(arguments: "{}", headers: [("Mcp-Param-Region", "eu")], accepted: false),
    Case(arguments: nil, headers: [("Mcp-Param-Region", "eu")], accepted: false),
    Case(arguments: #"{"region":""}"#, headers: [("Mcp-Param-Region", "")], accepted: true),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "42")], accepted: true),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "42.0")], accepted: true),
    Case(arguments: #"{"size":42.0}"#, headers: [("Mcp-Param-Size", "42")], accepted: true),
    Case(arguments: #"{"size":-7}"#, headers: [("Mcp-Param-Size", "-7")], accepted: true),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "43")], accepted: false),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "4.2e1")], accepted: false),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "0x2a")], accepted: false),
    Case(arguments: #"{"size":42}"#, headers: [("Mcp-Param-Size", "")], accepted: false),
    Case(arguments: #"{"size":9007199254740991}"#, headers: [("Mcp-Param-Size", "9007199254740991")], accepted: true),
    Case(arguments: #"{"size":9007199254740993}"#, headers: [("Mcp-Param-Size", "9007199254740992")], accepted: false),
    Case(arguments: #"{"where":{"dry":true}}"#, headers: [("Mcp-Param-Dry", "true")], accepted: true),
    Case(arguments: #"{"where":{"dry":false}}"#, headers: [("Mcp-Param-Dry", "true")], accepted: false),
    Case(arguments: #"{"where":{"dry":true}}"#, headers: [("Mcp-Param-Dry", "True")], accepted: false),
    Case(arguments: #"{"where":{"dry":true}}"#, headers: [], accepted: false),
    Case(arguments: #"{"where":{}}"#, headers: [("Mcp-Param-Dry", "true")], accepted: false),
    Case(arguments: "{}", headers: [("Mcp-Param-Other", "x"), ("Mcp-Param-Other", "y")], accepted: true),
  ]

  @Test(arguments: cases)
  func headersMatchTheArguments(_ item: Case) throws {
    let decoded = Fixture.modernCall("routed", arguments: item.arguments, headers: item.headers)
    if item.accepted {
      // Null agrees with an absent header; that the schema refuses it is another matter.
      #expect(decoded.call != nil)
    } else {
      let answer = try #require(decoded.answer)
      #expect(answer.status == 400)
      #expect(answer.code == -32020)
    }
  }

  @Test func legacyTrafficHasNoParameterHeaders() {
    #expect(Fixture.legacyCall("routed", arguments: #"{"region":"eu"}"#).call != nil)
  }

  @Test func prefixedToolIsKnownToItsWorkerByItsOwnName() throws {
    let call = try #require(Fixture.modernCall("routed").call)
    #expect(call.toolName == "routed")
    #expect(
      Fixture.text(call.guestRequest())
        == #"{"method":"tools/call","name":"inner","arguments":{},"context":{"protocol":"2026-07-28"}}"#)
  }

  @Test(arguments: [
    (#"{"type":"object","x-mcp-header":"A"}"#, "/x-mcp-header"),
    (
      #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}}"#,
      "/properties/a/items/x-mcp-header"
    ),
    (
      #"{"type":"object","anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
      "/anyOf/0/properties/a/x-mcp-header"
    ),
    (#"{"type":"object","$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#, "/$defs/a/x-mcp-header"),
    (#"{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#, "\"integer\""),
    (#"{"type":"object","properties":{"a":{"type":["string","null"],"x-mcp-header":"A"}}}"#, "no list of types"),
    (#"{"type":"object","properties":{"a":{"x-mcp-header":"A"}}}"#, "\"type\""),
    (#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":""}}}"#, "no header name"),
    (#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A B"}}}"#, "no header name"),
    (#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A\r\nB"}}}"#, "no header name"),
    (#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":5}}}"#, "must be a string"),
    (
      #"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"#
        + #""b":{"type":"string","x-mcp-header":"a"}}}"#,
      "/a has already"
    ),
  ])
  func misplacedAnnotationIsRefusedWithItsPlace(_ schema: String, _ part: String) {
    let tool = CatalogTool(name: "t", description: "d", inputSchema: Fixture.bytes(schema))
    let error = #expect(throws: MCPError.self) { try Catalog(tools: [tool], identity: Fixture.identity) }
    #expect(error?.code == .invalidHeaderAnnotation)
    #expect(error?.message.contains("`t`") == true)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test func dataThatLooksLikeAnAnnotationIsData() throws {
    let schema = #"""
      {"type":"object","default":{"x-mcp-header":"A"},"properties":{"x-mcp-header":{"type":"array"},
      "b":{"const":{"x-mcp-header":5}}}}
      """#
    let tool = CatalogTool(name: "t", description: "d", inputSchema: Fixture.bytes(schema))
    #expect(try Catalog(tools: [tool], identity: Fixture.identity).tools[0].headerParameters.isEmpty)
  }
}
