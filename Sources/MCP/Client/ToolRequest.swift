// A `tools/call` of the 2026-07-28 revision, as the command and the simulator's clients send it.

internal import JSON

/// One request: its headers and body are the same whether it goes over a socket or straight to a worker.
package struct ToolRequest: HeaderSource {
  package static let revision = Revision.modern.text

  package let headers: [(String, String)]
  package let body: [UInt8]

  /// - parameter arguments: a JSON object.
  package init(tool: String, arguments: [UInt8], client: (name: String, version: String)) {
    headers = [
      ("Content-Type", "application/json"),
      ("Accept", "application/json, text/event-stream"),
      ("MCP-Protocol-Version", Self.revision),
      ("Mcp-Method", "tools/call"),
      ("Mcp-Name", Self.headerValue(tool)),
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
    writer.member("name", client.name)
    writer.member("version", client.version)
    writer.endObject()
    writer.member("io.modelcontextprotocol/clientCapabilities", raw: Array("{}".utf8))
    writer.endObject()
    writer.endObject()
    writer.endObject()
    body = writer.bytes
  }

  package func lookup(_ lowercasedName: String) -> HeaderLookup {
    HeaderList(headers.map { ($0.0, $0.1) }).lookup(lowercasedName)
  }

  /// A name as `Mcp-Name` carries it: as it is where that is visible ASCII, else in base64 (2026-07-28,
  /// basic/transports/streamable-http, "Value Encoding").
  package static func headerValue(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !name.hasPrefix("=?base64?")
    return isPlain ? name : "=?base64?\(base64(Array(name.utf8)))?="
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : "=")
      }
    }
    return text
  }

  /// The MCP endpoint of a URL: `/mcp` where the URL names no path.
  package static func endpoint(_ url: String) -> String {
    let afterScheme = url.drop { $0 != "/" }.dropFirst(2)
    guard let slash = afterScheme.firstIndex(of: "/") else { return url + "/mcp" }
    return afterScheme[slash...] == "/" ? url + "mcp" : url
  }
}
