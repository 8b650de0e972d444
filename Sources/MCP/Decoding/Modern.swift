// 2026-07-28: rows 10 to 16 of the ladder (docs/protocol.md, "The ladder"), then the three methods.
internal import JSON

extension Decoder {
  func decodeModern(_ request: Request, message: JSONValue) throws(Refusal) -> Decoded {
    let claim = try checkEnvelope(of: request)
    try checkVersionHeader(against: claim)
    try checkMethodHeader(of: request)
    try checkNameHeader(of: request)
    guard Revision(wire: claim) == .modern else { throw Decoder.unsupported(claim) }
    switch request.method {
    case .toolsCall:
      try checkOptionalMeta(of: request)
      return try decodeCall(request, message: message, era: .modern)
    case .toolsList:
      try checkOptionalMeta(of: request)
      if let cursor = request.envelope.cursor {
        throw Decoder.invalidCursor(isString: request.kind(cursor) == .string, malformed: 400)
      }
      return .answer(resultAnswer(catalog.listResults[Revision.modern.rawValue], id: body[request.id]))
    case .discover:
      try checkOptionalMeta(of: request)
      return .answer(resultAnswer(catalog.discoverResult, id: body[request.id]))
    default:
      throw Refusal(404, .methodNotFound, "Method not found: \(quoted(request.methodText))")
    }
  }

  /// Row 10: `_meta` and its two required keys. Gives the version that the body claims.
  private func checkEnvelope(of request: Request) throws(Refusal) -> ArraySlice<UInt8> {
    guard let meta = request.envelope.meta, request.kind(meta) == .object else {
      throw Decoder.invalidEnvelope(
        "`params._meta` must be an object with `\(Meta.protocolVersion)` and `\(Meta.clientCapabilities)` "
          + "(versions served: \(Revision.servedList)).")
    }
    guard let claim = request.envelope.claimedVersion else {
      throw Decoder.invalidEnvelope("`params._meta` lacks `\(Meta.protocolVersion)`.")
    }
    guard let capabilities = request.envelope.clientCapabilities else {
      throw Decoder.invalidEnvelope("`params._meta` lacks `\(Meta.clientCapabilities)`; `{}` is enough.")
    }
    guard let version = request.string(claim) else {
      throw Decoder.invalidEnvelope("`\(Meta.protocolVersion)` must be a string.")
    }
    guard request.kind(capabilities) == .object else {
      throw Decoder.invalidEnvelope("`\(Meta.clientCapabilities)` must be an object.")
    }
    return version
  }

  /// Row 11.
  private func checkVersionHeader(against claim: ArraySlice<UInt8>) throws(Refusal) {
    guard case .one(let value) = version else {
      throw .headerMismatch("The header MCP-Protocol-Version is missing; it must repeat `\(Meta.protocolVersion)`.")
    }
    guard equal(HeaderValue.trimmed(value), claim) else {
      throw .headerMismatch("The header MCP-Protocol-Version differs from `\(Meta.protocolVersion)`.")
    }
  }

  /// Row 12. The value is case-sensitive and never encoded.
  private func checkMethodHeader(of request: Request) throws(Refusal) {
    guard let value = try single("mcp-method", "Mcp-Method") else {
      throw .headerMismatch("The header Mcp-Method is missing; it must repeat `method`.")
    }
    guard let method = request.envelope.method.flatMap(request.string), equal(HeaderValue.trimmed(value), method) else {
      throw .headerMismatch("The header Mcp-Method differs from `method`.")
    }
  }

  /// Row 13, for the methods that have a name, known here or not.
  private func checkNameHeader(of request: Request) throws(Refusal) {
    let member: String
    let place: Range<Int>?
    switch request.method {
    case .toolsCall, .promptsGet:
      member = "name"
      place = request.envelope.name
    case .resourcesRead:
      member = "uri"
      place = request.envelope.uri
    default: return
    }
    let value = try single("mcp-name", "Mcp-Name")
    // A body without the member is told so by row 19.
    guard let place else { return }
    guard let value else {
      throw .headerMismatch("The header Mcp-Name is missing; it must repeat `params.\(member)`.")
    }
    guard let decoded = HeaderValue.decoded(value) else {
      throw .headerMismatch("The header Mcp-Name is malformed: not visible ASCII, or not base64 of UTF-8.")
    }
    guard let named = request.string(place), equal(decoded, named) else {
      throw .headerMismatch("The header Mcp-Name differs from `params.\(member)`.")
    }
  }

  /// The optional keys, which a version we do not serve may define otherwise: after row 14.
  private func checkOptionalMeta(of request: Request) throws(Refusal) {
    if let info = request.envelope.clientInfo, request.kind(info) != .object {
      throw Decoder.invalidEnvelope("`\(Meta.clientInfo)` must be an object.")
    }
    if let token = request.envelope.progressToken, request.kind(token) != .string, request.kind(token) != .number {
      throw Decoder.invalidEnvelope("`\(Meta.progressToken)` must be a string or a number.")
    }
    if let level = request.envelope.logLevel {
      guard let name = request.string(level), Meta.isLogLevel(name) else {
        throw Decoder.invalidEnvelope("`\(Meta.logLevel)` must be one of \(Meta.logLevels.joined(separator: ", ")).")
      }
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
  private static func unsupported(_ claim: ArraySlice<UInt8>) -> Refusal {
    var requested: [UInt8] = []
    JSONWriter.append(String(decoding: claim, as: UTF8.self), to: &requested)
    return Refusal(
      400, .unsupportedVersion, "Unsupported protocol version; this server speaks \(Revision.servedList)",
      data: #"{"supported":\#(Revision.servedJSON),"requested":\#(String(decoding: requested, as: UTF8.self))}"#)
  }

  /// All tools are on one page, so no cursor is ever ours. A string is refused by the method, anything else as
  /// malformed.
  static func invalidCursor(isString: Bool, malformed status: Int) -> Refusal {
    guard isString else { return Refusal(status, .invalidParams, "`params.cursor` must be a string.") }
    return Refusal(200, .invalidParams, "Invalid cursor: this server lists all tools on one page; leave `cursor` out.")
  }
}
