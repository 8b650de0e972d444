// The one error of this module.

/// Why a simulation could not be run.
public struct SimulationError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Base: String { case scenario, missingProgram, process, network, file }
    private let base: Base

    /// A scenario that contradicts itself, its topology or its mode.
    public static let scenario = Code(base: .scenario)
    /// A program that a live run needs is not installed.
    public static let missingProgram = Code(base: .missingProgram)
    /// A node or a store did not start, or ended when it should not have.
    public static let process = Code(base: .process)
    /// No port, no descriptor, no loop.
    public static let network = Code(base: .network)
    /// A file of the run could not be written or read.
    public static let file = Code(base: .file)

    public var description: String { base.rawValue }
  }

  public let code: Code
  /// What happened, where, and what to change.
  public let message: String
  public var description: String { message }

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
