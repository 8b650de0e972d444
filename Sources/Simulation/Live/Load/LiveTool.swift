// A tool as the clients of a live run call it: from its manifest and the scenario to bytes.

internal import JSON
internal import Manifests
internal import MCP

/// How one tool of the mix is called.
struct LiveTool: Sendable {
  let name: String
  let worker: String
  let hasSession: Bool
  let isReadOnly: Bool
  /// Whether a call that may have run may be sent again.
  let isRepeatable: Bool
  /// Whether it takes an `operation_id`, by which a change that is repeated counts once and a run finds it again.
  let takesOperation: Bool
  let callsPerSession: Int
  /// Members of the arguments that each call has, without the braces.
  private let members: [UInt8]

  /// - parameter arguments: a JSON object.
  /// - parameter schema: its input schema.
  /// - throws: ``SimulationError`` `scenario` for arguments that are no object, or that say what the run says.
  init(
    _ tool: Tool, worker: String, arguments: [UInt8], schema: [UInt8], callsPerSession: Int = 12
  ) throws(SimulationError) {
    name = tool.name
    self.worker = worker
    hasSession = tool.session
    isReadOnly = tool.readOnly ?? false
    isRepeatable = (tool.idempotent ?? false) || (tool.readOnly ?? false)
    self.callsPerSession = callsPerSession
    takesOperation = Self.takesOperation(schema)
    guard let document = try? JSONDocument(arguments), document.root.isObject else {
      throw SimulationError(
        .scenario, "tool `\(tool.name)`: `arguments` is not a JSON object; write it as '{\"sku\":\"tea-100\"}'")
    }
    for own in ["session", "operation_id"] where document.root[own] != nil {
      throw SimulationError(
        .scenario, "tool `\(tool.name)`: `arguments` has `\(own)`, which the run gives each call itself; leave it out")
    }
    let object = JSONScanner.copy(JSONScanner.root(of: arguments.span), of: arguments.span)
    members = Array(object.dropFirst().dropLast())
  }

  /// Whether each call leaves something in its session that the run can look for.
  var isChecked: Bool { hasSession && takesOperation && !isReadOnly }

  /// What one call sends.
  func request(operation: String?, session: String?) -> ToolRequest {
    var bytes: [UInt8] = [UInt8(ascii: "{")] + members
    var isEmpty = members.allSatisfy { $0 <= 0x20 }
    for (key, value) in [("operation_id", operation), ("session", session)] {
      guard let value else { continue }
      if !isEmpty { bytes.append(UInt8(ascii: ",")) }
      isEmpty = false
      JSONWriter.append(key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      JSONWriter.append(value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    return ToolRequest(tool: name, arguments: bytes, client: ("atoll-sim", "1"))
  }

  private static func takesOperation(_ schema: [UInt8]) -> Bool {
    guard let document = try? JSONDocument(schema), let properties = document.root["properties"] else { return false }
    return properties["operation_id"] != nil
  }
}
