// The handle that a caller sends to go on with a session.
public import JSON

extension ToolCall {
  /// Whether the tool works in a session.
  public var hasSession: Bool { tool.hasSession }

  /// The argument `session`; nil where it is left out or empty, as models write it. Ask after ``argumentsProblem(pool:)``,
  /// which has seen that it is a string.
  public func sessionHandle(pool: JSONPool) -> String? {
    guard let range = argumentsRange,
      let value = JSONScanner.valueRange(forKey: SessionSchema.argument, in: range, of: body.span)
    else { return nil }
    do throws(JSONError) {
      let document = try JSONDocument(body.span.extracting(value), pool: pool, maximumDepth: 1)
      return document.root.string.flatMap { $0.isEmpty ? nil : $0 }
    } catch {
      return nil
    }
  }
}
