// The error of compiling a schema.

/// A schema was refused when it was compiled: what is wrong, where in it, and what to change.
public struct JSONSchemaError: Error, Sendable, Equatable {
  public enum Code: String, Sendable {
    /// The schema is not JSON, or an object in it has a key twice.
    case notJSON
    /// `$schema` names a dialect other than 2020-12.
    case unknownDialect
    /// The schema is not valid under its dialect.
    case invalidSchema
    /// `$ref` or `$dynamicRef` names something that is not there. Nothing is ever fetched.
    case unresolvedReference
    /// A regular expression is not one.
    case invalidPattern
    /// The schema is too large, too deep, or has too many subschemas.
    case tooLarge
  }
  public var code: Code
  public var message: String
  /// Where in the schema, as a JSON pointer (`/properties/city`); after the document's address for a remote one.
  public var location: String

  public init(_ code: Code, _ message: String, at location: String) {
    self.code = code
    self.message = message
    self.location = location
  }
}

extension JSONSchemaError: CustomStringConvertible {
  public var description: String { "\(location.isEmpty ? "the schema" : location): \(message)" }
}
