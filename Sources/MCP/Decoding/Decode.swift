// The entry: rows 4 to 8 of the ladder (docs/protocol.md, "The ladder"), then one message or a batch of them.
public import HTTPTypes
public import JSON

/// Reads one HTTP request to the MCP endpoint and answers it, unless it is a call to run.
///
/// Host, Origin, `OPTIONS`, authentication and the size of the body are the HTTP layer's and come first.
/// Costs about a microsecond for a call of a few hundred bytes. To be called on the loop that owns `pool`.
public func decode(
  method: HTTPRequest.Method, headers: some HeaderSource, body: [UInt8], catalog: Catalog, pool: JSONPool
) -> Decoded {
  guard method == .post else {
    return .answer(
      .plain(
        405, "This is an MCP endpoint without sessions: it takes POST only.", fields: [(name: "Allow", value: "POST")]))
  }
  guard MediaTypes.acceptsJSON(headers.lookup("accept")) else {
    return .answer(.plain(406, "Answers are application/json; send Accept: application/json, text/event-stream."))
  }
  guard MediaTypes.isJSON(headers.lookup("content-type")) else {
    return .answer(.plain(415, "The body must be JSON in UTF-8; send one Content-Type: application/json."))
  }
  let decoder = Decoder(headers: headers, body: body, catalog: catalog)
  do {
    let document = try JSONDocument(body, pool: pool, maximumDepth: MCPLimits.nestingDepthMax)
    return decoder.decode(document.root, at: rootRange(of: body))
  } catch {
    return .answer(errorAnswer(Refusal(unreadable: error), id: nil))
  }
}

extension Refusal {
  /// The bytes were not JSON, or more of it than the parser has room for.
  init(unreadable error: JSONError) {
    if error.code == .tooLarge {
      self.init(413, .tooLarge, "The message does not fit in the parser's memory; send a smaller one.")
    } else {
      self.init(400, .parseError, "Parse error: \(error)")
    }
  }
}
