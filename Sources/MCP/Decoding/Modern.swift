// 2026-07-28: rows 10 to 16 of the ladder (mcp.md 1.7), then the three methods.
internal import JSON

extension Decoder {
  func decodeModern(_ request: borrowing Request) throws(Refusal) -> Decoded {
    let claim = try checkEnvelope(of: request)
    try checkVersionHeader(against: claim)
    try checkMethodHeader(of: request)
    try checkNameHeader(of: request)
    guard claim.isString(Revision.modern.text) else { throw Decoder.unsupported(claim) }
    if request.method.isString("tools/call") {
      try checkOptionalMeta(of: request)
      return try decodeCall(request, era: .modern)
    }
    if request.method.isString("tools/list") {
      try checkOptionalMeta(of: request)
      if let cursor = request.params.cursor { throw Decoder.invalidCursor(cursor, status: 400) }
      return .answer(resultAnswer(catalog.listResults[Revision.modern.rawValue], id: body[request.id]))
    }
    if request.method.isString("server/discover") {
      try checkOptionalMeta(of: request)
      return .answer(resultAnswer(catalog.discoverResult, id: body[request.id]))
    }
    throw Refusal(404, .methodNotFound, "Method not found: \(quoted(request.method.string ?? ""))")
  }

  /// Row 10: `_meta` and its two required keys. Gives the version that the body claims.
  @_lifetime(copy request)
  private func checkEnvelope(of request: borrowing Request) throws(Refusal) -> JSONValue {
    guard let meta = request.params.meta, meta.isObject else {
      throw Decoder.invalidEnvelope(
        "`params._meta` must be an object with `\(Meta.protocolVersion)` and `\(Meta.clientCapabilities)` "
          + "(versions served: \(Revision.servedList)).")
    }
    guard let claim = request.meta.protocolVersion else {
      throw Decoder.invalidEnvelope("`params._meta` lacks `\(Meta.protocolVersion)`.")
    }
    guard let capabilities = request.meta.clientCapabilities else {
      throw Decoder.invalidEnvelope("`params._meta` lacks `\(Meta.clientCapabilities)`; `{}` is enough.")
    }
    guard claim.isString else { throw Decoder.invalidEnvelope("`\(Meta.protocolVersion)` must be a string.") }
    guard capabilities.isObject else {
      throw Decoder.invalidEnvelope("`\(Meta.clientCapabilities)` must be an object.")
    }
    return claim
  }

  /// Row 11.
  private func checkVersionHeader(against claim: JSONValue) throws(Refusal) {
    guard let value = try single("mcp-protocol-version", "MCP-Protocol-Version") else {
      throw .headerMismatch("The header MCP-Protocol-Version is missing; it must repeat `\(Meta.protocolVersion)`.")
    }
    guard equal(HeaderValue.trimmed(value), claim) else {
      throw .headerMismatch("The header MCP-Protocol-Version differs from `\(Meta.protocolVersion)`.")
    }
  }

  /// Row 12. The value is case-sensitive and never encoded.
  private func checkMethodHeader(of request: borrowing Request) throws(Refusal) {
    guard let value = try single("mcp-method", "Mcp-Method") else {
      throw .headerMismatch("The header Mcp-Method is missing; it must repeat `method`.")
    }
    guard equal(HeaderValue.trimmed(value), request.method) else {
      throw .headerMismatch("The header Mcp-Method differs from `method`.")
    }
  }

  /// Row 13, for the methods that have a name, known here or not.
  private func checkNameHeader(of request: borrowing Request) throws(Refusal) {
    let isCall = request.method.isString("tools/call") || request.method.isString("prompts/get")
    guard isCall || request.method.isString("resources/read") else { return }
    let value = try single("mcp-name", "Mcp-Name")
    let member = isCall ? "name" : "uri"
    // A body without the member is told so by row 19.
    guard let named = isCall ? request.params.name : request.params.uri else { return }
    guard let value else {
      throw .headerMismatch("The header Mcp-Name is missing; it must repeat `params.\(member)`.")
    }
    guard let decoded = HeaderValue.decoded(value) else {
      throw .headerMismatch("The header Mcp-Name is malformed: not visible ASCII, or not base64 of UTF-8.")
    }
    guard equal(decoded, named) else {
      throw .headerMismatch("The header Mcp-Name differs from `params.\(member)`.")
    }
  }

  /// The optional keys, which a version we do not serve may define otherwise: after row 14.
  private func checkOptionalMeta(of request: borrowing Request) throws(Refusal) {
    if let info = request.meta.clientInfo, !info.isObject {
      throw Decoder.invalidEnvelope("`\(Meta.clientInfo)` must be an object.")
    }
    if let token = request.meta.progressToken, !token.isString, token.kind != .number {
      throw Decoder.invalidEnvelope("`\(Meta.progressToken)` must be a string or a number.")
    }
    if let level = request.meta.logLevel, !Meta.isLogLevel(level) {
      throw Decoder.invalidEnvelope("`\(Meta.logLevel)` must be one of \(Meta.logLevels.joined(separator: ", ")).")
    }
  }

  /// The only copy of a header; nil when it is absent.
  func single(_ lookupName: String, _ fieldName: String) throws(Refusal) -> ArraySlice<UInt8>? {
    switch headers.lookup(lookupName) {
    case .absent: return nil
    case .one(let value): return value
    case .several: throw .headerMismatch("The header \(fieldName) is there more than once.")
    }
  }

  private static func invalidEnvelope(_ message: String) -> Refusal { Refusal(400, .invalidParams, message) }

  /// Row 14.
  private static func unsupported(_ claim: JSONValue) -> Refusal {
    var requested: [UInt8] = []
    JSONWriter.append(claim.string ?? "", to: &requested)
    return Refusal(
      400, .unsupportedVersion, "Unsupported protocol version; this server speaks \(Revision.servedList)",
      data: #"{"supported":\#(Revision.servedJSON),"requested":\#(String(decoding: requested, as: UTF8.self))}"#)
  }

  /// All tools are on one page, so no cursor is ever ours. A string is refused by the method, anything else as malformed.
  static func invalidCursor(_ cursor: JSONValue, status malformed: Int) -> Refusal {
    guard cursor.isString else { return Refusal(malformed, .invalidParams, "`params.cursor` must be a string.") }
    return Refusal(200, .invalidParams, "Invalid cursor: this server lists all tools on one page; leave `cursor` out.")
  }
}

/// Whether a header's value is this string.
func equal(_ value: ArraySlice<UInt8>, _ string: JSONValue) -> Bool {
  guard let text = string.utf8, text.count == value.count else { return false }
  let start = value.startIndex
  for index in 0..<text.count where value[start + index] != text[index] { return false }
  return true
}
