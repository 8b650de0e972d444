// What can go wrong before a call: engine settings, modules, programs, the cache.

/// A load-time error. The message says what happened, where, and what to change.
public struct SandboxError: Error, Sendable, CustomStringConvertible {
  /// What kind of thing went wrong; stable, for scripts and tests.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case badConfiguration = "bad_configuration"
      case malformedModule = "malformed_module"
      case unsupportedFeature = "unsupported_feature"
      case missingExport = "missing_export"
      case wrongABI = "wrong_abi"
      case importDenied = "import_denied"
      case limitTooSmall = "limit_too_small"
      case limitTooLarge = "limit_too_large"
      case compilationFailed = "compilation_failed"
      case cacheRefused = "cache_refused"
      case cacheFailed = "cache_failed"
      case initializationFailed = "initialization_failed"
    }
    private let value: Value
    private init(_ value: Value) { self.value = value }
    public var description: String { value.rawValue }

    /// An engine setting that wasmtime would abort the process for.
    public static let badConfiguration = Code(.badConfiguration)
    /// The bytes are not a core WebAssembly module, or end early.
    public static let malformedModule = Code(.malformedModule)
    /// The module uses what the ABI refuses: several memories, 64-bit or shared memory, a component.
    public static let unsupportedFeature = Code(.unsupportedFeature)
    /// An export that the ABI asks for is missing or has another type.
    public static let missingExport = Code(.missingExport)
    /// `atoll_abi` has a value this version does not speak.
    public static let wrongABI = Code(.wrongABI)
    /// The module imports what it was not granted.
    public static let importDenied = Code(.importDenied)
    /// A limit of the manifest is below what the module needs to start.
    public static let limitTooSmall = Code(.limitTooSmall)
    /// A limit of the manifest is above the node's ceiling.
    public static let limitTooLarge = Code(.limitTooLarge)
    /// The compiler or the linker refused the module.
    public static let compilationFailed = Code(.compilationFailed)
    /// The cache directory is not safe to read machine code from.
    public static let cacheRefused = Code(.cacheRefused)
    /// The cache directory cannot be made, read or written.
    public static let cacheFailed = Code(.cacheFailed)
    /// `_initialize` trapped, ran into a limit or called the host.
    public static let initializationFailed = Code(.initializationFailed)
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
