// The keywords, one by one.

extension SchemaCompiler {
  // MARK: Applicators (core, section 10)

  mutating func compileApplicators(_ schema: Value, into node: inout Node) throws(JSONSchemaError) {
    node.allOf = try list(schema, "allOf")
    node.anyOf = try list(schema, "anyOf")
    node.oneOf = try list(schema, "oneOf")
    node.not = child(schema, "not")
    node.condition = child(schema, "if")
    if node.condition >= 0 {
      node.consequence = child(schema, "then")
      node.alternative = child(schema, "else")
    }
    if node.allOf.count + node.anyOf.count + node.oneOf.count > 0 || node.not >= 0 || node.condition >= 0 {
      node.groups.insert(.inPlace)
    }

    node.prefixItems = try list(schema, "prefixItems")
    node.items = child(schema, "items")
    node.contains = child(schema, "contains")
    if node.prefixItems.count > 0 || node.items >= 0 || node.contains >= 0 { node.groups.insert(.array) }
  }

  mutating func compileUnevaluated(_ schema: Value, into node: inout Node) throws(JSONSchemaError) {
    node.unevaluatedProperties = child(schema, "unevaluatedProperties")
    node.unevaluatedItems = child(schema, "unevaluatedItems")
    if node.unevaluatedProperties >= 0 || node.unevaluatedItems >= 0 { node.groups.insert(.unevaluated) }
  }

  private mutating func child(_ schema: Value, _ keyword: String) -> Int32 {
    schema.member(keyword).map { node(for: $0) } ?? -1
  }

  private mutating func list(_ schema: Value, _ keyword: String) throws(JSONSchemaError) -> Slice {
    guard let value = schema.member(keyword) else { return Slice() }
    guard value.isArray, value.length > 0 else {
      throw invalid(value, "\(keyword) must be a non-empty array of schemas")
    }
    let nodes = value.items.map { node(for: $0) }
    return append(nodes, to: \.children)
  }

  // MARK: Objects

  /// `properties` and `required` share one table, so that one look at a member's name serves both.
  mutating func compileProperties(
    _ schema: Value, into node: inout Node, vocabularies: Vocabularies
  ) throws(JSONSchemaError) {
    var entries: [String: PropertyEntry] = [:]
    if vocabularies.contains(.applicator) {
      for (key, name, value) in try map(schema, "properties") {
        entries[key] = PropertyEntry(name: name, node: self.node(for: value), position: Int32(entries.count))
      }
      var patterns: [PatternEntry] = []
      for (key, _, value) in try map(schema, "patternProperties") {
        patterns.append(PatternEntry(pattern: try pattern(value, key), node: self.node(for: value)))
      }
      node.patternProperties = append(patterns, to: \.patternProperties)
      node.additionalProperties = child(schema, "additionalProperties")
      node.propertyNames = child(schema, "propertyNames")
    }
    if vocabularies.contains(.validation), let required = schema.member("required") {
      for (name, value) in try names(required, of: "required") {
        var entry = entries[name] ?? PropertyEntry(name: bytes(ofString: value), position: Int32(entries.count))
        guard entry.required < 0 else { continue }
        entry.required = node.requiredCount
        node.requiredCount += 1
        entries[name] = entry
      }
    }
    let sorted = entries.values.sorted { Self.precedes($0.name, $1.name) }
    node.properties = append(sorted, to: \.properties)
    try compileDependents(schema, into: &node, vocabularies: vocabularies)
    if !entries.isEmpty || node.patternProperties.count > 0 || node.additionalProperties >= 0
      || node.propertyNames >= 0 || node.dependents.count > 0 || node.minimumProperties > 0
      || node.maximumProperties < Int.max
    {
      node.groups.insert(.object)
    }
  }

  /// Shorter names first, then by bytes: the order of the property tables.
  static func precedes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    compareNames(left, right) < 0
  }

  /// `dependentRequired`, `dependentSchemas`, and `dependencies`, which was both before 2019-09: the meta-schema still
  /// knows it, and an author who wrote it wants it enforced.
  private mutating func compileDependents(
    _ schema: Value, into node: inout Node, vocabularies: Vocabularies
  ) throws(JSONSchemaError) {
    var entries: [DependentEntry] = []
    if vocabularies.contains(.validation) {
      for (_, name, value) in try map(schema, "dependentRequired") {
        let required = try names(value, of: "dependentRequired").map { bytes(ofString: $0.value) }
        entries.append(DependentEntry(name: name, required: append(required, to: \.names)))
      }
    }
    if vocabularies.contains(.applicator) {
      for (_, name, value) in try map(schema, "dependentSchemas") {
        entries.append(DependentEntry(name: name, node: self.node(for: value)))
      }
      for (_, name, value) in try map(schema, "dependencies") {
        if value.isArray {
          let required = try names(value, of: "dependencies").map { bytes(ofString: $0.value) }
          entries.append(DependentEntry(name: name, required: append(required, to: \.names)))
        } else {
          entries.append(DependentEntry(name: name, node: self.node(for: value)))
        }
      }
    }
    node.dependents = append(entries, to: \.dependents)
  }

  private func map(
    _ schema: Value, _ keyword: String
  ) throws(JSONSchemaError) -> [(key: String, name: UnsafeBufferPointer<UInt8>, value: Value)] {
    guard let value = schema.member(keyword) else { return [] }
    guard value.isObject else { throw invalid(value, "\(keyword) must be an object") }
    return value.entries.map { ($0.key, bytes(ofString: $0.value - 1), $0.value) }
  }

  private func names(_ list: Value, of keyword: String) throws(JSONSchemaError) -> [(name: String, value: Value)] {
    var result: [(name: String, value: Value)] = []
    guard list.isArray else { throw invalid(list, "\(keyword) must be an array of names") }
    for item in list.items {
      guard let name = item.text else { throw invalid(item, "\(keyword) must be an array of names") }
      result.append((name, item))
    }
    return result
  }

  // MARK: Assertions (validation, section 6)

  mutating func compileAssertions(_ schema: Value, into node: inout Node) throws(JSONSchemaError) {
    if let type = schema.member("type") { node.types = try types(type) }
    if let constant = schema.member("const") {
      node.constant = append([constant], to: \.values).start
      node.groups.insert(.equality)
    }
    if let list = schema.member("enum") {
      guard list.isArray else { throw invalid(list, "enum must be an array") }
      node.enumeration = append(list.items, to: \.values)
      node.hasEnumeration = true
      node.groups.insert(.equality)
    }
    try compileNumbers(schema, into: &node)
    try compileCounts(schema, into: &node)
    if let value = schema.member("pattern") { node.pattern = try pattern(value, try text(value, of: "pattern")) }
    if node.minimumLength > 0 || node.maximumLength < Int.max || node.pattern >= 0 { node.groups.insert(.string) }
    if let unique = schema.member("uniqueItems") {
      guard let isUnique = JSONValue(unique).bool else { throw invalid(unique, "uniqueItems must be a boolean") }
      node.uniqueItems = isUnique
    }
    if node.minimumItems > 0 || node.maximumItems < Int.max || node.uniqueItems { node.groups.insert(.array) }
  }

  private func types(_ value: Value) throws(JSONSchemaError) -> TypeSet {
    var types: TypeSet = []
    for item in value.isArray ? value.items : [value] {
      guard let type = TypeSet.names.first(where: { $0.name == item.text })?.type else {
        throw invalid(value, "type must be one of \(TypeSet.names.map { quoted($0.name) }.joined(separator: ", "))")
      }
      types.insert(type)
    }
    return types
  }

  private mutating func compileNumbers(_ schema: Value, into node: inout Node) throws(JSONSchemaError) {
    var range = NumberRange()
    var isEmpty = true
    for (keyword, path) in Self.numberKeywords {
      guard let value = schema.member(keyword) else { continue }
      guard let number = JSONNumber(value) else { throw invalid(value, "\(keyword) must be a number") }
      range[keyPath: path] = number
      isEmpty = false
      if keyword == "multipleOf" {
        let decimal = number.decimal
        guard decimal.compare(Decimal(0)) > 0 else { throw invalid(value, "multipleOf must be more than 0") }
        guard decimal.digits.count <= 18 else { throw invalid(value, "multipleOf has more than 18 digits") }
      }
    }
    guard !isEmpty else { return }
    node.range = append([range], to: \.ranges).start
    node.groups.insert(.number)
  }

  private static var numberKeywords: [(String, WritableKeyPath<NumberRange, JSONNumber?>)] {
    [
      ("minimum", \.minimum), ("exclusiveMinimum", \.exclusiveMinimum), ("maximum", \.maximum),
      ("exclusiveMaximum", \.exclusiveMaximum), ("multipleOf", \.multipleOf),
    ]
  }

  private func compileCounts(_ schema: Value, into node: inout Node) throws(JSONSchemaError) {
    for (keyword, path) in Self.countKeywords {
      if let value = schema.member(keyword) { node[keyPath: path] = try count(value, of: keyword) }
    }
  }

  private static var countKeywords: [(String, WritableKeyPath<Node, Int>)] {
    [
      ("minLength", \.minimumLength), ("maxLength", \.maximumLength), ("minItems", \.minimumItems),
      ("maxItems", \.maximumItems), ("minContains", \.minimumContains), ("maxContains", \.maximumContains),
      ("minProperties", \.minimumProperties), ("maxProperties", \.maximumProperties),
    ]
  }
}
