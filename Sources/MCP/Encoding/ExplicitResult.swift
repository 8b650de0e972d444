// `{"result": <CallToolResult>}`: what the SDKs write. Checked member by member before it goes out.
internal import JSON

extension GuestAnswer {
  func explicit(_ result: JSONValue, at range: Range<Int>) throws(BrokenAnswer) -> HTTPAnswer {
    guard result.isObject else {
      throw malformed(
        "`result` must be an object; to answer {\"result\": …} as data "
          + "write {\"result\":{\"structuredContent\":…}}")
    }
    let members = try ResultMembers(result, at: range, in: self)
    let isError = members.isError
    if tool.outputSchema != nil, !isError {
      guard let value = members.structured else {
        throw brokenContract(note: "it published an output schema and answered without `structuredContent`")
      }
      try checkOutput(value)
    }
    let contentRange = members.contentRange ?? 0..<0
    let structuredRange = members.structuredRange ?? 0..<0
    var writer = writer(reserving: contentRange.count + 2 * structuredRange.count + structuredRange.count / 4 + 64)
    var sendsStructured = false
    if let structured = members.structured { sendsStructured = isStructured(structured) }
    // Without content, or without the structured half that replaced it, the reader would see nothing.
    if let structured = members.structured, members.content == nil || (!sendsStructured && members.content?.count == 0)
    {
      writer.beginContent()
      if structured.isString {
        writer.textBlock(jsonString: bytes[structuredRange])
      } else {
        writer.textBlock(utf8: bytes.span.extracting(structuredRange))
      }
      writeSession(to: &writer)
      writer.endContent()
    } else if let content = members.content {
      write(content, at: contentRange, to: &writer)
    } else {
      throw malformed("`result` has neither `content` nor `structuredContent`")
    }
    if sendsStructured { writer.structuredContent(bytes[structuredRange]) }
    if isError { writer.markError() }
    if let metaRange = members.metaRange {
      var ranges = JSONScanner.members(of: metaRange, in: bytes.span)
      while let member = ranges.next() {
        writer.metaMember(bytes[(member.key.lowerBound - 1)..<member.value.upperBound])
      }
    }
    return .json(writer.finished(), verdict: isError ? .toolError : .result)
  }

  /// The blocks as the guest wrote them; 2025-03-26 has no `resource_link`, so there it becomes text.
  private func write(_ content: JSONValue, at range: Range<Int>, to writer: inout ResultWriter) {
    let keepsLinks = call.revision.hasStructuredContent
    guard !keepsLinks || session != nil else { return writer.content(bytes[range]) }
    writer.beginContent()
    var blocks = content.elements
    var ranges = JSONScanner.elements(of: range, in: bytes.span)
    while let block = blocks.next(), let place = ranges.next() {
      if !keepsLinks, block["type"]?.isString("resource_link") == true {
        writer.textBlock("\(block["name"]?.string ?? ""): \(block["uri"]?.string ?? "")")
      } else {
        writer.block(bytes[place])
      }
    }
    if session != nil { writer.textBlock(sessionText) }
    writer.endContent()
  }

  func malformed(_ what: String) -> BrokenAnswer {
    BrokenAnswer(
      text: "The answer of the tool `\(tool.name)` is no valid result: \(what). This is a fault of the tool.",
      note: "malformed explicit result: \(what)")
  }
}

/// The members of an explicit result, each of the right type.
private struct ResultMembers: ~Escapable {
  let content: JSONValue?
  let structured: JSONValue?
  let isError: Bool
  let contentRange: Range<Int>?
  let structuredRange: Range<Int>?
  let metaRange: Range<Int>?

  @_lifetime(copy result)
  init(_ result: JSONValue, at range: Range<Int>, in answer: GuestAnswer) throws(BrokenAnswer) {
    if let key = result.duplicateKey { throw answer.malformed("`result` has the member `\(quoted(key))` twice") }
    var content: JSONValue?
    var structured: JSONValue?
    var isError = false
    var contentRange: Range<Int>?
    var structuredRange: Range<Int>?
    var metaRange: Range<Int>?
    var members = result.members
    var ranges = JSONScanner.members(of: range, in: answer.bytes.span)
    while let member = members.next(), let place = ranges.next() {
      if member.keyEquals("content") {
        if let problem = ContentBlocks.problem(with: member.value) {
          throw answer.malformed(problem)
        }
        content = member.value
        contentRange = place.value
      } else if member.keyEquals("structuredContent") {
        structured = member.value
        structuredRange = place.value
      } else if member.keyEquals("isError") {
        guard let flag = member.value.bool else { throw answer.malformed("`isError` must be true or false") }
        isError = flag
      } else if member.keyEquals("_meta") {
        if let problem = ResultMembers.problem(withMeta: member.value) { throw answer.malformed(problem) }
        metaRange = place.value
      } else {
        throw answer.malformed(
          "`result` has the member `\(quoted(member.key))`; it may have content, structuredContent, isError and _meta")
      }
    }
    self.content = content
    self.structured = structured
    self.isError = isError
    self.contentRange = contentRange
    self.structuredRange = structuredRange
    self.metaRange = metaRange
  }

  private static func problem(withMeta meta: JSONValue) -> String? {
    guard meta.isObject else { return "`_meta` must be an object" }
    if let key = meta.duplicateKey { return "`_meta` has the member `\(quoted(key))` twice" }
    var members = meta.members
    while let member = members.next() {
      let key = member.key
      if Meta.isReserved(key) { return "`_meta` has `\(quoted(key))`, which is the protocol's own" }
    }
    return nil
  }
}
