// One validation: walks the program and the instance together.
//
// The first pass only wants yes or no and stops at the first no. When it is no, a second pass with `isTracing` on goes
// over everything again, keeps the path in the instance and writes down what was expected.
import CPCRE2
import CYYJSON

/// Why a validation was given up.
enum Exhaustion {
  case work, depth, pattern
}

/// A step from a value to one inside it.
enum PathStep {
  case key(UnsafeBufferPointer<UInt8>)
  case index(Int)
}

struct Evaluation: ~Copyable {
  let program: SchemaProgram
  let limits: JSONSchemaLimits
  let isTracing: Bool
  /// Whether violations are written down: in the second pass, except inside `not`, `if` and the like.
  var isReporting: Bool
  private var steps: Int
  private var patternWork: Int
  private var depth = 0
  private(set) var exhaustion: Exhaustion?
  /// Bits of the members or elements that were evaluated; each user takes a piece off the end.
  var evaluated: [UInt64] = []
  /// The schema resources that were entered, for `$dynamicRef`.
  private var scope: [Int32] = []
  private var path: [PathStep] = []
  var violations: [JSONSchema.Violation] = []
  /// Whether the budget has no room for further messages: what is written down then has to do.
  private(set) var isSaturated = false

  init(_ program: SchemaProgram, limits: JSONSchemaLimits, isTracing: Bool) {
    self.program = program
    self.limits = limits
    self.isTracing = isTracing
    isReporting = isTracing
    steps = limits.steps
    patternWork = limits.patternWork
  }

  mutating func run(on instance: Value) -> Bool {
    run(program.root, instance, tracker: -1) && exhaustion == nil
  }

  /// Applies one schema to one value. `tracker` is the place of the bits for what is evaluated of this value; -1 where
  /// nobody asks.
  mutating func run(_ number: Int32, _ value: Value, tracker: Int) -> Bool {
    guard spend(1) else { return false }
    let node = program.nodes[number]
    guard node.pointee.types.allows(value) else {
      if isReporting { report("type", Words.wrongType(node.pointee.types, value)) }
      return false
    }
    guard !node.pointee.groups.isEmpty else { return true }
    guard depth < limits.depth else {
      exhaust(.depth)
      return false
    }
    depth += 1
    defer { depth -= 1 }
    guard program.isDynamic, scope.last != node.pointee.resource else { return apply(node, value, outer: tracker) }
    scope.append(node.pointee.resource)
    defer { scope.removeLast() }
    return apply(node, value, outer: tracker)
  }

  private mutating func apply(_ node: UnsafeMutablePointer<Node>, _ value: Value, outer: Int) -> Bool {
    guard node.pointee.groups.contains(.unevaluated), yyjson_is_ctn(value) else {
      return applyKeywords(node, value, tracker: outer)
    }
    let own = beginTracking(value.length)
    var isValid = applyKeywords(node, value, tracker: own)
    if isValid || isReporting { isValid = applyUnevaluated(node, value, tracker: own) && isValid }
    endTracking(own, mergingInto: isValid ? outer : -1)
    return isValid
  }

  private mutating func applyKeywords(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    let groups = node.pointee.groups
    var isValid = true
    if groups.contains(.nothing) {
      if isReporting { report("false", "nothing is allowed here; leave it out") }
      return false
    }
    if groups.contains(.reference) {
      guard applyReferences(node, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if groups.contains(.equality) {
      guard applyEquality(node, value) || goOn(&isValid) else { return false }
    }
    switch yyjson_get_type(value) {
    case UInt8(YYJSON_TYPE_OBJ):
      if groups.contains(.object) {
        guard applyToObject(node, value, tracker: tracker) || goOn(&isValid) else { return false }
      }
    case UInt8(YYJSON_TYPE_ARR):
      if groups.contains(.array) {
        guard applyToArray(node, value, tracker: tracker) || goOn(&isValid) else { return false }
      }
    case UInt8(YYJSON_TYPE_STR):
      if groups.contains(.string) {
        guard applyToString(node, value) || goOn(&isValid) else { return false }
      }
    case UInt8(YYJSON_TYPE_NUM), UInt8(YYJSON_TYPE_RAW):
      if groups.contains(.number) {
        guard applyToNumber(node, value) || goOn(&isValid) else { return false }
      }
    default: break
    }
    if groups.contains(.inPlace) {
      guard applyInPlace(node, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    return isValid
  }

  private mutating func applyReferences(_ node: UnsafeMutablePointer<Node>, _ value: Value, tracker: Int) -> Bool {
    var isValid = true
    if node.pointee.reference >= 0 {
      guard run(node.pointee.reference, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    if node.pointee.dynamicReference >= 0 {
      let reference = program.dynamicReferences[node.pointee.dynamicReference].pointee
      var target = reference.initial
      if reference.targets.count > 0 {
        // The outermost schema resource that has the anchor decides (core, section 8.2.3.2).
        for resource in scope {
          let candidate = program.dynamicTargets[reference.targets.start + resource].pointee
          if candidate >= 0 {
            target = candidate
            break
          }
        }
      }
      guard run(target, value, tracker: tracker) || goOn(&isValid) else { return false }
    }
    return isValid
  }

  // MARK: Helpers of all keywords

  /// Notes a failure; whether to go on, to find the others too: not once all are found that will be reported.
  @inline(__always)
  func goOn(_ isValid: inout Bool) -> Bool {
    isValid = false
    return isReporting && canReport
  }

  /// Applies a schema to a member.
  @inline(__always)
  mutating func descend(
    _ node: Int32, into key: UnsafeBufferPointer<UInt8>, _ value: Value
  ) -> Bool {
    if isTracing { path.append(.key(key)) }
    let isValid = run(node, value, tracker: -1)
    if isTracing { path.removeLast() }
    return isValid
  }

  /// Applies a schema to an element.
  @inline(__always)
  mutating func descend(_ node: Int32, into index: Int, _ value: Value) -> Bool {
    if isTracing { path.append(.index(index)) }
    let isValid = run(node, value, tracker: -1)
    if isTracing { path.removeLast() }
    return isValid
  }

  /// Applies a schema without writing violations down.
  mutating func test(_ node: Int32, _ value: Value, tracker: Int) -> Bool {
    let wasReporting = isReporting
    isReporting = false
    let isValid = run(node, value, tracker: tracker)
    isReporting = wasReporting
    return isValid
  }

  // MARK: Bounds

  /// Takes from the budget; false when it is used up.
  @inline(__always)
  mutating func spend(_ count: Int) -> Bool {
    guard exhaustion == nil else { return false }
    steps -= count
    if steps < 0 {
      exhaust(.work)
      return false
    }
    return true
  }

  mutating func exhaust(_ reason: Exhaustion) {
    guard exhaustion == nil else { return }
    if isTracing, violations.count < limits.violations {
      let words = Words.exhausted(reason)
      note(words.keyword, words.message)
    }
    exhaustion = reason
  }

  /// Whether a pattern matches. Matching is tried with a small limit first and a larger one only when that was not
  /// enough, and each try is charged in full, so that many strings cannot cost more than one budget.
  mutating func matches(_ pattern: Int32, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard exhaustion == nil else { return false }
    let most = max(limits.patternMatch, 8 * text.count)
    var limit = min(32 + 2 * text.count, most)
    while true {
      patternWork -= limit
      guard patternWork >= 0 else {
        exhaust(.pattern)
        return false
      }
      let bounds = cpcre2_limits(
        match: UInt32(clamping: limit), depth: UInt32(clamping: limits.patternDepth),
        heap_kib: UInt32(clamping: limits.patternHeapKiB))
      switch Int(cpcre2_matches(program.patterns[pattern].pointee, text.baseAddress, text.count, bounds)) {
      case CPCRE2_MATCH: return true
      case CPCRE2_NO_MATCH: return false
      case CPCRE2_LIMIT where limit < most: limit = min(limit * 8, most)
      default:
        exhaust(.pattern)
        return false
      }
    }
  }

  // MARK: Reporting

  var currentPath: String { Words.pointer(path) }

  private var canReport: Bool { exhaustion == nil && !isSaturated && violations.count < limits.violations }

  /// Writes a violation down. Its message is made only if it is kept, and charged: some 2 µs, which alternatives inside
  /// alternatives could ask for again and again.
  mutating func report(_ keyword: String, _ message: @autoclosure () -> String) {
    guard isReporting, canReport else { return }
    guard afford(Self.messageSteps) else {
      isSaturated = true
      return
    }
    note(keyword, message())
  }

  private static let messageSteps = 200

  /// Takes from the budget what looking for a suggestion costs, if a message can be paid besides.
  mutating func affordSuggestion(_ count: Int) -> Bool { afford(count, leaving: Self.messageSteps) }

  /// Takes from the budget what only a message is for; false where it is not there any more. That is no exhaustion: the
  /// verdict stands.
  private mutating func afford(_ count: Int, leaving rest: Int = 0) -> Bool {
    guard exhaustion == nil, steps >= count + rest else { return false }
    steps -= count
    return true
  }

  private mutating func note(_ keyword: String, _ message: String) {
    violations.append(
      JSONSchema.Violation(
        instancePath: Words.pointer(path), keyword: keyword, message: Words.cut(message, limits.messageBytes)))
  }
}

extension TypeSet {
  /// Whether a value is of one of these types. A number without a fraction is an integer, however it is written.
  @inline(__always)
  func allows(_ value: Value) -> Bool {
    if self == .any { return true }
    switch yyjson_get_type(value) {
    case UInt8(YYJSON_TYPE_OBJ): return contains(.object)
    case UInt8(YYJSON_TYPE_STR): return contains(.string)
    case UInt8(YYJSON_TYPE_ARR): return contains(.array)
    case UInt8(YYJSON_TYPE_BOOL): return contains(.boolean)
    case UInt8(YYJSON_TYPE_NULL): return contains(.null)
    default: return contains(.number) || (contains(.integer) && JSONNumber(value)!.isInteger)
    }
  }
}
