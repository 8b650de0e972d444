// The one error form of this module.

/// Why an operation was not done, or a store not opened.
public struct KeyValueError: Error, Sendable, CustomStringConvertible {
  /// The description is the code's name in answers, logs and metrics.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private init(_ name: String) { self.name = name }
    public var description: String { name }

    /// The operation itself is wrong: a name, a key, a cursor; the message says which.
    public static let badRequest = Code("bad_request")
    /// A key or a value over its limit.
    public static let tooLarge = Code("too_large")
    /// A cursor that this listing did not give out.
    public static let badCursor = Code("bad_cursor")
    /// The condition of a write did not hold.
    public static let conflict = Code("conflict")
    /// The store cannot be reached, or did not answer in time.
    public static let unavailable = Code("state_unavailable")
    /// As many operations or bytes wait for the store as may: it is not down, and it has not seen this one.
    public static let busy = Code("state_busy")
    /// The store has no room left: disk, memory or quota.
    public static let full = Code("state_full")
    /// What the store holds under this key was not written by this port, or is damaged.
    public static let corrupt = Code("corrupt")
    /// An address that cannot be read, a file that cannot be opened, a server that lacks what is needed.
    public static let configuration = Code("configuration")
  }

  public let code: Code
  /// Says what happened, where, and what to do. Holds no value and no password.
  public let message: String
  /// Of a write that ended with `unavailable`: true where nobody knows whether it was done.
  public let mayHaveHappened: Bool
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, mayHaveHappened: Bool = false, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.mayHaveHappened = mayHaveHappened
    self.cause = cause
  }

  public var description: String { message }
}

extension KeyValueError {
  static let conflict = KeyValueError(
    .conflict, "the condition of the write did not hold: read the value again and decide anew")
  /// Asked for when its time was already over; nothing was sent.
  static let tooLate = KeyValueError(.unavailable, "the operation's deadline had passed before it began")
  static let connectionClosed = KeyValueError(.unavailable, "the connection to the store is closed")
  /// One more than an adapter's own queue takes; nothing was sent.
  static let tooManyWait = KeyValueError(.busy, "too many operations wait for the store; try again in a moment")
  static func memoryFull(_ bytesMax: Int) -> KeyValueError {
    KeyValueError(.full, "the memory store holds \(bytesMax) bytes and has no room: delete something, or let it expire")
  }
}
