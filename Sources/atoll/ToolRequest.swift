// A `tools/call` of the 2026-07-28 revision, as the command sends it.

import JSON
import MCP

/// One request: its headers and body are the same whether it goes over a socket or straight to a worker.
struct ToolRequest: HeaderSource {
  static let revision = "2026-07-28"

  let headers: [(String, String)]
  let body: [UInt8]

  init(tool: String, arguments: [UInt8]) {
    headers = [
      ("Content-Type", "application/json"),
      ("Accept", "application/json, text/event-stream"),
      ("MCP-Protocol-Version", Self.revision),
      ("Mcp-Method", "tools/call"),
      ("Mcp-Name", HeaderValue.encode(tool)),
    ]
    var writer = JSONWriter(reserving: arguments.count + 512)
    writer.beginObject()
    writer.member("jsonrpc", "2.0")
    writer.member("id", 1)
    writer.member("method", "tools/call")
    writer.key("params")
    writer.beginObject()
    writer.member("name", tool)
    writer.member("arguments", raw: arguments)
    writer.key("_meta")
    writer.beginObject()
    writer.member("io.modelcontextprotocol/protocolVersion", Self.revision)
    writer.key("io.modelcontextprotocol/clientInfo")
    writer.beginObject()
    writer.member("name", "atoll")
    writer.member("version", Version.number)
    writer.endObject()
    writer.member("io.modelcontextprotocol/clientCapabilities", raw: Array("{}".utf8))
    writer.endObject()
    writer.endObject()
    writer.endObject()
    body = writer.bytes
  }

  func values(_ lowercasedName: String) -> [String] {
    headers.filter { $0.0.lowercased() == lowercasedName }.map(\.1)
  }

  /// The MCP endpoint of a URL: `/mcp` where the URL names no path.
  static func endpoint(_ url: String) -> String {
    let afterScheme = url.drop { $0 != "/" }.dropFirst(2)
    guard let slash = afterScheme.firstIndex(of: "/") else { return url + "/mcp" }
    return afterScheme[slash...] == "/" ? url + "mcp" : url
  }
}
