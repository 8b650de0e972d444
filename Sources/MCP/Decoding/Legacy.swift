// 2025-03-26, 2025-06-18 and 2025-11-25 without sessions, which a server need not have (2025-11-25, basic/transports,
// "Session Management"): every request stands for itself.
internal import JSON

extension Decoder {
  /// Errors past the envelope go out with status 200, as servers of these revisions do.
  func decodeLegacy(
    _ request: Request, message: JSONValue, under revision: Revision, inBatch: Bool
  ) throws(Refusal) -> Decoded {
    switch request.method {
    case .toolsCall:
      return try decodeCall(request, message: message, era: .legacy(revision))
    case .toolsList:
      // Clients of that time write absent members as null.
      if let cursor = request.envelope.cursor, request.kind(cursor) != .null {
        throw Decoder.invalidCursor(isString: request.kind(cursor) == .string, malformed: 200)
      }
      return .answer(resultAnswer(catalog.listResults[revision.rawValue], id: body[request.id]))
    case .ping:
      return .answer(resultAnswer(ToolCall.noArguments, id: body[request.id]))
    case .initialize:
      guard !inBatch else { throw .invalidRequest("`initialize` must not be part of a batch.") }
      return try initialize(request)
    case .discover, .promptsGet, .resourcesRead, .other:
      let hint =
        request.method == .discover
        ? "; send MCP-Protocol-Version: \(Revision.modern.text) and `params._meta` for it" : ""
      throw Refusal(200, .methodNotFound, "Method not found: \(quoted(request.methodText))\(hint)")
    }
  }

  /// The version asked for if it is a handshake revision that is served, else the latest of these. Never an error.
  private func initialize(_ request: Request) throws(Refusal) -> Decoded {
    guard let version = request.envelope.handshakeVersion.flatMap(request.string) else {
      throw Refusal(200, .invalidParams, "`params.protocolVersion` must be a string, such as 2025-11-25.")
    }
    var settled = Revision.latestHandshake
    if let asked = Revision(wire: version), !asked.isModern { settled = asked }
    return .answer(resultAnswer(catalog.initializeResults[settled.rawValue], id: body[request.id]))
  }
}
