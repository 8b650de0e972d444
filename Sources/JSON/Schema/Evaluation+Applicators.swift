// Keywords that apply other schemas to the same value (core, section 10.2).

extension Evaluation {
  mutating func applyInPlace(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    var isValid = true
    let all = node.pointee.allOf
    for place in all.start..<all.start + all.count {
      let child = program.children[place].pointee
      guard run(child, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.anyOf.count > 0 {
      guard applyAnyOf(node.pointee.anyOf, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.oneOf.count > 0 {
      guard applyOneOf(node.pointee.oneOf, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.not >= 0, test(node.pointee.not, value, tracker: -1) || exhaustion != nil {
      if isReporting {
        let schema = program.nodes[node.pointee.not].pointee.source
        report("not", Words.forbidden(schema))
      }
      guard goOn(&isValid) else { return false }
    }
    if node.pointee.condition >= 0 {
      guard applyCondition(node, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    return isValid
  }

  private mutating func applyAnyOf(_ branches: Slice, _ value: Value, tracker: Int) -> Bool {
    var isValid = false
    for place in branches.start..<branches.start + branches.count {
      if testTracked(program.children[place].pointee, value, tracker: tracker) {
        isValid = true
        // Each branch that fits counts as having evaluated what it looked at.
        if tracker < 0 { break }
      }
    }
    guard exhaustion == nil else { return false }
    if !isValid, isReporting { explain("anyOf", branches, value) }
    return isValid
  }

  private mutating func applyOneOf(_ branches: Slice, _ value: Value, tracker: Int) -> Bool {
    var matching: [Int] = []
    var count = 0
    for place in branches.start..<branches.start + branches.count {
      if testTracked(program.children[place].pointee, value, tracker: tracker) {
        count += 1
        if isReporting { matching.append(Int(place - branches.start) + 1) }
        if count > 1, !isReporting { return false }
      }
    }
    guard exhaustion == nil else { return false }
    if count != 1, isReporting {
      if count == 0 {
        explain("oneOf", branches, value)
      } else {
        report("oneOf", Words.ambiguous(matching))
      }
    }
    return count == 1
  }

  private mutating func applyCondition(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    let hasBranches = node.pointee.consequence >= 0 || node.pointee.alternative >= 0
    guard hasBranches || tracker >= 0 else { return true }
    let holds = testTracked(node.pointee.condition, value, tracker: tracker)
    guard exhaustion == nil else { return false }
    let branch = holds ? node.pointee.consequence : node.pointee.alternative
    return branch < 0 || run(branch, value, tracker: tracker)
  }

  // MARK: Explaining

  /// Says why no alternative fits, as shortly as the alternatives allow: where all of them name types or values, as
  /// one list; where the value was plainly meant for one of them, what is wrong with it there; else what each wanted.
  private mutating func explain(_ keyword: String, _ branches: Slice, _ value: Value) {
    let nodes = program.nodes(in: branches)
    if nodes.allSatisfy({ $0.pointee.types != .any && !$0.pointee.types.allows(value) }) {
      report(keyword, Words.wrongType(nodes.reduce([]) { $0.union($1.pointee.types) }, value))
      return
    }
    if nodes.allSatisfy({ $0.pointee.constant >= 0 || $0.pointee.hasEnumeration }) {
      reportNotListed(keyword, program.constants(of: nodes), value)
      return
    }
    let before = violations
    let here = currentPath
    var wanted: [(number: Int, violations: [JSONSchema.Violation])] = []
    for index in 0..<min(Int(branches.count), Words.examined) {
      violations = []
      _ = run(program.children[branches.start + Int32(index)].pointee, value, tracker: -1)
      guard exhaustion == nil else {
        violations = before + violations.suffix(1)
        return
      }
      wanted.append((index + 1, violations))
    }
    violations = before
    let meant = wanted.filter { !$0.violations.contains { Self.tellsApart($0, at: here) } }
    if meant.count == 1, branches.count <= Words.examined {
      violations += meant[0].violations.prefix(max(limits.violations - violations.count, 0))
    } else {
      report(keyword, Words.noneFits(meant.isEmpty ? wanted : meant, of: Int(branches.count), at: here))
    }
  }

  /// Whether a violation shows that the value was not meant for this alternative: another type, or another value of
  /// the member that tells the alternatives apart.
  private static func tellsApart(_ violation: JSONSchema.Violation, at path: String) -> Bool {
    let inside = violation.instancePath.dropFirst(path.count)
    switch violation.keyword {
    case "type": return inside.isEmpty
    case "const", "enum": return inside.isEmpty || !inside.dropFirst().contains("/")
    default: return false
    }
  }
}

extension SchemaProgram {
  fileprivate func nodes(in branches: Slice) -> [UnsafeMutablePointer<Node>] {
    (branches.start..<branches.start + branches.count).map { nodes[children[$0].pointee] }
  }

  /// The values that `const` and `enum` allow.
  fileprivate func constants(of nodes: [UnsafeMutablePointer<Node>]) -> [Value] {
    nodes.flatMap { node in
      if node.pointee.constant >= 0 { return [values[node.pointee.constant].pointee] }
      let list = node.pointee.enumeration
      return (list.start..<list.start + list.count).map { values[$0].pointee }
    }
  }
}
