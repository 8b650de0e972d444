// The one error of this module: which file, which line, what is wrong there and what to write instead.

/// A manifest, a node file or a schema file that cannot be used.
///
/// `description` reads `atoll.toml:12: unknown key …; did you mean …?` and is meant to be shown as it is.
public struct ManifestError: Error, Sendable, CustomStringConvertible {
  /// What kind of mistake it is; stable, for programs.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Base: String {
      case unreadable, syntax, unknownKey, missingKey, wrongType, badValue, duplicate, badSchema
    }
    private let base: Base

    /// The file is missing, too large, not UTF-8, or outside the worker's folder.
    public static let unreadable = Code(base: .unreadable)
    /// The text is not TOML.
    public static let syntax = Code(base: .syntax)
    /// A key or table that this version does not enforce.
    public static let unknownKey = Code(base: .unknownKey)
    /// A key that must be there is not.
    public static let missingKey = Code(base: .missingKey)
    /// A value of another type than the key wants.
    public static let wrongType = Code(base: .wrongType)
    /// A value of the right type that cannot be meant.
    public static let badValue = Code(base: .badValue)
    /// Two tools, or two workers, that cannot be told apart.
    public static let duplicate = Code(base: .duplicate)
    /// A tool's schema that is not JSON, or not a schema a tool may have.
    public static let badSchema = Code(base: .badSchema)

    public var description: String { base.rawValue }
  }

  public let code: Code
  /// The file as the caller named it.
  public let file: String
  /// 1-based; nil where the mistake is not on a line (a file that is missing).
  public let line: Int?
  /// 1-based, in bytes; known for mistakes of syntax only.
  public let column: Int?
  /// What is wrong and what to write, without the place.
  public let message: String

  public init(_ code: Code, file: String, line: Int? = nil, column: Int? = nil, message: String) {
    self.code = code
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    return "\(place): \(message)"
  }
}
