// The one error of this module.

/// Why a topology or a plan cannot be used.
public struct PlacementError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Base: String { case badValue, impossible, unknownTool, chainTooLong }
    private let base: Base

    /// A topology that contradicts itself.
    public static let badValue = Code(base: .badValue)
    /// A tool that no site can take.
    public static let impossible = Code(base: .impossible)
    /// A name that no tool has.
    public static let unknownTool = Code(base: .unknownTool)
    /// A chain of more steps than are planned.
    public static let chainTooLong = Code(base: .chainTooLong)

    public var description: String { base.rawValue }
  }

  public let code: Code
  /// What is wrong and what to change.
  public let message: String
  public var description: String { message }

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
