// Keywords for any value, strings and numbers (validation, sections 6.1 to 6.3).

extension Evaluation {
  mutating func applyEquality(_ node: UnsafeMutablePointer<Node>, _ value: Value) -> Bool {
    var isValid = true
    if node.pointee.constant >= 0 {
      let constant = program.values[node.pointee.constant].pointee
      if !isEqual(constant, value) {
        if isReporting { report("const", Words.notEqual(constant, value)) }
        guard goOn(&isValid) else { return false }
      }
    }
    if node.pointee.hasEnumeration {
      let list = node.pointee.enumeration
      var isFound = false
      for place in list.start..<list.start + list.count where isEqual(program.values[place].pointee, value) {
        isFound = true
        break
      }
      if !isFound {
        if isReporting {
          let values = (list.start..<list.start + list.count).map { program.values[$0].pointee }
          reportNotListed("enum", values, value)
        }
        guard goOn(&isValid) else { return false }
      }
    }
    return isValid
  }

  mutating func reportNotListed(_ keyword: String, _ values: [Value], _ value: Value) {
    var suggests = value.isString
    if suggests {
      let counts = values.lazy.filter(\.isString).map(\.length)
      suggests = affordSuggestion(values.count / 4 + Words.suggestionSteps(for: value.length, among: counts))
    }
    report(keyword, Words.notListed(values, value, suggests: suggests))
  }

  mutating func applyToString(_ node: UnsafeMutablePointer<Node>, _ value: Value) -> Bool {
    let text = bytes(ofString: value)
    var isValid = true
    if !hasLength(text, from: node.pointee.minimumLength, to: node.pointee.maximumLength) {
      guard exhaustion == nil else { return false }
      if isReporting {
        let count = codePoints(text)
        let isShort = count < node.pointee.minimumLength
        report(
          isShort ? "minLength" : "maxLength",
          Words.wrongSize(
            "characters", "character", isShort ? "at least" : "at most",
            isShort ? node.pointee.minimumLength : node.pointee.maximumLength, count))
      }
      // The author's bound on the length is also the bound on what the pattern may cost.
      return false
    }
    if node.pointee.pattern >= 0, !matches(node.pointee.pattern, text) {
      guard exhaustion == nil else { return false }
      if isReporting { report("pattern", Words.notMatching(node.pointee.source, value)) }
      guard goOn(&isValid) else { return false }
    }
    return isValid
  }

  /// Code points are counted only where the number of bytes leaves it open: one takes one to four.
  private mutating func hasLength(_ text: UnsafeBufferPointer<UInt8>, from least: Int, to most: Int) -> Bool {
    if least == 0 && most == Int.max { return true }
    if text.count < least || (text.count + 3) / 4 > most { return false }
    if (text.count + 3) / 4 >= least && text.count <= most { return true }
    guard spend(text.count / 16) else { return false }
    let count = codePoints(text)
    return count >= least && count <= most
  }

  private func codePoints(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in text where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }

  mutating func applyToNumber(_ node: UnsafeMutablePointer<Node>, _ value: Value) -> Bool {
    let range = program.ranges[node.pointee.range]
    guard let number = JSONNumber(value) else { return true }
    // A number that kept its text may be long.
    if case .text(let text) = number { guard spend(text.count / 4) else { return false } }
    var isValid = true
    if let bound = range.pointee.minimum, number.compare(bound) < 0 {
      if isReporting { report("minimum", Words.outside("at least", bound, value)) }
      guard goOn(&isValid) else { return false }
    }
    if let bound = range.pointee.exclusiveMinimum, number.compare(bound) <= 0 {
      if isReporting { report("exclusiveMinimum", Words.outside("more than", bound, value)) }
      guard goOn(&isValid) else { return false }
    }
    if let bound = range.pointee.maximum, number.compare(bound) > 0 {
      if isReporting { report("maximum", Words.outside("at most", bound, value)) }
      guard goOn(&isValid) else { return false }
    }
    if let bound = range.pointee.exclusiveMaximum, number.compare(bound) >= 0 {
      if isReporting { report("exclusiveMaximum", Words.outside("less than", bound, value)) }
      guard goOn(&isValid) else { return false }
    }
    if let divisor = range.pointee.multipleOf {
      guard spend(number.isSimple && divisor.isSimple ? 1 : 32) else { return false }
    }
    if let divisor = range.pointee.multipleOf, !number.isMultiple(of: divisor) {
      if isReporting { report("multipleOf", Words.outside("a multiple of", divisor, value)) }
      guard goOn(&isValid) else { return false }
    }
    return isValid
  }
}

extension JSONNumber {
  /// Whether it needs no decimals.
  fileprivate var isSimple: Bool {
    switch self {
    case .unsigned, .signed: true
    case .double, .text: false
    }
  }

  /// Exactly, on the decimals; the divisor is positive and has at most 18 digits (checked when it was compiled).
  func isMultiple(of divisor: JSONNumber) -> Bool {
    if case .unsigned(let divisor) = divisor {
      switch self {
      case .unsigned(let value): return value % divisor == 0
      case .signed(let value): return value.magnitude % divisor == 0
      default: break
      }
    }
    return decimal.isMultiple(of: divisor.decimal) ?? false
  }
}
