// The schemas of a tool that works in a session: its author's bytes, and one more property in each.
internal import JSON

/// A session travels as the argument `session` and as the member `session` of the answer.
enum SessionSchema {
  static let argument = "session"

  private static let inputProperty =
    #""session":{"type":"string","maxLength":\#(MCPLimits.sessionHandleBytesMax),"description":"#
    + #""Handle of the session to go on with, from an earlier answer of this server. Left out: a new session begins."}"#
  private static let outputProperty =
    #""session":{"type":"string","description":"Handle of the session: send it as the argument session to go on with it."}"#

  /// - Throws: where the author has a property of that name already.
  static func input(_ schema: [UInt8], tool: String) throws(MCPError) -> [UInt8] {
    try adding(inputProperty, to: schema, tool: tool, kind: "input")
  }

  static func output(_ schema: [UInt8], tool: String) throws(MCPError) -> [UInt8] {
    try adding(outputProperty, to: schema, tool: tool, kind: "output")
  }

  private static func adding(
    _ property: String, to schema: [UInt8], tool: String, kind: String
  ) throws(MCPError) -> [UInt8] {
    let root = rootRange(of: schema)
    guard let properties = JSONScanner.valueRange(forKey: "properties", in: root, of: schema.span) else {
      return ObjectBytes.adding(#""properties":{\#(property)}"#, to: root, of: schema)
    }
    // A schema whose `properties` is no object is refused when it is compiled.
    guard schema[properties.lowerBound] == UInt8(ascii: "{") else { return schema }
    guard JSONScanner.valueRange(forKey: argument, in: properties, of: schema.span) == nil else {
      throw MCPError(
        .invalidSchema,
        "tool `\(tool)`: the \(kind) schema has a property `session`, which the node adds to tools with "
          + "`session = true`; remove it")
    }
    return ObjectBytes.adding(property, to: properties, of: schema)
  }
}

extension CatalogTool {
  /// The tool with its session in its schemas; itself where it has none. An output schema whose root is not said to be an
  /// object stays: its answers carry the handle beside the structured content.
  func withSessionSchemas() throws(MCPError) -> CatalogTool {
    // What is no schema at all is refused when it is compiled.
    guard hasSession, Self.root(of: inputSchema).isObject else { return self }
    var tool = self
    tool.inputSchema = try SessionSchema.input(inputSchema, tool: name)
    if let output = outputSchema, Self.root(of: output).saysObject {
      tool.outputSchema = try SessionSchema.output(output, tool: name)
    }
    return tool
  }

  private static func root(of schema: [UInt8]) -> (isObject: Bool, saysObject: Bool) {
    do throws(JSONError) {
      let document = try JSONDocument(schema)
      return (document.root.isObject, document.root["type"]?.isString("object") == true)
    } catch {
      return (false, false)
    }
  }
}

/// Objects in JSON text.
enum ObjectBytes {
  /// The text with one more member at the end of the object that lies in `range`.
  static func adding(_ member: String, to range: Range<Int>, of bytes: [UInt8]) -> [UInt8] {
    var members = JSONScanner.members(of: range, in: bytes.span)
    let isEmpty = members.next() == nil
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + member.utf8.count + 1)
    result += bytes[..<(range.upperBound - 1)]
    if !isEmpty { result.append(UInt8(ascii: ",")) }
    result += Array(member.utf8)
    result += bytes[(range.upperBound - 1)...]
    return result
  }
}
