// From a schema's JSON to a program. Each schema is compiled once, however often it is referred to; a list of what is
// still to do takes the place of recursion.

struct SchemaCompiler {
  let registry: SchemaRegistry
  var tables = SchemaTables()
  private var nodeOf: [Value: Int32] = [:]
  private var pending: [Value] = []
  private var patternOf: [String: Int32] = [:]
  /// `$dynamicRef`s that start in a dynamic anchor: the node that has one, and the anchor's name.
  var dynamicReferences: [(node: Int32, name: String)] = []

  init(_ registry: SchemaRegistry) { self.registry = registry }

  static func compile(
    _ schema: [UInt8], uri: String, limits: JSONSchemaLimits, remotes: [String: [UInt8]], checksDialect: Bool
  ) throws(JSONSchemaError) -> SchemaProgram {
    let registry = SchemaRegistry(limits: limits, remotes: remotes, checksDialect: checksDialect)
    let root = try registry.load(schema, uri: uri)
    guard root.isObject || root.isBool else {
      throw JSONSchemaError(.invalidSchema, "a schema is an object or a boolean", at: uri)
    }
    var compiler = SchemaCompiler(registry)
    let start = compiler.node(for: root)
    try compiler.compilePending()
    try compiler.linkDynamicReferences()
    try compiler.refuseCircles()
    return SchemaProgram(compiler.tables, documents: registry.documents, root: start)
  }

  /// The node of a schema; its keywords are compiled later.
  mutating func node(for schema: Value) -> Int32 {
    if let known = nodeOf[schema] { return known }
    let number = Int32(tables.nodes.count)
    tables.nodes.append(Node(source: schema))
    nodeOf[schema] = number
    pending.append(schema)
    return number
  }

  private mutating func compilePending() throws(JSONSchemaError) {
    while let schema = pending.popLast() {
      let number = Int(nodeOf[schema]!)
      tables.nodes[number] = try compileNode(schema, number: Int32(number))
    }
  }

  private mutating func compileNode(_ schema: Value, number: Int32) throws(JSONSchemaError) -> Node {
    var node = Node(source: schema)
    guard let resource = registry.resource(of: schema) else {
      throw JSONSchemaError(.invalidSchema, "a schema is an object or a boolean", at: registry.location(of: schema))
    }
    node.resource = resource
    guard schema.isObject else {
      if JSONValue(schema).bool == false { node.groups = .nothing }
      return node
    }
    try compileReferences(schema, into: &node, number: number)
    let vocabularies = registry.resources[Int(resource)].vocabularies
    if vocabularies.contains(.applicator) { try compileApplicators(schema, into: &node) }
    if vocabularies.contains(.validation) { try compileAssertions(schema, into: &node) }
    if vocabularies.contains(.unevaluated) { try compileUnevaluated(schema, into: &node) }
    try compileProperties(schema, into: &node, vocabularies: vocabularies)
    return node
  }

  // MARK: References

  private mutating func compileReferences(
    _ schema: Value, into node: inout Node, number: Int32
  ) throws(JSONSchemaError) {
    if let reference = schema.member("$ref") {
      let target = try registry.resolve(try text(reference, of: "$ref"), from: schema)
      node.reference = self.node(for: target.value)
      node.groups.insert(.reference)
    }
    if let reference = schema.member("$dynamicRef") {
      let target = try registry.resolve(try text(reference, of: "$dynamicRef"), from: schema)
      let targetNode = self.node(for: target.value)
      node.groups.insert(.reference)
      if let name = target.dynamicAnchor {
        node.dynamicReference = Int32(tables.dynamicReferences.count)
        tables.dynamicReferences.append(DynamicReference(initial: targetNode))
        dynamicReferences.append((number, name))
      } else if node.reference < 0 {
        node.reference = targetNode
      } else {
        // Beside a `$ref`: both apply.
        node.dynamicReference = Int32(tables.dynamicReferences.count)
        tables.dynamicReferences.append(DynamicReference(initial: targetNode))
      }
    }
  }

  /// Gives each dynamic reference its table of targets, compiling the anchors that nothing else leads to; one that
  /// can only lead to one place becomes a plain reference.
  private mutating func linkDynamicReferences() throws(JSONSchemaError) {
    // Compiling an anchor may load documents, and these may bring further references.
    var settled = -1
    while settled != dynamicReferences.count + registry.resources.count {
      settled = dynamicReferences.count + registry.resources.count
      for name in Set(dynamicReferences.map(\.name)) {
        for resource in registry.resources {
          if let anchor = resource.dynamicAnchors[name] { _ = node(for: anchor) }
        }
      }
      try compilePending()
    }
    var plain = 0
    for (number, name) in dynamicReferences {
      let node = Int(number)
      let reference = Int(tables.nodes[node].dynamicReference)
      let anchors = registry.resources.map { $0.dynamicAnchors[name].map { nodeOf[$0]! } ?? -1 }
      if anchors.filter({ $0 >= 0 }).count <= 1, tables.nodes[node].reference < 0 {
        tables.nodes[node].reference = tables.dynamicReferences[reference].initial
        tables.nodes[node].dynamicReference = -1
        plain += 1
      } else {
        tables.dynamicReferences[reference].targets = append(anchors, to: \.dynamicTargets)
      }
    }
    if plain == dynamicReferences.count, !tables.nodes.contains(where: { $0.dynamicReference >= 0 }) {
      tables.dynamicReferences = []
    }
  }

  // MARK: Circles

  /// Refuses schemas that apply themselves to the same instance, which would never end.
  private func refuseCircles() throws(JSONSchemaError) {
    var state = [UInt8](repeating: 0, count: tables.nodes.count)  // 1: on the path, 2: done
    for start in tables.nodes.indices where state[start] == 0 {
      var path: [(node: Int32, next: [Int32])] = [(Int32(start), appliedInPlace(Int32(start)))]
      state[start] = 1
      while let (node, _) = path.last {
        guard let target = path[path.count - 1].next.popLast() else {
          state[Int(node)] = 2
          path.removeLast()
          continue
        }
        if state[Int(target)] == 1 {
          throw JSONSchemaError(
            .invalidSchema, "this schema applies itself to the same value, and would never end; remove the circle",
            at: registry.location(of: tables.nodes[Int(node)].source))
        }
        if state[Int(target)] == 0 {
          state[Int(target)] = 1
          path.append((target, appliedInPlace(target)))
        }
      }
    }
  }

  private func appliedInPlace(_ number: Int32) -> [Int32] {
    let node = tables.nodes[Int(number)]
    var applied = [node.reference, node.not, node.condition, node.consequence, node.alternative]
    if node.dynamicReference >= 0 { applied.append(tables.dynamicReferences[Int(node.dynamicReference)].initial) }
    for slice in [node.allOf, node.anyOf, node.oneOf] {
      applied += (slice.start..<slice.start + slice.count).map { tables.children[Int($0)] }
    }
    applied += (node.dependents.start..<node.dependents.start + node.dependents.count)
      .map { tables.dependents[Int($0)].node }
    return applied.filter { $0 >= 0 }
  }

  // MARK: Tables

  mutating func append<T>(_ elements: [T], to table: WritableKeyPath<SchemaTables, [T]>) -> Slice {
    let slice = Slice(start: Int32(tables[keyPath: table].count), count: Int32(elements.count))
    tables[keyPath: table] += elements
    return slice
  }

  mutating func pattern(_ value: Value, _ source: String) throws(JSONSchemaError) -> Int32 {
    if let known = patternOf[source] { return known }
    func refused(_ why: String, _ code: JSONSchemaError.Code = .invalidPattern) -> JSONSchemaError {
      JSONSchemaError(code, "the regular expression \(quoted(source)) \(why)", at: registry.location(of: value))
    }
    guard source.utf8.count <= registry.limits.patternBytes else {
      throw refused("has more than the \(registry.limits.patternBytes) bytes allowed", .tooLarge)
    }
    do {
      tables.patterns.append(try Pattern(source))
    } catch {
      throw refused("is not accepted: \(error.message)")
    }
    let number = Int32(tables.patterns.count - 1)
    patternOf[source] = number
    return number
  }

  // MARK: Reading keywords

  func invalid(_ value: Value, _ message: String) -> JSONSchemaError {
    JSONSchemaError(.invalidSchema, message, at: registry.location(of: value))
  }

  func text(_ value: Value, of keyword: String) throws(JSONSchemaError) -> String {
    guard let text = value.text else { throw invalid(value, "\(keyword) must be a string") }
    return text
  }

  /// A non-negative integer, which may be written `2.0`; beyond an Int it is as good as endless.
  func count(_ value: Value, of keyword: String) throws(JSONSchemaError) -> Int {
    guard let number = JSONNumber(value), number.isInteger, number.compare(.unsigned(0)) >= 0 else {
      throw invalid(value, "\(keyword) must be a non-negative integer")
    }
    if number.compare(.unsigned(UInt64(Int.max))) >= 0 { return Int.max }
    if case .unsigned(let exact) = number { return Int(exact) }
    return Int(number.approximate)
  }
}
