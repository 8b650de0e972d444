// `tools/call` of both eras: the tool, the headers of its arguments (row 16), the arguments against the schema.
internal import JSON

extension Decoder {
  func decodeCall(_ request: Request, message: JSONValue, era: Era) throws(Refusal) -> Decoded {
    // What does not fit CallToolRequest is the ladder's (400) on 2026-07-28.
    let malformed = era == .modern ? 400 : 200
    guard let name = request.envelope.name.flatMap(request.string) else {
      throw Refusal(malformed, .invalidParams, "`params.name` must be a string: the name of a tool.")
    }
    var range = request.envelope.arguments
    if let given = range, request.kind(given) != .object {
      // Clients of the handshake revisions write absent members as null.
      guard era != .modern, request.kind(given) == .null else {
        throw Refusal(malformed, .invalidParams, "`params.arguments` must be an object.")
      }
      range = nil
    }
    guard let place = catalog.place(of: name) else {
      throw Refusal(200, .invalidParams, "Unknown tool: \(quoted(String(decoding: name, as: UTF8.self)))")
    }
    let tool = catalog.tools[place]
    let arguments = range == nil ? nil : message["params"]?["arguments"]
    if era == .modern, !tool.headerParameters.isEmpty {
      try checkParameterHeaders(of: tool, arguments: arguments)
    }
    if let problem = problem(with: arguments, of: tool) {
      guard era.revision.reportsBadArgumentsAsResult else { throw Refusal(200, .invalidParams, problem) }
      return .answer(toolErrorAnswer(problem, id: body[request.id], catalog: catalog, revision: era.revision))
    }
    var token = request.envelope.progressToken
    if let given = token, request.kind(given) != .string, request.kind(given) != .number { token = nil }
    return .call(
      ToolCall(
        era: era, catalog: catalog, toolIndex: place, body: body, idRange: request.id, argumentsRange: range,
        progressTokenRange: token))
  }

  /// What the caller has to change in the arguments, in words for a model; nil when they fit.
  private func problem(with arguments: JSONValue?, of tool: ToolRecord) -> String? {
    guard let arguments else { return tool.emptyArgumentsProblem }
    // The worker's reader and the validator might each take another one of two.
    if let key = DuplicateKeys.first(in: arguments) {
      return "The arguments of `\(tool.name)` have the member `\(quoted(key))` twice in one object; send it once."
    }
    return BadArguments.text(tool: tool.name, violations: tool.inputSchema.validate(arguments))
  }
}

enum DuplicateKeys {
  /// A member that some object in the value has twice, at any depth. Recursion is bound by the parser's depth.
  static func first(in value: JSONValue) -> String? {
    if value.isObject {
      if let key = value.duplicateKey { return key }
      var members = value.members
      while let member = members.next() {
        if let key = first(in: member.value) { return key }
      }
    } else if value.isArray {
      var elements = value.elements
      while let element = elements.next() {
        if let key = first(in: element) { return key }
      }
    }
    return nil
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
