// Every bound of this module, in one place, each with its unit.

/// The bounds of reading JSON.
public enum JSONLimits {
  /// How many arrays and objects may stand inside one another. A scalar has depth 0, `[]` has depth 1.
  public static let maximumDepth = 64
  /// Objects up to this many members are searched for duplicate keys pair by pair, larger ones through a hash table.
  /// (``JSONScanner`` keeps as many on the stack.)
  static let pairwiseMembers = 24
}

/// The bounds of JSON Schema: what a schema may cost to compile, and what one validation may cost. MCP asks for such
/// bounds (2026-07-28, basic/index, "Composition-Keyword Resource Use"); the figures are ours.
public struct JSONSchemaLimits: Sendable, Equatable {
  /// Bytes of one schema document, the author's or a remote one.
  public var schemaBytes = 1 << 20
  /// Schemas and subschemas that one compiled schema may consist of, those of referenced documents included.
  public var subschemas = 10_000
  /// Schemas that may be reached through one another while validating: each level of the instance takes one for its own
  /// schema and one for each `$ref` or `allOf` on the way to it.
  public var depth = 512
  /// Work of one validation: about one step for each schema applied, member looked at or value compared.
  /// A step costs about 10 ns, so that this is some 10 ms; past it the instance is refused.
  public var steps = 1_000_000
  /// Bytes of one regular expression.
  public var patternBytes = 4096
  /// Work of all the regular expressions in one validation, in PCRE2's units of matching (about 20 ns each).
  public var patternWork = 2_000_000
  /// Work of one regular expression on one string, in the same units: PCRE2's match limit.
  public var patternMatch = 100_000
  /// PCRE2's limit of nested backtracking points.
  public var patternDepth = 50_000
  /// Memory of one match, in KiB: PCRE2's heap limit. Each thread keeps what it once needed.
  public var patternHeapKiB = 4096
  /// Violations that one validation reports.
  public var violations = 10
  /// Bytes of one violation's message, about; longer lists are cut.
  public var messageBytes = 600

  public init() {}
}
