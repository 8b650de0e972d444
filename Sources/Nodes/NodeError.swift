// The one error form of a node: what happened, where, and what to change.

/// Why a node could not start, load a worker or reload one.
public struct NodeError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private init(_ name: String) { self.name = name }
    public var description: String { name }

    public static let configuration = Code("configuration")
    public static let workerNotLoaded = Code("worker_not_loaded")
    public static let toolNameTaken = Code("tool_name_taken")
    public static let noWorkers = Code("no_workers")
    public static let addressInUse = Code("address_in_use")
    public static let listen = Code("listen")
    public static let engine = Code("engine")
    public static let store = Code("store")
  }

  public let code: Code
  /// Says what happened, where, and what to write or run instead.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  /// Runs a step of a module below; its error becomes a node's, in its own words.
  static func wrapping<T, E: Error>(_ code: Code, _ body: () throws(E) -> T) throws(NodeError) -> T {
    do { return try body() } catch { throw NodeError(code, "\(error)", cause: error) }
  }
}
