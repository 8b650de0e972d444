// `tools/call` of both eras: the tool, the headers of its arguments (row 16), the arguments against the schema.
internal import JSON

extension Decoder {
  func decodeCall(_ request: borrowing Request, era: Era) throws(Refusal) -> Decoded {
    // What does not fit CallToolRequest is the ladder's (400) on 2026-07-28.
    let malformed = era == .modern ? 400 : 200
    guard let name = request.params.name, let bytes = name.utf8 else {
      throw Refusal(malformed, .invalidParams, "`params.name` must be a string: the name of a tool.")
    }
    var arguments = request.params.arguments
    var argumentsRange = request.params.argumentsRange
    if era != .modern, arguments?.isNull == true {
      // Clients of that time write absent members as null.
      arguments = nil
      argumentsRange = nil
    }
    guard arguments == nil || arguments?.isObject == true else {
      throw Refusal(malformed, .invalidParams, "`params.arguments` must be an object.")
    }
    guard let place = catalog.place(of: bytes) else {
      throw Refusal(200, .invalidParams, "Unknown tool: \(quoted(name.string ?? ""))")
    }
    let tool = catalog.tools[place]
    if era == .modern, !tool.headerParameters.isEmpty {
      try checkParameterHeaders(of: tool, arguments: arguments)
    }
    if let problem = problem(with: arguments, at: argumentsRange, of: tool) {
      guard era.revision.reportsBadArgumentsAsResult else { throw Refusal(200, .invalidParams, problem) }
      return .answer(toolErrorAnswer(problem, id: body[request.id], catalog: catalog, revision: era.revision))
    }
    var token = request.meta.progressTokenRange
    if let value = request.meta.progressToken, !value.isString, value.kind != .number { token = nil }
    return .call(
      ToolCall(
        era: era, catalog: catalog, toolIndex: place, body: body, idRange: request.id, argumentsRange: argumentsRange,
        progressTokenRange: token))
  }

  /// What the caller has to change in the arguments, in words for a model; nil when they fit.
  private func problem(with arguments: JSONValue?, at range: Range<Int>?, of tool: ToolRecord) -> String? {
    guard let arguments, let range else { return tool.emptyArgumentsProblem }
    // The worker's reader and the validator might each take another one of two.
    let bytes = body.span
    if let key = JSONScanner.duplicateKey(anywhereIn: bytes.extracting(range)) {
      let name = JSONScanner.text(ofKey: key, in: bytes.extracting(range))
      return "The arguments of `\(tool.name)` have the member `\(quoted(name))` twice in one object; send it once."
    }
    return BadArguments.text(tool: tool.name, violations: tool.inputSchema.validate(arguments))
  }
}

/// The text for arguments that do not fit.
enum BadArguments {
  /// Nil when there is no violation.
  static func text(tool: String, violations: [JSONSchema.Violation]) -> String? {
    guard !violations.isEmpty else { return nil }
    return "The arguments of `\(tool)` do not fit its input schema:\n" + list(violations)
  }

  /// One line for each, so many as are named.
  static func list(_ violations: [JSONSchema.Violation]) -> String {
    var lines = violations.prefix(MCPLimits.violationsNamedMax).map { violation in
      violation.instancePath.isEmpty ? "- \(violation.message)" : "- \(violation.instancePath): \(violation.message)"
    }
    let rest = violations.count - lines.count
    if rest > 0 { lines.append("- and \(rest) more") }
    return lines.joined(separator: "\n")
  }
}
