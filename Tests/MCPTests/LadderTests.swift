// Rows of the ladder (docs/protocol.md, "The ladder"), and the orderings that the conformance suite fixes (its
// scenario `server-stateless`).
import HTTPTypes
import JSON
import Testing

@testable import MCP

@Suite struct LadderTests {
  static let versionKey = #""io.modelcontextprotocol/protocolVersion""#
  static let capabilitiesKey = #""io.modelcontextprotocol/clientCapabilities""#

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var body: String
    var headers: [(name: String, value: String)]
    var status: Int
    var code: Int?
    /// What the answer's id is; nil when it must have none.
    var id: String? = "1"
    var testDescription: String { name }
  }

  static func headers(
    version: String? = "2026-07-28", method: String? = nil, name: String? = nil
  ) -> [(name: String, value: String)] {
    var headers = Fixture.transport
    if let version { headers.append((name: "mcp-protocol-version", value: version)) }
    if let method { headers.append((name: "mcp-method", value: method)) }
    if let name { headers.append((name: "mcp-name", value: name)) }
    return headers
  }

  static func meta(version: String = #""2026-07-28""#, capabilities: String = "{}", more: String = "") -> String {
    #""_meta":{\#(versionKey):\#(version),\#(capabilitiesKey):\#(capabilities)\#(more)}"#
  }

  static let list = Fixture.modernHeaders("tools/list")
  static let discover = Fixture.modernHeaders("server/discover")

  static let envelopeRows: [Row] = [
    Row(name: "7 not JSON", body: "{", headers: list, status: 400, code: -32700, id: nil),
    Row(name: "7 empty", body: "", headers: list, status: 400, code: -32700, id: nil),
    Row(
      name: "7 trailing", body: Fixture.modernBody("tools/list") + "{}", headers: list, status: 400, code: -32700,
      id: nil),
    Row(name: "7 byte order mark", body: "\u{FEFF}{}", headers: list, status: 400, code: -32700, id: nil),
    Row(
      name: "8 array", body: "[" + Fixture.modernBody("tools/list") + "]", headers: list, status: 400, code: -32600,
      id: nil),
    Row(name: "8 string", body: #""tools/list""#, headers: list, status: 400, code: -32600, id: nil),
    Row(
      name: "8 posted response", body: #"{"jsonrpc":"2.0","id":7,"result":{}}"#, headers: list, status: 400,
      code: -32600, id: "7"),
    Row(
      name: "8 posted error", body: #"{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}"#, headers: list,
      status: 400, code: -32600, id: "x"),
    Row(
      name: "8 id null", body: Fixture.modernBody("tools/list", id: "null"), headers: list, status: 400, code: -32600,
      id: nil),
    Row(
      name: "8 id fraction", body: Fixture.modernBody("tools/list", id: "1.5"), headers: list, status: 400,
      code: -32600, id: nil),
    Row(
      name: "8 id object", body: Fixture.modernBody("tools/list", id: "{}"), headers: list, status: 400, code: -32600,
      id: nil),
    Row(
      name: "8 id true", body: Fixture.modernBody("tools/list", id: "true"), headers: list, status: 400, code: -32600,
      id: nil),
    Row(name: "8 no method", body: #"{"jsonrpc":"2.0","id":4}"#, headers: list, status: 400, code: -32600, id: "4"),
    Row(
      name: "8 method a number", body: #"{"jsonrpc":"2.0","id":4,"method":5}"#, headers: list, status: 400,
      code: -32600, id: "4"),
    Row(
      name: "8 method and result", body: #"{"jsonrpc":"2.0","id":4,"method":"ping","result":{}}"#, headers: list,
      status: 400, code: -32600, id: "4"),
    Row(
      name: "8 no jsonrpc", body: #"{"id":4,"method":"ping"}"#, headers: list, status: 400, code: -32600, id: "4"),
    Row(
      name: "8 jsonrpc 1.0", body: #"{"jsonrpc":"1.0","id":4,"method":"ping"}"#, headers: list, status: 400,
      code: -32600, id: "4"),
    Row(
      name: "8 params an array", body: #"{"jsonrpc":"2.0","id":4,"method":"ping","params":[]}"#, headers: list,
      status: 400, code: -32600, id: "4"),
    Row(
      name: "8 member twice", body: #"{"jsonrpc":"2.0","id":4,"method":"ping","method":"tools/list"}"#, headers: list,
      status: 400, code: -32600, id: "4"),
    Row(
      name: "8 member twice, one escaped",
      body: #"{"jsonrpc":"2.0","id":4,"method":"ping","m\u0065thod":"tools/list"}"#,
      headers: list, status: 400, code: -32600, id: "4"),
    Row(
      name: "8 id twice", body: #"{"jsonrpc":"2.0","id":4,"method":"ping","id":5}"#, headers: list, status: 400,
      code: -32600, id: nil),
    Row(
      name: "params member twice", body: Fixture.modernBody("tools/list", params: #""a":1,"\u0061":2"#), headers: list,
      status: 400, code: -32602),
    Row(
      name: "params _meta twice", body: Fixture.modernBody("tools/list", params: Fixture.meta), headers: list,
      status: 400, code: -32602),
    Row(
      name: "_meta member twice",
      body: Fixture.modernBody("tools/list", meta: meta(more: #","io.modelcontextprotocol\/clientCapabilities":{}"#)),
      headers: list, status: 400, code: -32602),
  ]

  static let metaRows: [Row] = [
    Row(
      name: "10 no params", body: Fixture.legacyBody("server/discover"), headers: discover, status: 400, code: -32602),
    Row(
      name: "10 params null", body: #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":null}"#,
      headers: discover, status: 400, code: -32602),
    Row(
      name: "10 no _meta", body: Fixture.modernBody("server/discover", meta: ""), headers: discover, status: 400,
      code: -32602),
    Row(
      name: "10 _meta a string", body: Fixture.modernBody("server/discover", meta: #""_meta":"x""#), headers: discover,
      status: 400, code: -32602),
    Row(
      name: "10 no version", body: Fixture.modernBody("server/discover", meta: #""_meta":{\#(capabilitiesKey):{}}"#),
      headers: discover, status: 400, code: -32602),
    Row(
      name: "10 no capabilities",
      body: Fixture.modernBody("server/discover", meta: #""_meta":{\#(versionKey):"2026-07-28"}"#), headers: discover,
      status: 400, code: -32602),
    Row(
      name: "10 version a number", body: Fixture.modernBody("server/discover", meta: meta(version: "5")),
      headers: discover, status: 400, code: -32602),
    Row(
      name: "10 capabilities a string", body: Fixture.modernBody("server/discover", meta: meta(capabilities: #""x""#)),
      headers: discover, status: 400, code: -32602),
    Row(
      name: "10 capabilities null", body: Fixture.modernBody("server/discover", meta: meta(capabilities: "null")),
      headers: discover, status: 400, code: -32602),
    Row(
      name: "10 before 11: no version header, no _meta, unknown header",
      body: Fixture.modernBody("tools/list", meta: ""), headers: headers(version: "v999.0.0"), status: 400,
      code: -32602),
    Row(
      name: "clientInfo a string",
      body: Fixture.modernBody("tools/list", meta: meta(more: #","io.modelcontextprotocol/clientInfo":"me""#)),
      headers: list, status: 400, code: -32602),
    Row(
      name: "logLevel unknown",
      body: Fixture.modernBody("tools/list", meta: meta(more: #","io.modelcontextprotocol/logLevel":"loud""#)),
      headers: list, status: 400, code: -32602),
    Row(
      name: "progressToken true", body: Fixture.modernBody("tools/list", meta: meta(more: #","progressToken":true"#)),
      headers: list, status: 400, code: -32602),
    Row(
      name: "progressToken null", body: Fixture.modernBody("tools/list", meta: meta(more: #","progressToken":null"#)),
      headers: list, status: 400, code: -32602),
  ]

  static let headerRows: [Row] = [
    Row(
      name: "11 no version header", body: Fixture.modernBody("tools/list"),
      headers: headers(version: nil, method: "tools/list"), status: 400, code: -32020),
    Row(
      name: "11 body v999, header modern", body: Fixture.modernBody("tools/list", meta: meta(version: #""v999.0.0""#)),
      headers: list, status: 400, code: -32020),
    Row(
      name: "11 header v999, body modern", body: Fixture.modernBody("tools/list"),
      headers: headers(version: "v999.0.0", method: "tools/list"), status: 400, code: -32020),
    Row(
      name: "11 version header twice", body: Fixture.modernBody("tools/list"),
      headers: list + headers(version: "2026-07-28").suffix(1), status: 400, code: -32020),
    Row(
      name: "11 body of another case", body: Fixture.modernBody("tools/list", meta: meta(version: #""V1""#)),
      headers: headers(version: "v1", method: "tools/list"), status: 400, code: -32020),
    Row(
      name: "12 no method header", body: Fixture.modernBody("tools/list"), headers: headers(), status: 400,
      code: -32020),
    Row(
      name: "12 method of another case", body: Fixture.modernBody("tools/list"), headers: headers(method: "TOOLS/LIST"),
      status: 400, code: -32020),
    Row(
      name: "12 method encoded", body: Fixture.modernBody("tools/list"),
      headers: headers(method: "=?base64?dG9vbHMvbGlzdA==?="), status: 400, code: -32020),
    Row(
      name: "12 method header twice", body: Fixture.modernBody("tools/list"),
      headers: list + [(name: "MCP-METHOD", value: "tools/list")], status: 400, code: -32020),
    Row(
      name: "12 before 14", body: Fixture.modernBody("tools/list", meta: meta(version: #""v999.0.0""#)),
      headers: headers(version: "v999.0.0"), status: 400, code: -32020),
    Row(
      name: "13 no name header", body: Fixture.modernBody("tools/call", params: #""name":"plain""#),
      headers: headers(method: "tools/call"), status: 400, code: -32020),
    Row(
      name: "13 other name", body: Fixture.modernBody("tools/call", params: #""name":"plain""#),
      headers: headers(method: "tools/call", name: "echo"), status: 400, code: -32020),
    Row(
      name: "13 name of another case", body: Fixture.modernBody("tools/call", params: #""name":"plain""#),
      headers: headers(method: "tools/call", name: "Plain"), status: 400, code: -32020),
    Row(
      name: "13 bad padding", body: Fixture.modernBody("tools/call", params: #""name":"Hello""#),
      headers: headers(method: "tools/call", name: "=?base64?SGVsbG8?="), status: 400, code: -32020),
    Row(
      name: "13 name header twice", body: Fixture.modernBody("tools/call", params: #""name":"plain""#),
      headers: headers(method: "tools/call", name: "plain") + [(name: "mcp-name", value: "plain")], status: 400,
      code: -32020),
    Row(
      name: "13 before 15: resources/read", body: Fixture.modernBody("resources/read", params: #""uri":"a:b""#),
      headers: headers(method: "resources/read"), status: 400, code: -32020),
    Row(
      name: "13 before 15: prompts/get", body: Fixture.modernBody("prompts/get", params: #""name":"a""#),
      headers: headers(method: "prompts/get", name: "b"), status: 400, code: -32020),
    Row(
      name: "13 before 14",
      body: Fixture.modernBody("tools/call", params: #""name":"a""#, meta: meta(version: #""v9""#)),
      headers: headers(version: "v9", method: "tools/call", name: "b"), status: 400, code: -32020),
    Row(
      name: "14 both v999", body: Fixture.modernBody("tools/list", meta: meta(version: #""v999.0.0""#)),
      headers: headers(version: "v999.0.0", method: "tools/list"), status: 400, code: -32022),
    Row(
      name: "14 before 15", body: Fixture.modernBody("unknown/method", meta: meta(version: #""v999.0.0""#)),
      headers: headers(version: "v999.0.0", method: "unknown/method"), status: 400, code: -32022),
    Row(
      name: "14 before the optional keys",
      body: Fixture.modernBody(
        "tools/list",
        meta: meta(version: #""2027-01-01""#, more: #","io.modelcontextprotocol/logLevel":"trace""#)),
      headers: headers(version: "2027-01-01", method: "tools/list"), status: 400, code: -32022),
  ]

  static let parameterRows: [Row] = [
    Row(
      name: "19 no name", body: Fixture.modernBody("tools/call"), headers: headers(method: "tools/call"), status: 400,
      code: -32602),
    Row(
      name: "19 name a number", body: Fixture.modernBody("tools/call", params: #""name":5"#),
      headers: headers(method: "tools/call", name: "5"), status: 400, code: -32020),
    Row(
      name: "19 arguments a string", body: Fixture.modernBody("tools/call", params: #""name":"plain","arguments":"x""#),
      headers: headers(method: "tools/call", name: "plain"), status: 400, code: -32602),
    Row(
      name: "19 arguments null", body: Fixture.modernBody("tools/call", params: #""name":"plain","arguments":null"#),
      headers: headers(method: "tools/call", name: "plain"), status: 400, code: -32602),
    Row(
      name: "19 unknown tool", body: Fixture.modernBody("tools/call", params: #""name":"nope""#),
      headers: headers(method: "tools/call", name: "nope"), status: 200, code: -32602),
    Row(
      name: "19 cursor", body: Fixture.modernBody("tools/list", params: #""cursor":"abc""#), headers: list, status: 200,
      code: -32602),
    Row(
      name: "19 empty cursor", body: Fixture.modernBody("tools/list", params: #""cursor":"""#), headers: list,
      status: 200, code: -32602),
    Row(
      name: "19 cursor a number", body: Fixture.modernBody("tools/list", params: #""cursor":5"#), headers: list,
      status: 400, code: -32602),
  ]

  @Test(arguments: envelopeRows + metaRows + headerRows + parameterRows)
  func rowIsRefusedAsTheTableSays(_ row: Row) throws {
    let answer = try #require(Fixture.send(row.body, headers: row.headers).answer)
    #expect(answer.status == row.status)
    #expect(answer.code == row.code, "\(answer.text)")
    #expect(answer.id == row.id)
    #expect(answer.contentType == "application/json")
    #expect(answer.verdict == .rpcError(RPCCode(rawValue: row.code ?? 0)))
    #expect(answer.message?.isEmpty == false)
  }

  @Test(arguments: [
    "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "unknown/method",
    "prompts/list", "resources/list", "subscriptions/listen", "tasks/get", "tools/call/x", "", "Tools/List",
  ])
  func methodThatIsNotServedIs404(_ method: String) throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody(method, id: "\"q-1\""), headers: Fixture.modernHeaders(method)).answer)
    #expect(answer.status == 404)
    #expect(answer.code == -32601)
    #expect(answer.id == "q-1")
  }

  @Test func unsupportedVersionNamesWhatIsServed() throws {
    let odd = #""v9\u0039\"9""#
    let answer = try #require(
      Fixture.send(
        Fixture.modernBody("server/discover", meta: Self.meta(version: odd)),
        headers: Self.headers(version: "v99\"9", method: "server/discover")
      ).answer)
    #expect(answer.code == -32022)
    #expect(answer.at("error", "data", "requested") == "v99\"9")
    #expect(answer.at("error", "data", "supported") == #"["2026-07-28","2025-11-25","2025-06-18","2025-03-26"]"#)
  }

  @Test(arguments: [HTTPRequest.Method.get, .delete, .put, .patch, .head])
  func otherHTTPMethodsGet405(_ method: HTTPRequest.Method) throws {
    let answer = try #require(Fixture.send("", headers: Fixture.transport, method: method).answer)
    #expect(answer.status == 405)
    #expect(answer.field("Allow") == "POST")
    #expect(answer.verdict == .refused)
  }

  @Test func invalidUTF8IsAParseError() throws {
    var body = Fixture.bytes(Fixture.modernBody("tools/list", id: "\"aXb\""))
    body[try #require(body.firstIndex(of: UInt8(ascii: "X")))] = 0xFF
    let answer = try #require(Fixture.send(body, headers: Self.list).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32700)
    #expect(answer.id == nil)
  }

  @Test func nestingIsBoundAt64Levels() throws {
    // The message and its params and arguments are three levels.
    func call(levels: Int) -> Decoded {
      let nested = String(repeating: "[", count: levels - 3) + String(repeating: "]", count: levels - 3)
      return Fixture.modernCall("plain", arguments: #"{"a":\#(nested)}"#)
    }
    #expect(call(levels: MCPLimits.nestingDepthMax).call != nil)
    let answer = try #require(call(levels: MCPLimits.nestingDepthMax + 1).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32700)
  }

  @Test func messageBeyondTheParsersMemoryIs413() throws {
    let pool = JSONPool(bytes: 16 << 10)
    let body = Fixture.modernBody(
      "tools/call", params: #""name":"plain","arguments":{"a":"\#(String(repeating: "x", count: 20_000))"}"#)
    let answer = try #require(
      decode(
        method: .post, headers: HeaderList(Fixture.modernHeaders("tools/call", name: "plain")),
        body: Fixture.bytes(body), catalog: Fixture.catalog, pool: pool
      ).answer)
    #expect(answer.status == 413)
    #expect(answer.code == RPCCode.tooLarge.rawValue)
  }

  @Test(arguments: [
    "notifications/initialized", "notifications/cancelled", "notifications/roots/list_changed", "notifications/unknown",
    "tools/call",
  ])
  func notificationGets202(_ method: String) throws {
    let body = #"{"jsonrpc":"2.0","method":"\#(method)","params":{"requestId":1}}"#
    for headers in [
      Fixture.transport, Self.headers(), Self.headers(version: "v999"), Self.headers(version: "2025-06-18"),
    ] {
      let answer = try #require(Fixture.send(body, headers: headers).answer)
      #expect(answer.status == 202)
      #expect(answer.body.isEmpty)
      #expect(answer.contentType == nil)
      #expect(answer.verdict == .accepted)
    }
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","method":"notifications/x","params":5}"#, #"{"method":"notifications/x"}"#,
    #"{"jsonrpc":"2.0","method":["notifications/x"]}"#,
  ])
  func malformedNotificationIsRefused(_ body: String) throws {
    let answer = try #require(Fixture.send(body, headers: Fixture.transport).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32600)
    #expect(answer.id == nil)
  }
}
