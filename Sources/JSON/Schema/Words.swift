// The words of violations: what was expected and what came, short enough for a model's context.

/// A text in quotes, escaped as in JSON and cut to so many characters.
func quoted(_ text: some StringProtocol, _ most: Int = 60) -> String {
  let isLong = text.unicodeScalars.count > most
  var bytes: [UInt8] = []
  let shown = isLong ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(most))) + "…" : String(text)
  JSONWriter.append(shown, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

enum Words {
  /// How many alternatives of an `anyOf` are explained in one message.
  static let alternatives = 4
  /// How many of them are examined for that.
  static let examined = 32
  /// How many names or values are listed.
  static let listed = 12

  // MARK: Sentences

  static func wrongType(_ types: TypeSet, _ value: Value) -> String {
    let names = TypeSet.names.filter { types.contains($0.type) }.map { article($0.name) }
    return "must be \(alternatives(names)), but got \(describe(value))"
  }

  static func missing(_ name: UnsafeBufferPointer<UInt8>) -> String {
    "missing required property \(quoted(text(name)))"
  }

  static func missing(_ name: UnsafeBufferPointer<UInt8>, becauseOf other: UnsafeBufferPointer<UInt8>) -> String {
    "missing property \(quoted(text(name))), which is required because \(quoted(text(other))) is there"
  }

  static func unexpected(
    _ name: UnsafeBufferPointer<UInt8>, allowed: [UnsafeBufferPointer<UInt8>], suggests: Bool
  ) -> String {
    let found = text(name)
    guard !allowed.isEmpty else { return "unexpected property \(quoted(found)); leave it out" }
    let list = "unexpected property \(quoted(found)); allowed are \(enumerated(allowed) { quoted(text($0)) })"
    return suggests ? list + suggestion(for: found, among: allowed.lazy.map { text($0) }) : list
  }

  static func badName(_ name: UnsafeBufferPointer<UInt8>, _ reason: String?) -> String {
    "the property name \(quoted(text(name))) is not allowed" + (reason.map { ": it " + $0 } ?? "")
  }

  static func notEqual(_ constant: Value, _ value: Value) -> String {
    "must be \(render(constant, 120)), but got \(describe(value))"
  }

  static func notListed(_ values: [Value], _ value: Value, suggests: Bool) -> String {
    guard !values.isEmpty else { return "nothing is allowed here: the enum is empty" }
    let list = "must be one of \(enumerated(values) { render($0, 60) }), but got \(describe(value))"
    guard suggests, value.isString else { return list }
    return list + suggestion(for: text(bytes(ofString: value)), among: values.lazy.compactMap(\.text))
  }

  static func notMatching(_ schema: Value, _ value: Value) -> String {
    let pattern = schema.member("pattern")?.text ?? ""
    return "must match the regular expression \(quoted(pattern, 100)), but got \(describe(value))"
  }

  static func outside(_ relation: String, _ bound: JSONNumber, _ value: Value) -> String {
    "must be \(relation) \(bound), but is \(render(value, 40))"
  }

  static func wrongSize(_ many: String, _ one: String, _ relation: String, _ bound: Int, _ count: Int) -> String {
    "must have \(relation) \(bound) \(bound == 1 ? one : many), but has \(count)"
  }

  static func wrongContains(_ schema: Value, _ bound: String, _ found: Int) -> String {
    "must have \(bound) item\(bound.hasSuffix(" 1") ? "" : "s") that fit \(summary(schema)), but has \(found)"
  }

  static func forbidden(_ schema: Value) -> String { "must not fit \(summary(schema))" }

  static func ambiguous(_ matching: [Int]) -> String {
    "must fit exactly one of the alternatives, but fits \(matching.count) of them "
      + "(number \(matching.prefix(listed).map(String.init).joined(separator: " and ")))"
  }

  static func noneFits(
    _ wanted: [(number: Int, violations: [JSONSchema.Violation])], of count: Int, at path: String
  ) -> String {
    var parts: [String] = []
    for (number, violations) in wanted.prefix(alternatives) {
      guard let violation = violations.first else { continue }
      let inside = violation.instancePath.dropFirst(path.count)
      let part = (inside.isEmpty ? "" : "\(inside): ") + cut(violation.message, 140)
      if !parts.contains(where: { $0.hasSuffix(part) }) { parts.append("\(number)) \(part)") }
    }
    let more = wanted.count > alternatives ? "; and \(wanted.count - alternatives) more" : ""
    return "fits none of the \(count) alternatives: " + parts.joined(separator: "; ") + more
  }

  static func exhausted(_ reason: Exhaustion) -> (keyword: String, message: String) {
    switch reason {
    case .work: ("limit", "is too large or too complicated to be checked; send less")
    case .depth: ("limit", "is nested too deeply to be checked; flatten it")
    case .pattern:
      ("pattern", "could not be checked against a regular expression within the limits; send a shorter text")
    }
  }

  // MARK: Pieces

  static func pointer(_ path: [PathStep]) -> String {
    var result = ""
    for step in path {
      switch step {
      case .key(let name):
        let key = text(name).unicodeScalars
        result += "/" + escapedPointerToken(key.count > 80 ? String(key.prefix(80)) + "…" : String(key))
      case .index(let index): result += "/\(index)"
      }
    }
    return result
  }

  static func cut(_ message: String, _ most: Int) -> String {
    guard message.utf8.count > most else { return message }
    return String(message.prefix(most)) + "…"
  }

  /// What came, in a few words.
  static func describe(_ value: Value) -> String {
    switch JSONValue(value).kind {
    case .null, .bool: return render(value, 10)
    case .number: return "a number (\(render(value, 40)))"
    case .string: return "a string (\(render(value, 40)))"
    case .array: return value.length == 0 ? "an empty array" : "an array of \(value.length)"
    case .object: return value.length == 0 ? "an empty object" : "an object"
    }
  }

  /// What a schema asks for, in a few words: its title or description, or a piece of its text.
  static func summary(_ schema: Value) -> String {
    if let words = schema.member("title")?.text ?? schema.member("description")?.text { return quoted(words) }
    return render(schema, 80)
  }

  /// A string of the instance's as far as a message can show it: it may be as long as a whole request.
  private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ most: Int = 100) -> String {
    // So many characters take four times as many bytes at most; a character that is cut here lies behind those shown.
    String(decoding: bytes.prefix(4 * (most + 1)), as: UTF8.self)
  }

  private static func article(_ type: String) -> String {
    switch type {
    case "null": "null"
    case "integer", "array", "object": "an \(type)"
    default: "a \(type)"
    }
  }

  private static func alternatives(_ names: [String]) -> String {
    guard names.count > 1 else { return names.first ?? "nothing" }
    return names.dropLast().joined(separator: ", ") + " or " + names.last!
  }

  private static func enumerated<Item>(_ items: [Item], _ words: (Item) -> String) -> String {
    let shown = items.prefix(listed).map(words).joined(separator: ", ")
    return items.count > listed ? shown + " and \(items.count - listed) more" : shown
  }

  /// A value as JSON, cut to about so many bytes.
  static func render(_ value: Value, _ most: Int) -> String {
    var output = ""
    render(value, into: &output, most)
    return output
  }

  private static func render(_ value: Value, into output: inout String, _ most: Int) {
    guard output.utf8.count < most else {
      if !output.hasSuffix("…") { output += "…" }
      return
    }
    let room = most - output.utf8.count
    switch JSONValue(value).kind {
    case .null: output += "null"
    case .bool: output += JSONValue(value).bool == true ? "true" : "false"
    case .string: output += quoted(text(bytes(ofString: value), max(room, 4)), max(room, 4))
    case .number: output += cut(JSONNumber(value)!.description, 40)
    case .array:
      output += "["
      var item = value + 1
      for index in 0..<min(value.length, listed) {
        defer { item = following(item) }
        if index > 0 { output += "," }
        render(item, into: &output, most)
      }
      output += value.length > listed ? "…]" : "]"
    case .object:
      output += "{"
      var key = value + 1
      for index in 0..<min(value.length, listed) {
        defer { key = following(key + 1) }
        if index > 0 { output += "," }
        guard output.utf8.count < most else {
          if !output.hasSuffix("…") { output += "…" }
          break
        }
        output += quoted(text(bytes(ofString: key), 40), 40) + ":"
        render(key + 1, into: &output, most)
      }
      output += value.length > listed ? "…}" : "}"
    }
  }
}

extension JSONNumber: CustomStringConvertible {
  var description: String {
    switch self {
    case .unsigned(let value): return String(value)
    case .signed(let value): return String(value)
    case .double(let value):
      var bytes: [UInt8] = []
      JSONWriter.append(value, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    // Longer than any message shows; a number may be as long as a whole request.
    case .text(let bytes): return String(decoding: bytes.prefix(100), as: UTF8.self)
    }
  }
}
