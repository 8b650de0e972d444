// One message or a batch: the envelope of JSON-RPC (rows 7 to 9), then the ladder of the message's era.
internal import JSON

/// Everything the steps of decoding one HTTP request share.
struct Decoder<Headers: HeaderSource> {
  let headers: Headers
  let body: [UInt8]
  let catalog: Catalog

  func decode(_ root: JSONValue, at range: Range<Int>) -> Decoded {
    if root.isArray { return decodeBatch(root, at: range) }
    guard root.isObject else { return refuse("A message is a JSON object.") }
    return decode(message: root, at: range, inBatch: false)
  }

  /// A batch, which only 2025-03-26 knows; so a request with any other version in its header has none.
  private func decodeBatch(_ array: JSONValue, at range: Range<Int>) -> Decoded {
    let era = Era(header: VersionHeader(headers.lookup("mcp-protocol-version")), bodyClaims: false)
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

  private func decode(message object: JSONValue, at range: Range<Int>, inBatch: Bool) -> Decoded {
    let message = Message(object, at: range, in: body.span)
    var id: Range<Int>?
    do throws(Refusal) {
      if let duplicate = object.duplicateKey {
        // An id that is there twice cannot be echoed.
        if duplicate != "id" { id = try? validID(of: message) }
        throw .invalidRequest("The message has the member `\(quoted(duplicate))` twice.")
      }
      id = try validID(of: message)
      guard message.version?.isString("2.0") == true else {
        throw .invalidRequest("`jsonrpc` must be \"2.0\".")
      }
      try checkShape(of: message)
      // A notification is taken whether or not anyone here knows it, and whatever its headers (mcp.md 9.6).
      guard let id else { return .answer(.accepted) }
      return try decode(request: message, id: id, inBatch: inBatch)
    } catch {
      return .answer(errorAnswer(error, id: id.map { body[$0] }))
    }
  }

  /// The id's place; nil for a notification.
  private func validID(of message: borrowing Message) throws(Refusal) -> Range<Int>? {
    guard let id = message.id, let range = message.idRange else { return nil }
    guard id.isString || id.isInteger else {
      throw .invalidRequest("`id` must be a string or an integer.")
    }
    guard range.count <= MCPLimits.requestIDBytesMax else {
      throw .invalidRequest("`id` is longer than \(MCPLimits.requestIDBytesMax) bytes.")
    }
    return range
  }

  private func checkShape(of message: borrowing Message) throws(Refusal) {
    guard let method = message.method else {
      throw .invalidRequest(
        message.hasOutcome
          ? "A response: this server sends no requests, so it takes no responses." : "`method` is missing.")
    }
    guard method.isString else { throw .invalidRequest("`method` must be a string.") }
    guard !message.hasOutcome else {
      throw .invalidRequest("A message has either `method`, or `result` or `error`.")
    }
    if let params = message.params, !params.isObject, !params.isNull {
      throw .invalidRequest("`params` must be an object.")
    }
  }

  private func decode(request message: borrowing Message, id: Range<Int>, inBatch: Bool) throws(Refusal) -> Decoded {
    guard let method = message.method else { throw .invalidRequest("`method` is missing.") }
    let request = Request(method: method, id: id, params: message.params, at: message.paramsRange, in: body.span)
    if let duplicate = message.params?.duplicateKey {
      throw Refusal(400, .invalidParams, "`params` has the member `\(quoted(duplicate))` twice.")
    }
    if let duplicate = request.params.meta?.duplicateKey {
      throw Refusal(400, .invalidParams, "`params._meta` has the member `\(quoted(duplicate))` twice.")
    }
    let header = VersionHeader(headers.lookup("mcp-protocol-version"))
    guard header != .repeated else {
      throw .headerMismatch("The header MCP-Protocol-Version is there more than once.")
    }
    switch Era(header: header, bodyClaims: request.meta.protocolVersion != nil) {
    case .modern:
      guard !inBatch else { throw .invalidRequest("2026-07-28 has no batches; post one message at a time.") }
      return try decodeModern(request)
    case .legacy(let revision):
      return try decodeLegacy(request, under: revision, inBatch: inBatch)
    }
  }
}

/// A request whose envelope is sound. A view: it lives as long as the parsed document.
struct Request: ~Escapable {
  let method: JSONValue
  let id: Range<Int>
  let params: Params
  let meta: MetaMembers

  /// - Parameter params: absent and null are the same, and have no members.
  @_lifetime(copy method, copy params)
  init(method: JSONValue, id: Range<Int>, params: JSONValue?, at range: Range<Int>?, in body: Span<UInt8>) {
    self.method = method
    self.id = id
    let members = Params(params, at: range ?? 0..<0, in: body)
    self.params = members
    meta = MetaMembers(members.meta, at: members.metaRange ?? 0..<0, in: body)
  }
}
