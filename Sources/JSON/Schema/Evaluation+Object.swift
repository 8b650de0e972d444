// Keywords for objects (core, section 10.3.2; validation, section 6.5).
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The order of the property tables: shorter names first, then by bytes.
@inline(__always)
func compareNames(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
  if left.count != right.count { return left.count - right.count }
  return left.count == 0 ? 0 : Int(memcmp(left.baseAddress!, right.baseAddress!, left.count))
}

extension Evaluation {
  mutating func applyToObject(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    let count = value.length
    var isValid = true
    if count < node.pointee.minimumProperties || count > node.pointee.maximumProperties {
      if isReporting { reportSize(node, count) }
      guard goOn(&isValid) else { return false }
    }
    // The first 64 required names have a bit each.
    var seen: UInt64 = 0
    var key = value + 1
    for index in 0..<count {
      guard spend(1) else { return false }
      let name = bytes(ofString: key)
      guard applyToMember(node, name, key + 1, index: index, tracker: tracker, seen: &seen) || goOn(&isValid)
      else { return false }
      if node.pointee.propertyNames >= 0, !test(node.pointee.propertyNames, key, tracker: -1) {
        if isReporting { explainName(node.pointee.propertyNames, key) }
        guard goOn(&isValid) else { return false }
      }
      key = following(key + 1)
    }
    let required = Int(node.pointee.requiredCount)
    if required > 0 {
      let wanted = required >= 64 ? UInt64.max : (1 << UInt64(required)) - 1
      if seen != wanted || required > 64 {
        guard requireNames(node, value, seen) || goOn(&isValid) else { return false }
      }
    }
    if node.pointee.dependents.count > 0 {
      guard applyDependents(node.pointee.dependents, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    return isValid
  }

  @inline(__always)
  private mutating func applyToMember(
    _ node: UnsafeMutablePointer<Node>, _ name: UnsafeBufferPointer<UInt8>, _ member: Value, index: Int, tracker: Int,
    seen: inout UInt64
  ) -> Bool {
    var isValid = true
    var isEvaluated = false
    if node.pointee.properties.count > 0, let entry = find(name, in: node.pointee.properties) {
      if entry.pointee.required >= 0, entry.pointee.required < 64 { seen |= 1 << UInt64(entry.pointee.required) }
      if entry.pointee.node >= 0 {
        isEvaluated = true
        guard descend(entry.pointee.node, into: name, member) || goOn(&isValid) else { return false }
      }
    }
    let patterns = node.pointee.patternProperties
    for place in patterns.start..<patterns.start + patterns.count {
      let entry = program.patternProperties[place]
      guard matches(entry.pointee.pattern, name) else { continue }
      isEvaluated = true
      guard descend(entry.pointee.node, into: name, member) || goOn(&isValid) else { return false }
    }
    if !isEvaluated, node.pointee.additionalProperties >= 0 {
      isEvaluated = true
      if program.nodes[node.pointee.additionalProperties].pointee.groups.contains(.nothing) {
        if isReporting { reportUnexpected(name, node) }
        guard goOn(&isValid) else { return false }
      } else {
        guard descend(node.pointee.additionalProperties, into: name, member) || goOn(&isValid) else { return false }
      }
    }
    if isEvaluated { mark(tracker, index) }
    return isValid && exhaustion == nil
  }

  /// The entry of a name: a search by halves, or one after another where there are few.
  @inline(__always)
  private func find(_ name: UnsafeBufferPointer<UInt8>, in entries: Slice) -> UnsafeMutablePointer<PropertyEntry>? {
    let table = program.properties[entries.start]
    var low = 0
    var high = Int(entries.count)
    if high <= 8 {
      for place in 0..<high where equalBytes(table[place].name, name) { return table + place }
      return nil
    }
    while low < high {
      let middle = (low + high) / 2
      let order = compareNames(name, table[middle].name)
      if order == 0 { return table + middle }
      if order < 0 { high = middle } else { low = middle + 1 }
    }
    return nil
  }

  private mutating func requireNames(_ node: UnsafeMutablePointer<Node>, _ value: Value, _ seen: UInt64) -> Bool {
    var missing: [(position: Int32, name: UnsafeBufferPointer<UInt8>)] = []
    let entries = node.pointee.properties
    for place in entries.start..<entries.start + entries.count {
      let entry = program.properties[place].pointee
      guard entry.required >= 0 else { continue }
      let isThere = entry.required < 64 ? seen & (1 << UInt64(entry.required)) != 0 : has(entry.name, in: value)
      if isThere { continue }
      guard isReporting else { return false }
      missing.append((entry.position, entry.name))
    }
    for (_, name) in missing.sorted(by: { $0.position < $1.position }).prefix(limits.violations) {
      report("required", Words.missing(name))
    }
    return missing.isEmpty && exhaustion == nil
  }

  private mutating func applyDependents(_ dependents: Slice, _ value: Value, tracker: Int) -> Bool {
    var isValid = true
    for place in dependents.start..<dependents.start + dependents.count {
      let entry = program.dependents[place].pointee
      guard has(entry.name, in: value) else { continue }
      for place in entry.required.start..<entry.required.start + entry.required.count {
        let name = program.names[place].pointee
        if has(name, in: value) { continue }
        if isReporting { report("dependentRequired", Words.missing(name, becauseOf: entry.name)) }
        guard goOn(&isValid) else { return false }
      }
      if entry.node >= 0 {
        guard run(entry.node, value, tracker: tracker) || goOn(&isValid) else { return false }
      }
    }
    return isValid && exhaustion == nil
  }

  private mutating func has(_ name: UnsafeBufferPointer<UInt8>, in object: Value) -> Bool {
    guard spend(object.length / 4) else { return false }
    var key = object + 1
    for _ in 0..<object.length {
      if equalBytes(bytes(ofString: key), name) { return true }
      key = following(key + 1)
    }
    return false
  }

  // MARK: Reporting

  private mutating func reportSize(_ node: UnsafeMutablePointer<Node>, _ count: Int) {
    let isShort = count < node.pointee.minimumProperties
    report(
      isShort ? "minProperties" : "maxProperties",
      Words.wrongSize(
        "properties", "property", isShort ? "at least" : "at most",
        isShort ? node.pointee.minimumProperties : node.pointee.maximumProperties, count))
  }

  private mutating func reportUnexpected(_ name: UnsafeBufferPointer<UInt8>, _ node: UnsafeMutablePointer<Node>) {
    let allowed = propertyNames(of: node)
    let steps = Words.suggestionSteps(for: name.count, among: allowed.lazy.map(\.count))
    let suggests = affordSuggestion(allowed.count / 4 + steps)
    report("additionalProperties", Words.unexpected(name, allowed: allowed, suggests: suggests))
  }

  private mutating func explainName(_ schema: Int32, _ key: Value) {
    let before = violations
    violations = []
    _ = run(schema, key, tracker: -1)
    guard exhaustion == nil else {
      violations = before + violations.suffix(1)
      return
    }
    let reason = violations.first?.message
    violations = before
    report("propertyNames", Words.badName(bytes(ofString: key), reason))
  }

  /// The names that `properties` has, in the author's order.
  private func propertyNames(of node: UnsafeMutablePointer<Node>) -> [UnsafeBufferPointer<UInt8>] {
    let entries = node.pointee.properties
    return (entries.start..<entries.start + entries.count).map { program.properties[$0].pointee }
      .filter { $0.node >= 0 }.sorted { $0.position < $1.position }.map(\.name)
  }
}
