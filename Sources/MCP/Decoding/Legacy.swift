// 2025-03-26, 2025-06-18 and 2025-11-25 without sessions (mcp.md 6): every request stands for itself.
internal import JSON

extension Decoder {
  /// Errors past the envelope go out with status 200, as servers of these revisions do.
  func decodeLegacy(_ request: borrowing Request, under revision: Revision, inBatch: Bool) throws(Refusal) -> Decoded {
    if request.method.isString("tools/call") {
      return try decodeCall(request, era: .legacy(revision))
    }
    if request.method.isString("tools/list") {
      // Clients of that time write absent members as null.
      if let cursor = request.params.cursor, !cursor.isNull { throw Decoder.invalidCursor(cursor, status: 200) }
      return .answer(resultAnswer(catalog.listResults[revision.rawValue], id: body[request.id]))
    }
    if request.method.isString("ping") {
      return .answer(resultAnswer(ToolCall.noArguments, id: body[request.id]))
    }
    if request.method.isString("initialize") {
      guard !inBatch else { throw .invalidRequest("`initialize` must not be part of a batch.") }
      return try initialize(request)
    }
    let hint =
      request.method.isString("server/discover")
      ? "; send MCP-Protocol-Version: \(Revision.modern.text) and `params._meta` for it" : ""
    throw Refusal(200, .methodNotFound, "Method not found: \(quoted(request.method.string ?? ""))\(hint)")
  }

  /// The version asked for if it is a handshake revision that is served, else the latest of these. Never an error.
  private func initialize(_ request: borrowing Request) throws(Refusal) -> Decoded {
    guard let text = request.params.protocolVersion?.string else {
      throw Refusal(200, .invalidParams, "`params.protocolVersion` must be a string, such as 2025-11-25.")
    }
    var settled = Revision.latestHandshake
    if let asked = Revision(text), !asked.isModern { settled = asked }
    return .answer(resultAnswer(catalog.initializeResults[settled.rawValue], id: body[request.id]))
  }
}
