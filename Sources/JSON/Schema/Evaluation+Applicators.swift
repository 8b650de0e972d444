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
      if isReporting { report("not", Words.forbidden(program.nodes[node.pointee.not].pointee.source)) }
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

  /// Says for each alternative the first thing that it wanted.
  private mutating func explain(_ keyword: String, _ branches: Slice, _ value: Value) {
    let before = violations
    var wanted: [JSONSchema.Violation?] = []
    for place in branches.start..<branches.start + min(branches.count, Int32(Words.alternatives)) {
      violations = []
      _ = run(program.children[place].pointee, value, tracker: -1)
      guard exhaustion == nil else {
        violations = before + violations.suffix(1)
        return
      }
      wanted.append(violations.first)
    }
    violations = before
    report(keyword, Words.noneFits(wanted, of: Int(branches.count), at: currentPath))
  }
}
