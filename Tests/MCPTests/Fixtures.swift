// What the suites share: a catalog, requests of both eras, and answers read back.
import HTTPTypes
import JSON

@testable import MCP

enum Fixture {
  static let identity = ServerIdentity(name: "atoll-test", version: "1.0", instructions: "Ask for \"forecasts\".")

  static let echo = CatalogTool(
    name: "echo", title: "Echo", description: "Answers its arguments",
    inputSchema: bytes(
      #"{"type":"object","properties":{"text":{"type":"string"},"count":{"type":"integer"}},"required":["text"]}"#),
    hints: .init(readOnly: true))

  static let plain = CatalogTool(
    name: "plain", description: "Takes anything", inputSchema: bytes(#"{ "type" : "object" }"#))

  static let typed = CatalogTool(
    name: "typed", description: "Promises an object", inputSchema: bytes(#"{"type":"object"}"#),
    outputSchema: bytes(#"{"type":"object","properties":{"sum":{"type":"number"}},"required":["sum"]}"#))

  static let counted = CatalogTool(
    name: "counted", description: "Promises a number", inputSchema: bytes(#"{"type":"object"}"#),
    outputSchema: bytes(#"{"type":"integer"}"#))

  static let routed = CatalogTool(
    name: "routed", guestName: "inner", description: "Has headers",
    inputSchema: bytes(
      """
      {"type":"object","properties":{
        "region":{"type":"string","x-mcp-header":"Region"},
        "size":{"type":"integer","x-mcp-header":"Size"},
        "where":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry"}}}}}
      """))

  static let catalog: Catalog = {
    do {
      return try Catalog(tools: [echo, plain, typed, counted, routed], identity: identity)
    } catch {
      fatalError("\(error)")
    }
  }()

  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
  static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  static let meta =
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

  /// The body of a modern request; `params` are members beside `_meta`.
  static func modernBody(_ method: String, params: String = "", id: String = "1", meta: String = meta) -> String {
    let members = [meta, params].filter { !$0.isEmpty }.joined(separator: ",")
    return #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(members)}}"#
  }

  static func legacyBody(_ method: String, params: String? = nil, id: String = "1") -> String {
    let tail = params.map { #","params":{\#($0)}"# } ?? ""
    return #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)"\#(tail)}"#
  }

  /// What official clients send with a modern request.
  static func modernHeaders(_ method: String, name: String? = nil) -> [(name: String, value: String)] {
    var headers =
      transport + [(name: "MCP-Protocol-Version", value: "2026-07-28"), (name: "Mcp-Method", value: method)]
    if let name { headers.append((name: "Mcp-Name", value: name)) }
    return headers
  }

  static let transport: [(name: String, value: String)] = [
    (name: "Accept", value: "application/json, text/event-stream"), (name: "Content-Type", value: "application/json"),
  ]

  static func legacyHeaders(_ version: String? = nil) -> [(name: String, value: String)] {
    transport + (version.map { [(name: "MCP-Protocol-Version", value: $0)] } ?? [])
  }

  static func send(
    _ body: String, headers: [(name: String, value: String)], method: HTTPRequest.Method = .post,
    catalog: Catalog = catalog
  ) -> Decoded {
    send(bytes(body), headers: headers, method: method, catalog: catalog)
  }

  static func send(
    _ body: [UInt8], headers: [(name: String, value: String)], method: HTTPRequest.Method = .post,
    catalog: Catalog = catalog
  ) -> Decoded {
    decode(
      method: method, headers: HeaderList(headers), body: body, catalog: catalog, pool: JSONPool(bytes: 1 << 20))
  }

  /// A modern `tools/call`, decoded.
  static func modernCall(_ tool: String, arguments: String? = nil, headers: [(String, String)] = []) -> Decoded {
    let params = #""name":"\#(tool)""# + (arguments.map { #","arguments":\#($0)"# } ?? "")
    return send(
      modernBody("tools/call", params: params),
      headers: modernHeaders("tools/call", name: tool) + headers.map { (name: $0.0, value: $0.1) })
  }

  /// A legacy `tools/call`, decoded.
  static func legacyCall(_ tool: String, arguments: String? = nil, version: String = "2025-11-25") -> Decoded {
    let params = #""name":"\#(tool)""# + (arguments.map { #","arguments":\#($0)"# } ?? "")
    return send(legacyBody("tools/call", params: params), headers: legacyHeaders(version))
  }

  /// The answer to a call whose arguments do not fit; nil for one that would run, and for what is no call.
  static func argumentsRefusal(_ decoded: Decoded) -> HTTPAnswer? {
    let pool = JSONPool(bytes: 1 << 20)
    guard let call = decoded.call, let outcome = call.argumentsProblem(pool: pool) else { return nil }
    return encode(outcome, for: call, pool: pool)
  }

  /// What a guest's answer becomes.
  static func encoded(
    _ guest: String, tool: String = "plain", revision: Revision = .modern, form: ToolOutcome.Form = .json
  ) -> HTTPAnswer {
    encoded(.answer(bytes(guest), form: form), tool: tool, revision: revision)
  }

  static func encoded(_ outcome: ToolOutcome, tool: String = "plain", revision: Revision = .modern) -> HTTPAnswer {
    let decoded = revision.isModern ? modernCall(tool) : legacyCall(tool, version: revision.text)
    guard case .call(let call) = decoded else { fatalError("\(tool) was not decoded as a call: \(decoded)") }
    return encode(outcome, for: call, pool: JSONPool(bytes: 1 << 20))
  }
}

extension Decoded {
  var answer: HTTPAnswer? {
    if case .answer(let answer) = self { return answer }
    return nil
  }
  var call: ToolCall? {
    if case .call(let call) = self { return call }
    return nil
  }
  var parts: [Decoded]? {
    if case .batch(let parts) = self { return parts }
    return nil
  }
}

extension HTTPAnswer {
  var text: String { Fixture.text(body) }
  func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// A value of the body by keys and indices; `nil` where it is not.
  func at(_ path: String...) -> String? { JSONText.at(path, in: body) }

  var code: Int? { at("error", "code").flatMap { Int($0) } }
  var message: String? { at("error", "message") }
  var id: String? { at("id") }
}

enum JSONText {
  /// The raw JSON at a path; a string without its quotes.
  static func at(_ path: [String], in bytes: [UInt8]) -> String? {
    guard (try? JSONDocument(bytes)) != nil else { return nil }
    let span = bytes.span
    var range = JSONScanner.root(of: span)
    for step in path {
      var found: Range<Int>?
      if let index = Int(step) {
        var elements = JSONScanner.elements(of: range, in: span)
        var position = 0
        while let element = elements.next() {
          if position == index { found = element }
          position += 1
        }
      } else {
        found = JSONScanner.valueRange(forKey: step, in: range, of: span)
      }
      guard let found else { return nil }
      range = found
    }
    return JSONScanner.stringValue(range, in: span) ?? String(decoding: bytes[range], as: UTF8.self)
  }
}

/// The answer of a batch whose parts were answered like this.
func batchAnswer(of answers: [HTTPAnswer]) -> HTTPAnswer {
  var joined = BatchAnswer()
  for answer in answers { joined.append(answer) }
  return joined.finished()
}
