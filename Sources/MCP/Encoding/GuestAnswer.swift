// What a guest answered, checked and turned into a result. Data is never taken for protocol: only an object whose sole
// member is `result` is an explicit result, everything else is a bare value.
internal import JSON

/// Why a guest's answer cannot go out: a text for the caller and the detail for the host's log.
struct BrokenAnswer: Error {
  var text: String
  var note: String
}

struct GuestAnswer {
  let bytes: [UInt8]
  let call: ToolCall
  /// The handle of the call's session, for its reader.
  var session: String?
  /// Whether the structured part of `bytes` has the handle already.
  var isSessionStructured = false

  var tool: ToolRecord { call.tool }

  func encoded(form: ToolOutcome.Form, pool: JSONPool) -> HTTPAnswer {
    do throws(BrokenAnswer) {
      let document: JSONDocument
      do {
        document = try JSONDocument(bytes, pool: pool, maximumDepth: MCPLimits.nestingDepthMax)
      } catch {
        guard form == .jsonOrText, isText(despite: error) else { throw broken(by: error) }
        return try plainText()
      }
      let root = document.root
      let range = rootRange(of: bytes)
      if let answer = try withSession(root, at: range) { return answer.encoded(form: form, pool: pool) }
      if root.isObject, root.count == 1, let result = root["result"] {
        return try explicit(result, at: JSONScanner.valueRange(forKey: "result", in: range, of: bytes.span) ?? range)
      }
      return try bare(root, at: range)
    } catch {
      return toolErrorAnswer(
        error.text, id: call.id, catalog: call.catalog, revision: call.revision,
        note: "tool `\(tool.name)`: \(error.note)")
    }
  }

  /// A bare value: its JSON as text, and structured where the revision and the value allow it.
  private func bare(_ value: JSONValue, at range: Range<Int>) throws(BrokenAnswer) -> HTTPAnswer {
    try checkOutput(value)
    var result = writer(reserving: 2 * range.count + range.count / 4)
    let raw = bytes[range]
    result.beginContent()
    if value.isString {
      result.textBlock(jsonString: raw)
    } else {
      result.textBlock(utf8: bytes.span.extracting(range))
    }
    writeSession(to: &result)
    result.endContent()
    let isContainer = value.isObject || value.isArray
    if isContainer || tool.outputSchema != nil, isStructured(value) { result.structuredContent(raw) }
    return .json(result.finished())
  }

  /// Text that is not JSON: one block, without the line break that ends a command's output.
  private func plainText() throws(BrokenAnswer) -> HTTPAnswer {
    guard tool.outputSchema == nil else {
      throw brokenContract(note: "it published an output schema and answered text that is not JSON")
    }
    var end = bytes.count
    if end > 0, bytes[end - 1] == 0x0A { end -= 1 }
    if end > 0, end < bytes.count, bytes[end - 1] == 0x0D { end -= 1 }
    var result = writer(reserving: end + end / 8 + 32)
    result.beginContent()
    result.textBlock(utf8: bytes.span.extracting(0..<end))
    writeSession(to: &result)
    result.endContent()
    return .json(result.finished())
  }

  func writer(reserving count: Int) -> ResultWriter {
    ResultWriter(id: call.id, catalog: call.catalog, revision: call.revision, reserving: count)
  }

  /// Whether the caller's revision can carry this value as `structuredContent`.
  func isStructured(_ value: JSONValue) -> Bool {
    call.revision.hasStructuredContent && (value.isObject || call.revision.allowsAnyStructuredValue)
  }

  /// A published output schema is a promise: what breaks it does not go out.
  func checkOutput(_ value: JSONValue) throws(BrokenAnswer) {
    guard let schema = tool.outputSchema else { return }
    // The client's reader and the validator might each take another one of two.
    if DuplicateKeys.first(in: value) != nil {
      throw brokenContract(note: "its structured answer has a member twice in one object")
    }
    let violations = schema.validate(value)
    if !violations.isEmpty {
      throw brokenContract(note: "its answer does not fit its output schema:\n" + BadArguments.list(violations))
    }
  }

  func brokenContract(note: String) -> BrokenAnswer {
    BrokenAnswer(
      text: "The tool `\(tool.name)` answered something else than its output schema promises. "
        + "This is a fault of the tool; other arguments may help.",
      note: note)
  }

  /// Text may be anything that is UTF-8; only what set out to be JSON and is too much of it stays refused.
  private func isText(despite error: JSONError) -> Bool {
    switch error.code {
    case .syntax, .invalidUTF8: break
    case .tooLarge:
      let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return false }
    default: return false
    }
    return (try? UTF8Span(validating: bytes.span)) != nil
  }

  private func broken(by error: JSONError) -> BrokenAnswer {
    let what =
      switch error.code {
      case .tooDeep: "is nested more than \(MCPLimits.nestingDepthMax) levels deep"
      case .tooLarge: "is too large to be read"
      case .invalidUTF8: "is not UTF-8"
      default: bytes.isEmpty ? "is empty" : "is not JSON"
      }
    return BrokenAnswer(
      text: "The answer of the tool `\(tool.name)` \(what). This is a fault of the tool.",
      note: "its answer of \(bytes.count) bytes \(what): \(error)")
  }
}
