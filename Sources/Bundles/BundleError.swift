// The one error of this module: why a worker could not be built, or a bundle not be opened.

/// A build or a bundle that failed. The message says what happened, where, and what to change.
public struct BundleError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; stable, for programs.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Base: String {
      case badManifest = "bad_manifest"
      case badModule = "bad_module"
      case badSource = "bad_source"
      case compilerFailed = "compiler_failed"
      case evaluationFailed = "evaluation_failed"
      case toolchainMissing = "toolchain_missing"
      case fileFailed = "file_failed"
      case notABundle = "not_a_bundle"
      case damaged = "damaged"
      case wrongVersion = "wrong_version"
    }
    private let base: Base

    /// `atoll.toml` or a schema is wrong; the cause is a `ManifestError`.
    public static let badManifest = Code(base: .badManifest)
    /// The module is not one that Atoll runs.
    public static let badModule = Code(base: .badModule)
    /// `[source]` names what is not there or does not fit its language.
    public static let badSource = Code(base: .badSource)
    /// The compiler or the linker refused the source; the message holds what it said.
    public static let compilerFailed = Code(base: .compilerFailed)
    /// A JavaScript worker's module threw, or ran into a cap, when it was evaluated.
    public static let evaluationFailed = Code(base: .evaluationFailed)
    /// A part of the toolchain is not installed.
    public static let toolchainMissing = Code(base: .toolchainMissing)
    /// A file cannot be read or written.
    public static let fileFailed = Code(base: .fileFailed)
    /// The file is something else.
    public static let notABundle = Code(base: .notABundle)
    /// The digest does not match, or the contents contradict each other.
    public static let damaged = Code(base: .damaged)
    /// The bundle was written by a version of Atoll with another format.
    public static let wrongVersion = Code(base: .wrongVersion)

    public var description: String { base.rawValue }
  }

  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
