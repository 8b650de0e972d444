// One message or a batch: the envelope of JSON-RPC (rows 7 to 9), then the ladder of the message's era.
internal import JSON

/// Everything the steps of decoding one HTTP request share.
struct Decoder {
  let headers: any HeaderSource
  let body: [UInt8]
  let catalog: Catalog
  let version: HeaderLookup

  init(headers: any HeaderSource, body: [UInt8], catalog: Catalog) {
    self.headers = headers
    self.body = body
    self.catalog = catalog
    version = headers.lookup("mcp-protocol-version")
  }

  func decode(_ root: JSONValue, at range: Range<Int>) -> Decoded {
    if root.isArray { return decodeBatch(root, at: range) }
    guard root.isObject else { return refuse("A message is a JSON object.") }
    return decode(message: root, at: range, inBatch: false)
  }

  /// A batch, which only 2025-03-26 knows; so a request with any other version in its header has none.
  private func decodeBatch(_ array: JSONValue, at range: Range<Int>) -> Decoded {
    let era = Era(header: VersionHeader(version), bodyClaims: false)
    guard era.revision.hasBatches else {
      return refuse("A batch: they were removed in 2025-06-18; post one message at a time.")
    }
    guard array.count > 0 else { return refuse("The batch is empty.") }
    guard array.count <= MCPLimits.batchMessagesMax else {
      return refuse(
        "The batch has \(array.count) messages, at most \(MCPLimits.batchMessagesMax) are taken; post several.")
    }
    var parts: [Decoded] = []
    parts.reserveCapacity(array.count)
    var elements = array.elements
    var ranges = JSONScanner.elements(of: range, in: body.span)
    while let element = elements.next(), let place = ranges.next() {
      if element.isObject {
        parts.append(decode(message: element, at: place, inBatch: true))
      } else {
        parts.append(refuse("A message is a JSON object."))
      }
    }
    return .batch(parts)
  }

  private func refuse(_ why: String) -> Decoded { .answer(errorAnswer(.invalidRequest(why), id: nil)) }

  private func decode(message: JSONValue, at range: Range<Int>, inBatch: Bool) -> Decoded {
    let envelope = Envelope(messageAt: range, in: body.span)
    var id: Range<Int>?
    do throws(Refusal) {
      if let object = envelope.duplicates.message, let key = duplicateKey(in: object) {
        // An id that is there twice cannot be echoed.
        if key != "id" { id = try? validID(of: envelope) }
        throw .invalidRequest("The message has the member `\(quoted(key))` twice.")
      }
      id = try validID(of: envelope)
      guard let version = envelope.version, equal(body[version], JSONRPC.version) else {
        throw .invalidRequest("`jsonrpc` must be \"2.0\".")
      }
      if id != nil, isLegacyResponse(envelope) { return .answer(.accepted) }
      let method = try checkedMethod(of: envelope)
      // A notification is taken whether or not anyone here knows it, and whatever its headers: our decision
      // (docs/protocol.md, "The ladder"), as the specification does not say which headers one must have (2026-07-28,
      // basic/transports/streamable-http, "Sending Messages").
      guard let id else { return .answer(.accepted) }
      let request = Request(envelope: envelope, body: body, range: range, id: id, method: method)
      return try decode(request, message: message, inBatch: inBatch)
    } catch {
      return .answer(errorAnswer(error, id: id.map { body[$0] }))
    }
  }

  private func duplicateKey(in object: Range<Int>) -> String? {
    let bytes = body.span
    return JSONScanner.duplicateKey(in: object, of: bytes).map { JSONScanner.text(ofKey: $0, in: bytes) }
  }

  /// The id's place; nil for a notification.
  private func validID(of envelope: Envelope) throws(Refusal) -> Range<Int>? {
    guard let id = envelope.id else { return nil }
    guard RawText.kind(of: id, in: body) == .string || RawText.isInteger(id, in: body) else {
      throw .invalidRequest("`id` must be a string or an integer.")
    }
    guard id.count <= MCPLimits.requestIDBytesMax else {
      throw .invalidRequest("`id` is longer than \(MCPLimits.requestIDBytesMax) bytes.")
    }
    return id
  }

  /// Handshake revisions let a client post the responses to requests of the server's (2025-11-25, basic/transports,
  /// "Sending Messages to the Server"). There are none here, so a response is taken and dropped; on 2026-07-28 it is
  /// illegal (basic/transports/streamable-http, "Sending Messages").
  private func isLegacyResponse(_ envelope: Envelope) -> Bool {
    guard envelope.hasOutcome, envelope.method == nil else { return false }
    if case .legacy = Era(header: VersionHeader(version), bodyClaims: envelope.claimedVersion != nil) { return true }
    return false
  }

  private func checkedMethod(of envelope: Envelope) throws(Refusal) -> Range<Int> {
    guard let method = envelope.method else {
      throw .invalidRequest(
        envelope.hasOutcome
          ? "A response: this server sends no requests, so it takes no responses." : "`method` is missing.")
    }
    guard RawText.kind(of: method, in: body) == .string else { throw .invalidRequest("`method` must be a string.") }
    guard !envelope.hasOutcome else {
      throw .invalidRequest("A message has either `method`, or `result` or `error`.")
    }
    if let params = envelope.params {
      let kind = RawText.kind(of: params, in: body)
      guard kind == .object || kind == .null else { throw .invalidRequest("`params` must be an object.") }
    }
    return method
  }

  private func decode(_ request: Request, message: JSONValue, inBatch: Bool) throws(Refusal) -> Decoded {
    if let object = request.envelope.duplicates.params, let key = duplicateKey(in: object) {
      throw Refusal(400, .invalidParams, "`params` has the member `\(quoted(key))` twice.")
    }
    if let object = request.envelope.duplicates.meta, let key = duplicateKey(in: object) {
      throw Refusal(400, .invalidParams, "`params._meta` has the member `\(quoted(key))` twice.")
    }
    let header = VersionHeader(version)
    guard header != .repeated else {
      throw .headerMismatch("The header MCP-Protocol-Version is there more than once.")
    }
    switch Era(header: header, bodyClaims: request.envelope.claimedVersion != nil) {
    case .modern:
      guard !inBatch else { throw .invalidRequest("2026-07-28 has no batches; post one message at a time.") }
      return try decodeModern(request, message: message)
    case .legacy(let revision):
      return try decodeLegacy(request, message: message, under: revision, inBatch: inBatch)
    }
  }
}

enum JSONRPC {
  /// As it is written; nobody escapes digits.
  static let version = Array(#""2.0""#.utf8)
}
