// The arguments of a call against its tool's input schema: the costly part, which the node does after the caller's rate.
public import JSON

extension ToolCall {
  /// How the call ends if its arguments do not fit the input schema, or have a member twice; nil when they fit.
  ///
  /// ``decode(method:headers:body:catalog:pool:)`` leaves this out, so that a caller past its rate cannot make the node
  /// validate. Whoever runs calls must ask before running one: a worker may rely on its schema. One parse of the
  /// arguments and one validation, within the schema's limits; to be called on the loop that owns `pool`.
  ///
  /// A tool error since 2025-11-25 (SEP-1303), -32602 before.
  public func argumentsProblem(pool: JSONPool) -> ToolOutcome? {
    guard let text = argumentsProblemText(pool: pool) else { return nil }
    return revision.reportsBadArgumentsAsResult ? .toolError(text) : .protocolError(.invalidParams, text)
  }

  /// What the caller has to change, in words for a model.
  private func argumentsProblemText(pool: JSONPool) -> String? {
    guard let range = argumentsRange else { return tool.emptyArgumentsProblem }
    do {
      let document = try JSONDocument(
        body.span.extracting(range), pool: pool, maximumDepth: MCPLimits.nestingDepthMax)
      // The worker's reader and the validator might each take another one of two.
      if let key = DuplicateKeys.first(in: document.root) {
        return "The arguments of `\(tool.name)` have the member `\(quoted(key))` twice in one object; send it once."
      }
      return BadArguments.text(tool: tool.name, violations: tool.inputSchema.validate(document.root))
    } catch {
      // They were read as a part of the message, so only a smaller pool than that message's comes here.
      return "The arguments of `\(tool.name)` cannot be read: \(error)"
    }
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
