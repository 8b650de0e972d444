// A compiled JSON Schema.

/// A JSON Schema 2020-12, compiled once at load and then used from any thread.
///
/// All keywords of the standard's vocabularies are enforced; `format` and `content*` are annotations. Nothing is
/// fetched: a `$ref` to another document finds it among `remotes` or is refused here.
public final class JSONSchema: Sendable {
  /// One way in which an instance does not fit.
  public struct Violation: Sendable, Equatable, CustomStringConvertible {
    /// Where in the instance, as a JSON pointer: `/city`; empty for the whole.
    public var instancePath: String
    /// The keyword that was not met, e.g. `required`.
    public var keyword: String
    /// What was expected, in words a model can act on.
    public var message: String

    public init(instancePath: String, keyword: String, message: String) {
      self.instancePath = instancePath
      self.keyword = keyword
      self.message = message
    }
    public var description: String { instancePath.isEmpty ? message : "\(instancePath): \(message)" }
  }

  /// The author's bytes, untouched: what goes out in `tools/list`.
  public let source: [UInt8]
  public let limits: JSONSchemaLimits
  private let program: SchemaProgram

  /// Compiles a schema.
  ///
  /// - Parameters:
  ///   - schema: its JSON text. Duplicate keys are refused.
  ///   - limits: what it may cost to compile and to validate with.
  ///   - remotes: other documents that `$ref` may name, by their absolute URI. The standard's meta-schemas are known.
  /// - Throws: ``JSONSchemaError``, naming the place in the schema.
  public init(
    _ schema: [UInt8], limits: JSONSchemaLimits = JSONSchemaLimits(), remotes: [String: [UInt8]] = [:]
  ) throws(JSONSchemaError) {
    source = schema
    self.limits = limits
    program = try SchemaCompiler.compile(schema, uri: "", limits: limits, remotes: remotes, checksDialect: true)
  }

  /// A meta-schema: its own text is not checked against one.
  init(metaSchema: [UInt8], uri: String, limits: JSONSchemaLimits, remotes: [String: [UInt8]]) throws(JSONSchemaError) {
    source = metaSchema
    self.limits = limits
    program = try SchemaCompiler.compile(metaSchema, uri: uri, limits: limits, remotes: remotes, checksDialect: false)
  }

  /// Whether the instance fits. Under a microsecond for a small object; allocates nothing unless the schema says
  /// `unevaluatedProperties` or `unevaluatedItems`, or refers dynamically.
  public func accepts(_ instance: JSONValue) -> Bool {
    var evaluation = Evaluation(program, limits: limits, isTracing: false)
    return evaluation.run(on: instance.pointer)
  }

  /// The ways in which the instance does not fit, at most ``JSONSchemaLimits/violations``; empty if it fits, and then
  /// as cheap as ``accepts(_:)``. What cannot be checked within the limits does not fit.
  public func validate(_ instance: JSONValue) -> [Violation] {
    if accepts(instance) { return [] }
    var evaluation = Evaluation(program, limits: limits, isTracing: true)
    _ = evaluation.run(on: instance.pointer)
    if evaluation.violations.isEmpty {
      return [Violation(instancePath: "", keyword: "", message: "does not fit the schema")]
    }
    return evaluation.violations
  }

  /// Parses an instance, on the heap unless a pool is given, and validates it.
  public func validate(bytes: [UInt8], pool: JSONPool? = nil) throws(JSONError) -> [Violation] {
    let document = try JSONDocument(bytes, pool: pool)
    return validate(document.root)
  }
}
