// Keywords for arrays (core, section 10.3.1; validation, section 6.4).

extension Evaluation {
  mutating func applyToArray(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    let count = value.length
    var isValid = true
    if count < node.pointee.minimumItems || count > node.pointee.maximumItems {
      if isReporting {
        let isShort = count < node.pointee.minimumItems
        report(
          isShort ? "minItems" : "maxItems",
          Words.wrongSize(
            "items", "item", isShort ? "at least" : "at most",
            isShort ? node.pointee.minimumItems : node.pointee.maximumItems, count))
      }
      guard goOn(&isValid) else { return false }
    }
    if node.pointee.prefixItems.count > 0 || node.pointee.items >= 0 {
      guard applyItems(node, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.contains >= 0 {
      guard applyContains(node, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.uniqueItems, count > 1, let pair = firstEqualPair(in: value) {
      if isReporting { report("uniqueItems", "must not have equal items, but items \(pair.0) and \(pair.1) are equal") }
      guard goOn(&isValid) else { return false }
    }
    return isValid && exhaustion == nil
  }

  private mutating func applyItems(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    var isValid = true
    let prefix = node.pointee.prefixItems
    let rest = node.pointee.items
    var element = value + 1
    for index in 0..<value.length {
      if index < Int(prefix.count) {
        let schema = program.children[prefix.start + Int32(index)].pointee
        guard descend(schema, into: index, element) || goOn(&isValid) else { return false }
      } else if rest >= 0 {
        guard descend(rest, into: index, element) || goOn(&isValid) else { return false }
      } else {
        break
      }
      mark(tracker, index)
      element = following(element)
    }
    return isValid
  }

  private mutating func applyContains(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    let least = node.pointee.minimumContains
    let most = node.pointee.maximumContains
    var found = 0
    var element = value + 1
    for index in 0..<value.length {
      if test(node.pointee.contains, element, tracker: -1) {
        found += 1
        mark(tracker, index)
        if tracker < 0, found >= least, most == Int.max { return true }
      }
      element = following(element)
    }
    guard exhaustion == nil else { return false }
    guard found < least || found > most else { return true }
    if isReporting {
      let isShort = found < least
      let schema = program.nodes[node.pointee.contains].pointee.source
      report(
        isShort ? "contains" : "maxContains",
        Words.wrongContains(
          schema, isShort ? "at least \(least)" : "at most \(most)", found)
      )
    }
    return false
  }
}
