// What a schema is compiled to: flat tables of plain values, so that validating touches no reference count.
import CPCRE2

/// One schema. Numbers are places in the program's tables; -1 is "not there".
struct Node {
  /// Which groups of keywords are there, so that the others cost nothing.
  struct Groups: OptionSet {
    let rawValue: UInt16
    static let reference = Groups(rawValue: 1 << 0)
    static let inPlace = Groups(rawValue: 1 << 1)
    static let equality = Groups(rawValue: 1 << 2)
    static let object = Groups(rawValue: 1 << 3)
    static let array = Groups(rawValue: 1 << 4)
    static let string = Groups(rawValue: 1 << 5)
    static let number = Groups(rawValue: 1 << 6)
    static let unevaluated = Groups(rawValue: 1 << 7)
    /// `false`
    static let nothing = Groups(rawValue: 1 << 8)
  }
  var groups: Groups = []
  /// Kinds of values that are allowed.
  var types: TypeSet = .any
  /// The schema resource that this schema belongs to, for `$dynamicRef`.
  var resource: Int32 = 0
  /// The schema's text, for messages.
  var source: Value

  var reference: Int32 = -1
  var dynamicReference: Int32 = -1
  var allOf = Slice()
  var anyOf = Slice()
  var oneOf = Slice()
  var not: Int32 = -1
  var condition: Int32 = -1
  var consequence: Int32 = -1
  var alternative: Int32 = -1

  /// `const` and `enum`: places in `values`.
  var constant: Int32 = -1
  var enumeration = Slice()
  var hasEnumeration = false

  var properties = Slice()
  var requiredCount: Int32 = 0
  var patternProperties = Slice()
  var additionalProperties: Int32 = -1
  var propertyNames: Int32 = -1
  var unevaluatedProperties: Int32 = -1
  var dependents = Slice()
  var minimumProperties = 0
  var maximumProperties = Int.max

  var prefixItems = Slice()
  var items: Int32 = -1
  var contains: Int32 = -1
  var minimumContains = 1
  var maximumContains = Int.max
  var unevaluatedItems: Int32 = -1
  var minimumItems = 0
  var maximumItems = Int.max
  var uniqueItems = false

  var minimumLength = 0
  var maximumLength = Int.max
  var pattern: Int32 = -1

  /// A place in `ranges`.
  var range: Int32 = -1

  init(source: Value) { self.source = source }
}

/// A stretch of a table.
struct Slice {
  var start: Int32 = 0
  var count: Int32 = 0
}

/// Kinds of values as `type` names them.
struct TypeSet: OptionSet {
  let rawValue: UInt8
  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let integer = TypeSet(rawValue: 4)
  static let number = TypeSet(rawValue: 8)
  static let string = TypeSet(rawValue: 16)
  static let array = TypeSet(rawValue: 32)
  static let object = TypeSet(rawValue: 64)
  static let any = TypeSet(rawValue: 127)

  static let names: [(name: String, type: TypeSet)] = [
    ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
    ("array", .array), ("object", .object),
  ]
}

/// A name that `properties` or `required` mentions. A node's entries are sorted by length, then bytes.
struct PropertyEntry {
  /// In the schema document's memory.
  var name: UnsafeBufferPointer<UInt8>
  /// -1: only required.
  var node: Int32 = -1
  /// Its bit among the node's required names; -1 if it is optional.
  var required: Int32 = -1
  /// Its place in the author's order.
  var position: Int32
}

/// `patternProperties`.
struct PatternEntry {
  var pattern: Int32
  var node: Int32
}

/// `dependentRequired`, `dependentSchemas`: if `name` is there.
struct DependentEntry {
  var name: UnsafeBufferPointer<UInt8>
  /// Places in `names` that are required then.
  var required = Slice()
  var node: Int32 = -1
}

/// The bounds of a number.
struct NumberRange {
  var minimum: JSONNumber?
  var exclusiveMinimum: JSONNumber?
  var maximum: JSONNumber?
  var exclusiveMaximum: JSONNumber?
  var multipleOf: JSONNumber?
}

/// `$dynamicRef`: for each resource of the schema the node of the dynamic anchor there, in `dynamicTargets`.
struct DynamicReference {
  var targets = Slice()
  /// Where it leads when nothing in the dynamic scope has the anchor.
  var initial: Int32
}

/// A table that does not change any more.
struct Table<Element> {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    base = .allocate(capacity: max(count, 1))
    _ = UnsafeMutableBufferPointer(start: base, count: count).initialize(from: elements)
  }
  func free() {
    base.deinitialize(count: count)
    base.deallocate()
  }
  @inline(__always)
  subscript(_ index: Int32) -> UnsafeMutablePointer<Element> { base + Int(index) }
}

/// The tables of one schema. Written by the compiler, then only read: so it may cross threads.
final class SchemaProgram: @unchecked Sendable {
  let documents: [SchemaDocument]
  let nodes: Table<Node>
  let children: Table<Int32>
  let properties: Table<PropertyEntry>
  let patternProperties: Table<PatternEntry>
  let dependents: Table<DependentEntry>
  let names: Table<UnsafeBufferPointer<UInt8>>
  let values: Table<Value>
  let ranges: Table<NumberRange>
  let dynamicReferences: Table<DynamicReference>
  let dynamicTargets: Table<Int32>
  let patterns: Table<OpaquePointer>
  /// Whether the pattern of that number scans more than is counted.
  let patternScans: Table<Bool>
  let root: Int32
  /// Whether the dynamic scope has to be followed.
  let isDynamic: Bool

  init(_ tables: consuming SchemaTables, documents: [SchemaDocument], root: Int32) {
    self.documents = documents
    nodes = Table(tables.nodes)
    children = Table(tables.children)
    properties = Table(tables.properties)
    patternProperties = Table(tables.patternProperties)
    dependents = Table(tables.dependents)
    names = Table(tables.names)
    values = Table(tables.values)
    ranges = Table(tables.ranges)
    dynamicReferences = Table(tables.dynamicReferences)
    dynamicTargets = Table(tables.dynamicTargets)
    patterns = Table(tables.patterns.map(\.code))
    patternScans = Table(tables.patterns.map(\.scansUncounted))
    patternOwners = tables.patterns
    isDynamic = !tables.dynamicReferences.isEmpty
    self.root = root
  }
  private let patternOwners: [Pattern]

  deinit {
    nodes.free()
    children.free()
    properties.free()
    patternProperties.free()
    dependents.free()
    names.free()
    values.free()
    ranges.free()
    dynamicReferences.free()
    dynamicTargets.free()
    patterns.free()
    patternScans.free()
  }
}

/// The tables while they grow.
struct SchemaTables {
  var nodes: [Node] = []
  var children: [Int32] = []
  var properties: [PropertyEntry] = []
  var patternProperties: [PatternEntry] = []
  var dependents: [DependentEntry] = []
  var names: [UnsafeBufferPointer<UInt8>] = []
  var values: [Value] = []
  var ranges: [NumberRange] = []
  var dynamicReferences: [DynamicReference] = []
  var dynamicTargets: [Int32] = []
  var patterns: [Pattern] = []
}
