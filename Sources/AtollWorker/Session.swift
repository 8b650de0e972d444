// The state of a session, for tools with `session = true` in the manifest.

/// One value that goes on from call to call. The host takes the session's handle from the call and gives it back.
public enum Session {
  /// What the session holds; nil in a new one.
  public static func get() throws(StateError) -> Stored? {
    try StateRequest.stored(start(StateRequest("get") { _ in }))
  }

  /// Writes the whole value.
  /// - Returns: its version.
  @discardableResult
  public static func put(_ value: StateValue, if condition: StateCondition = .always) throws(StateError) -> String {
    var request = StateRequest("put") { condition.write(to: &$0) }
    request.append(value)
    return try StateRequest.version(start(request))
  }

  /// As `KV.update`: two calls at once lose nothing.
  @discardableResult
  public static func update(
    attempts: Int = 8, _ change: (Stored?) throws(ToolError) -> StateValue?
  ) throws(ToolError) -> StateValue? {
    try compareAndSet(
      attempts: attempts, get: { () throws(StateError) in try get() },
      put: { (value, _, condition) throws(StateError) in try put(value, if: condition) }, change: change)
  }

  /// Forgets the session.
  public static func end() throws(StateError) {
    try StateRequest.answer(start(StateRequest("delete") { _ in })) { _, _ in }
  }

  private static func start(_ request: borrowing StateRequest) -> Int32 {
    Host.startSession(request.writer.base, request.writer.count)
  }
}
