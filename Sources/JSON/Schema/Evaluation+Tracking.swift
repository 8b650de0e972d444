// What `unevaluatedProperties` and `unevaluatedItems` need to know: which members and elements other keywords have
// looked at. One bit each, in pieces of one array that is used like a stack.

extension Evaluation {
  /// Bits for so many members or elements, none set. Ended in reverse order.
  mutating func beginTracking(_ count: Int) -> Int {
    let tracker = evaluated.count
    evaluated.append(contentsOf: repeatElement(0, count: (count + 63) / 64))
    return tracker
  }

  /// Gives the bits back, after adding them to those of the same value further out; -1 to forget them.
  mutating func endTracking(_ tracker: Int, mergingInto outer: Int) {
    let count = evaluated.count - tracker
    if outer >= 0 {
      for word in 0..<count { evaluated[outer + word] |= evaluated[tracker + word] }
    }
    evaluated.removeLast(count)
  }

  @inline(__always)
  mutating func mark(_ tracker: Int, _ index: Int) {
    if tracker >= 0 { evaluated[tracker + index >> 6] |= 1 << UInt64(index & 63) }
  }

  func isMarked(_ tracker: Int, _ index: Int) -> Bool {
    evaluated[tracker + index >> 6] & (1 << UInt64(index & 63)) != 0
  }

  mutating func markAll(_ tracker: Int, from start: Int = 0, count: Int) {
    guard tracker >= 0 else { return }
    for index in start..<max(count, start) { mark(tracker, index) }
  }

  /// Runs a schema whose result may be thrown away: its marks count only if it passes.
  mutating func testTracked(_ node: Int32, _ value: Value, tracker: Int) -> Bool {
    guard tracker >= 0 else { return test(node, value, tracker: -1) }
    let own = beginTracking(value.length)
    let isValid = test(node, value, tracker: own)
    endTracking(own, mergingInto: isValid ? tracker : -1)
    return isValid
  }

  /// `unevaluatedProperties`, `unevaluatedItems` (core, section 11): what is left after all other keywords.
  mutating func applyUnevaluated(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    var isValid = true
    if value.isObject, node.pointee.unevaluatedProperties >= 0 {
      let schema = node.pointee.unevaluatedProperties
      let refusesAll = program.nodes[schema].pointee.groups.contains(.nothing)
      var key = value + 1
      for index in 0..<value.length {
        if !isMarked(tracker, index) {
          let name = bytes(ofString: key)
          if refusesAll {
            guard spend(1) else { return false }
            if isReporting { report("unevaluatedProperties", Words.unexpected(name, allowed: [], suggests: false)) }
            guard goOn(&isValid) else { return false }
          } else {
            guard descend(schema, into: name, key + 1) || goOn(&isValid) else { return false }
          }
        }
        key = following(key + 1)
      }
      markAll(tracker, count: value.length)
    } else if value.isArray, node.pointee.unevaluatedItems >= 0 {
      let schema = node.pointee.unevaluatedItems
      var element = value + 1
      for index in 0..<value.length {
        if !isMarked(tracker, index) {
          guard descend(schema, into: index, element) || goOn(&isValid) else { return false }
        }
        element = following(element)
      }
      markAll(tracker, count: value.length)
    }
    return isValid
  }
}
