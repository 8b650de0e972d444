// A JSON Schema as a TypeScript type: as narrow as the type system allows, and never narrower than the schema.
internal import JSON

enum SchemaTypes {
  /// The type of a schema; `unknown` where it says nothing that a type could.
  static func text(of schema: [UInt8], indent: String) -> String {
    guard let document = try? JSONDocument(schema) else { return "unknown" }
    return Writer(root: document.root).type(document.root, indent: indent, depth: 0)
  }

  /// As a member's name is written.
  static func property(_ name: String) -> String {
    let isIdentifier =
      !name.isEmpty
      && name.utf8.enumerated().allSatisfy { index, byte in
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24: true
        case 0x30...0x39: index > 0
        default: false
        }
      }
    return isIdentifier ? name : quoted(name)
  }

  /// Text that cannot end the comment it stands in.
  static func comment(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    var out = ""
    for character in line.unicodeScalars {
      if character == "/", out.unicodeScalars.last == "*" { out += " " }
      out.unicodeScalars.append(character)
    }
    return out
  }

  static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONWriter.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What is left to write: a schema that refers to itself at every branch would have no end.
  private final class Budget {
    var schemas = JavaScriptLimits.typedSchemasMax
  }

  private struct Writer: ~Escapable {
    let root: JSONValue
    let budget = Budget()

    @_lifetime(copy root)
    init(root: JSONValue) { self.root = root }

    func type(_ schema: JSONValue, indent: String, depth: Int) -> String {
      guard depth < JavaScriptLimits.typeDepthMax, budget.schemas > 0 else { return "unknown" }
      budget.schemas -= 1
      if schema.bool == false { return "never" }
      guard schema.isObject else { return "unknown" }
      if let pointer = schema["$ref"]?.string {
        guard let target = resolve(pointer) else { return "unknown" }
        return type(target, indent: indent, depth: depth + 1)
      }
      if let constant = schema["const"] { return literal(constant) }
      if let values = schema["enum"] {
        var parts: [String] = []
        var elements = values.elements
        while let value = elements.next() { parts.append(literal(value)) }
        return union(parts)
      }
      for key in ["anyOf", "oneOf"] {
        guard let list = schema[key], list.isArray else { continue }
        // What stands beside it narrows further; an intersection says so.
        let alternatives = union(types(list, indent: indent, depth: depth))
        let own = plain(schema, indent: indent, depth: depth)
        return own == "unknown" ? alternatives : "(\(alternatives)) & \(own)"
      }
      if let list = schema["allOf"], list.isArray {
        let parts = (types(list, indent: indent, depth: depth) + [plain(schema, indent: indent, depth: depth)])
          .filter { $0 != "unknown" }
        return parts.isEmpty ? "unknown" : parts.map { $0.contains(" | ") ? "(\($0))" : $0 }.joined(separator: " & ")
      }
      return plain(schema, indent: indent, depth: depth)
    }

    private func types(_ list: JSONValue, indent: String, depth: Int) -> [String] {
      var parts: [String] = []
      var elements = list.elements
      while let element = elements.next() { parts.append(type(element, indent: indent, depth: depth + 1)) }
      return parts
    }

    /// By `type`, which may be a list, and what belongs to each.
    private func plain(_ schema: JSONValue, indent: String, depth: Int) -> String {
      guard let given = schema["type"] else {
        return schema["properties"] == nil ? "unknown" : object(schema, indent: indent, depth: depth)
      }
      if let name = given.string { return named(name, schema, indent: indent, depth: depth) }
      var parts: [String] = []
      var names = given.elements
      while let name = names.next() { parts.append(named(name.string ?? "", schema, indent: indent, depth: depth)) }
      return union(parts)
    }

    private func named(_ name: String, _ schema: JSONValue, indent: String, depth: Int) -> String {
      switch name {
      case "string", "boolean", "null": return name
      case "number", "integer": return "number"
      case "array": return array(schema, indent: indent, depth: depth)
      case "object": return object(schema, indent: indent, depth: depth)
      default: return "unknown"
      }
    }

    private func array(_ schema: JSONValue, indent: String, depth: Int) -> String {
      var rest: String?
      if let items = schema["items"] { rest = type(items, indent: indent, depth: depth + 1) }
      if let prefix = schema["prefixItems"], prefix.isArray {
        // A list may end early unless `minItems` says otherwise.
        let parts = types(prefix, indent: indent, depth: depth).map { "(\($0))?" }
        let tail = rest == "never" ? [] : ["...(\(rest ?? "unknown"))[]"]
        return "[\((parts + tail).joined(separator: ", "))]"
      }
      let element = rest ?? "unknown"
      return element.contains(" ") ? "(\(element))[]" : "\(element)[]"
    }

    private func object(_ schema: JSONValue, indent: String, depth: Int) -> String {
      var required = Set<String>()
      if let list = schema["required"] {
        var elements = list.elements
        while let name = elements.next() { if let name = name.string { required.insert(name) } }
      }
      let inner = indent + "  "
      var lines: [String] = []
      var isOpen = true
      var others = "unknown"
      if let additional = schema["additionalProperties"] {
        isOpen = additional.bool != false
        if additional.isObject { others = type(additional, indent: inner, depth: depth + 1) }
      }
      if schema["patternProperties"] != nil { (isOpen, others) = (true, "unknown") }
      if let properties = schema["properties"] {
        var members = properties.members
        while let member = members.next() {
          if let text = member.value.isObject ? member.value["description"]?.string : nil {
            lines.append("\(inner)/** \(SchemaTypes.comment(text)) */")
          }
          let mark = required.remove(member.key) == nil ? "?" : ""
          let value = type(member.value, indent: inner, depth: depth + 1)
          lines.append("\(inner)\(SchemaTypes.property(member.key))\(mark): \(value);")
        }
      }
      let hasMembers = !lines.isEmpty
      for name in required.sorted() { lines.append("\(inner)\(SchemaTypes.property(name)): \(others);") }
      // Beside other members only `unknown` fits all of them.
      if isOpen { lines.append("\(inner)[name: string]: \(hasMembers ? "unknown" : others);") }
      return lines.isEmpty ? "Record<string, never>" : "{\n\(lines.joined(separator: "\n"))\n\(indent)}"
    }

    private func literal(_ value: JSONValue) -> String {
      if let text = value.string { return SchemaTypes.quoted(text) }
      if let flag = value.bool { return flag ? "true" : "false" }
      if value.isNull { return "null" }
      if value.isArray || value.isObject { return "unknown" }
      return "number"
    }

    private func union(_ parts: [String]) -> String {
      var unique: [String] = []
      for part in parts where !unique.contains(part) { unique.append(part) }
      if unique.contains("unknown") { return "unknown" }
      return unique.isEmpty ? "never" : unique.joined(separator: " | ")
    }

    /// A `#/…` within the same document.
    @_lifetime(copy self)
    private func resolve(_ pointer: String) -> JSONValue? {
      guard pointer == "#" || pointer.hasPrefix("#/") else { return nil }
      var value = root
      for part in pointer.dropFirst(1).split(separator: "/") {
        var name = ""
        var rest = part[...]
        while let tilde = rest.firstIndex(of: "~") {
          name += rest[..<tilde]
          let code = rest[rest.index(after: tilde)...].first
          name += code == "1" ? "/" : "~"
          rest = rest[tilde...].dropFirst(2)
        }
        name += rest
        guard let next = value[name] else { return nil }
        value = next
      }
      return value
    }
  }
}
