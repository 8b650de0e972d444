// A tool as the way of a call needs it: compiled schemas, its headers, the bytes that never change.
internal import JSON

/// A class, so that the way of a call copies one reference.
final class ToolRecord: Sendable {
  let name: String
  let guestName: String
  let nameBytes: [UInt8]
  /// `{"method":"tools/call","name":"…","arguments":`
  let guestPrefix: [UInt8]
  let inputSchema: JSONSchema
  let outputSchema: JSONSchema?
  /// Whether the root of the output schema says `"type":"object"`, which revisions before 2026-07-28 demand.
  let outputIsObject: Bool
  let hasSession: Bool
  let headerParameters: [HeaderParameter]
  /// What a call without arguments, which means `{}`, does wrong; nil when nothing.
  let emptyArgumentsProblem: String?

  init(_ tool: CatalogTool, schemaLimits: JSONSchemaLimits) throws(MCPError) {
    guard ToolRecord.isName(tool.name) else {
      throw MCPError(
        .invalidToolName,
        "the tool name `\(tool.name)` is refused by clients; use 1 to \(MCPLimits.toolNameBytesMax) letters, digits, "
          + "`_`, `-` and `.`")
    }
    hasSession = tool.hasSession
    name = tool.name
    guestName = tool.guestName
    nameBytes = Array(tool.name.utf8)

    var prefix = Array(#"{"method":"tools/call","name":"#.utf8)
    JSONWriter.append(tool.guestName, to: &prefix)
    prefix.append(contentsOf: #","arguments":"#.utf8)
    guestPrefix = prefix

    let input = try ToolRecord.parsed(tool.inputSchema, of: tool, kind: "input")
    guard input.root.isObject, input.root["type"]?.isString("object") == true else {
      throw MCPError(
        .invalidSchema,
        "tool `\(tool.name)`: the root of the input schema must have \"type\": \"object\" (MCP demands it)")
    }
    headerParameters = try HeaderParameter.all(inSchema: input.root, tool: tool.name)
    inputSchema = try ToolRecord.compiled(tool.inputSchema, limits: schemaLimits, of: tool, kind: "input")
    if let bytes = tool.outputSchema {
      let output = try ToolRecord.parsed(bytes, of: tool, kind: "output")
      guard output.root.isObject else {
        throw MCPError(.invalidSchema, "tool `\(tool.name)`: the output schema must be an object, not true or false")
      }
      outputIsObject = output.root["type"]?.isString("object") == true
      outputSchema = try ToolRecord.compiled(bytes, limits: schemaLimits, of: tool, kind: "output")
    } else {
      outputIsObject = false
      outputSchema = nil
    }
    emptyArgumentsProblem = try ToolRecord.problemWithNoArguments(tool.name, inputSchema)
  }

  private static func problemWithNoArguments(_ name: String, _ schema: JSONSchema) throws(MCPError) -> String? {
    do {
      return BadArguments.text(tool: name, violations: try schema.validate(bytes: ToolCall.noArguments))
    } catch {
      throw MCPError(.invalidSchema, "tool `\(name)`: the input schema cannot be tried: \(error)", cause: error)
    }
  }

  /// The conformance suite's bound and the specification's alphabet (2026-07-28, server/tools, "Tool Names"); to take
  /// the narrower of each is our decision (docs/protocol.md, "What a catalog refuses at load").
  static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= MCPLimits.toolNameBytesMax
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  private static func parsed(_ bytes: [UInt8], of tool: CatalogTool, kind: String) throws(MCPError) -> JSONDocument {
    do {
      let document = try JSONDocument(bytes)
      return document
    } catch {
      throw MCPError(.invalidSchema, "tool `\(tool.name)`: the \(kind) schema cannot be read: \(error)", cause: error)
    }
  }

  private static func compiled(
    _ bytes: [UInt8], limits: JSONSchemaLimits, of tool: CatalogTool, kind: String
  ) throws(MCPError) -> JSONSchema {
    do {
      return try JSONSchema(bytes, limits: limits)
    } catch {
      throw MCPError(.invalidSchema, "tool `\(tool.name)`: \(kind) schema: \(error)", cause: error)
    }
  }
}
