// `x-mcp-header`: arguments that a client repeats in `Mcp-Param-*` headers (2026-07-28, server/tools, "x-mcp-header").
// Read once, from the schema.
import JSON

/// One argument that has a header.
struct HeaderParameter: Sendable, Hashable {
  enum Kind: String, Sendable { case string, integer, boolean }

  /// As the author spelled it, after `Mcp-Param-`.
  var fieldName: String
  /// Lower case, for the look-up.
  var lookupName: String
  /// The property names from the root of the arguments.
  var path: [String]
  var kind: Kind

  /// `/address/city`
  var pathText: String { path.map { "/" + $0 }.joined() }

  static let keyword = "x-mcp-header"
  static let fieldPrefix = "Mcp-Param-"

  /// Every annotation of a schema.
  ///
  /// Refuses what makes conforming clients drop the tool: a place that `properties` alone does not lead to, a value
  /// that is no token or is there twice, a type other than string, integer or boolean.
  static func all(inSchema root: JSONValue, tool: String) throws(MCPError) -> [HeaderParameter] {
    var walk = SchemaWalk(tool: tool)
    try walk.visit(root, properties: [], location: "")
    return walk.found
  }
}

/// Visits every place of a schema that holds a schema, and nothing that holds data (`default`, `const`, `enum`, …).
private struct SchemaWalk {
  let tool: String
  var found: [HeaderParameter] = []

  init(tool: String) { self.tool = tool }

  private static let singles: Set<String> = [
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties", "not",
    "if", "then", "else", "contentSchema",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
  private static let maps: Set<String> = ["patternProperties", "dependentSchemas", "$defs", "definitions"]

  /// - Parameter properties: the property names from the root; nil once something but `properties` led here.
  mutating func visit(_ schema: JSONValue, properties: [String]?, location: String) throws(MCPError) {
    guard schema.isObject else { return }
    var members = schema.members
    while let member = members.next() {
      let key = member.key
      let value = member.value
      let place = location + "/" + key
      if key == HeaderParameter.keyword {
        try take(annotation: value, of: schema, properties: properties, location: place)
      } else if key == "properties" {
        var inner = value.members
        while let property = inner.next() {
          let name = property.key
          try visit(property.value, properties: properties.map { $0 + [name] }, location: place + "/" + name)
        }
      } else if SchemaWalk.singles.contains(key) {
        try visit(value, properties: nil, location: place)
      } else if SchemaWalk.lists.contains(key) {
        var elements = value.elements
        var index = 0
        while let element = elements.next() {
          try visit(element, properties: nil, location: place + "/\(index)")
          index += 1
        }
      } else if SchemaWalk.maps.contains(key) {
        var inner = value.members
        while let entry = inner.next() {
          try visit(entry.value, properties: nil, location: place + "/" + entry.key)
        }
      }
    }
  }

  private mutating func take(
    annotation: JSONValue, of schema: JSONValue, properties: [String]?, location: String
  ) throws(MCPError) {
    guard let properties, !properties.isEmpty else {
      throw refusal(
        location, "stands where `properties` alone does not lead; move it to a property of the arguments or remove it")
    }
    guard let token = annotation.string else { throw refusal(location, "must be a string") }
    guard HeaderValue.isToken(token.utf8) else {
      throw refusal(location, "is \"\(token)\", which is no header name; use letters, digits and -")
    }
    guard let typeName = schema["type"]?.string, let kind = HeaderParameter.Kind(rawValue: typeName) else {
      throw refusal(location, "needs \"type\": \"string\", \"integer\" or \"boolean\" beside it, and no list of types")
    }
    let parameter = HeaderParameter(
      fieldName: HeaderParameter.fieldPrefix + token,
      lookupName: (HeaderParameter.fieldPrefix + token).lowercased(), path: properties, kind: kind)
    if let other = found.first(where: { $0.lookupName == parameter.lookupName }) {
      throw refusal(location, "is \"\(token)\", which \(other.pathText) has already; header names ignore case")
    }
    found.append(parameter)
  }

  private func refusal(_ location: String, _ what: String) -> MCPError {
    MCPError(.invalidHeaderAnnotation, "tool `\(tool)`: input schema, \(location): `x-mcp-header` \(what)")
  }
}
