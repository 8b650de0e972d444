// `tools/call` of both eras: the tool and the headers of its arguments (row 16). See also Arguments.swift.
internal import JSON

extension Decoder {
  func decodeCall(_ request: Request, message: JSONValue, era: Era) throws(Refusal) -> Decoded {
    // What does not fit CallToolRequest is the ladder's (400) on 2026-07-28.
    let malformed = era == .modern ? 400 : 200
    guard let name = request.envelope.name.flatMap(request.string) else {
      throw Refusal(malformed, .invalidParams, "`params.name` must be a string: the name of a tool.")
    }
    var range = request.envelope.arguments
    if let given = range, request.kind(given) != .object {
      // Clients of the handshake revisions write absent members as null.
      guard era != .modern, request.kind(given) == .null else {
        throw Refusal(malformed, .invalidParams, "`params.arguments` must be an object.")
      }
      range = nil
    }
    guard let place = catalog.place(of: name) else {
      throw Refusal(200, .invalidParams, "Unknown tool: \(quoted(String(decoding: name, as: UTF8.self)))")
    }
    let tool = catalog.tools[place]
    if era == .modern, !tool.headerParameters.isEmpty {
      try checkParameterHeaders(of: tool, arguments: range == nil ? nil : message["params"]?["arguments"])
    }
    var token = request.envelope.progressToken
    if let given = token, request.kind(given) != .string, request.kind(given) != .number { token = nil }
    return .call(
      ToolCall(
        era: era, catalog: catalog, toolIndex: place, body: body, messageRange: request.range, idRange: request.id,
        argumentsRange: range,
        progressTokenRange: token))
  }
}
