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

  static func unexpected(_ name: UnsafeBufferPointer<UInt8>, allowed: [UnsafeBufferPointer<UInt8>]) -> String {
    let found = text(name)
    let names = allowed.map(text)
    guard !names.isEmpty else { return "unexpected property \(quoted(found)); leave it out" }
    let list = "unexpected property \(quoted(found)); allowed are \(enumerated(names.map { quoted($0) }))"
    return list + suggestion(for: found, among: names)
  }

  static func badName(_ name: UnsafeBufferPointer<UInt8>, _ reason: String?) -> String {
    "the property name \(quoted(text(name))) is not allowed" + (reason.map { ": it " + $0 } ?? "")
  }

  static func notEqual(_ constant: Value, _ value: Value) -> String {
    "must be \(render(constant, 120)), but got \(describe(value))"
  }

  static func notListed(_ values: [Value], _ value: Value) -> String {
    guard !values.isEmpty else { return "nothing is allowed here: the enum is empty" }
    let list = "must be one of \(enumerated(values.map { render($0, 60) })), but got \(describe(value))"
    guard let found = value.text else { return list }
    return list + suggestion(for: found, among: values.compactMap(\.text))
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
        let key = text(name)
        result += "/" + escapedPointerToken(key.count > 80 ? key.prefix(80) + "…" : key)
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

  private static func text(_ name: UnsafeBufferPointer<UInt8>) -> String { String(decoding: name, as: UTF8.self) }

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

  private static func enumerated(_ items: [String]) -> String {
    guard items.count > listed else { return items.joined(separator: ", ") }
    return items.prefix(listed).joined(separator: ", ") + " and \(items.count - listed) more"
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
    case .string: output += quoted(value.text!, max(room, 4))
    case .number: output += cut(JSONNumber(value)!.description, 40)
    case .array:
      output += "["
      for (index, item) in value.items.prefix(listed).enumerated() {
        if index > 0 { output += "," }
        render(item, into: &output, most)
      }
      output += value.length > listed ? "…]" : "]"
    case .object:
      output += "{"
      for (index, entry) in value.entries.prefix(listed).enumerated() {
        if index > 0 { output += "," }
        guard output.utf8.count < most else {
          if !output.hasSuffix("…") { output += "…" }
          break
        }
        output += quoted(entry.key, 40) + ":"
        render(entry.value, into: &output, most)
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
    case .text(let bytes): return String(decoding: bytes, as: UTF8.self)
    }
  }
}
