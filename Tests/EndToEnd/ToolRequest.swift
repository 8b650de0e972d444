// A tools/call of revision 2026-07-28 as bytes on the wire, and its answer as the tests look at it.
import Foundation

struct ToolRequest {
  let body: String
  let tool: String

  init(_ tool: String, _ arguments: String = "{}", id: Int = 1) {
    self.tool = tool
    body = """
      {"jsonrpc":"2.0","id":\(id),"method":"tools/call","params":{"name":"\(tool)","arguments":\(arguments),\
      "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
      "io.modelcontextprotocol/clientCapabilities":{}}}}
      """
  }

  /// The header lines of the call apart from those that say how long the body is; each ends with CRLF.
  func headers(port: UInt16) -> String {
    """
    Host: 127.0.0.1:\(port)\r
    Content-Type: application/json\r
    Accept: application/json, text/event-stream\r
    MCP-Protocol-Version: 2026-07-28\r
    Mcp-Method: tools/call\r
    Mcp-Name: \(tool)\r

    """
  }

  /// - parameter field: one more header line, without its CRLF.
  func text(port: UInt16, path: String = "/mcp", field: String? = nil) -> String {
    "POST \(path) HTTP/1.1\r\n\(headers(port: port))\(field.map { $0 + "\r\n" } ?? "")Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// What came back for a tools/call.
struct ToolAnswer {
  let response: RawResponse
  let text: String
  let isError: Bool
  let errorCode: Int?
  /// The structured content, as JSON values; empty where there is none.
  let structured: [String: Any]
  /// The handle of the session that the answer gives.
  var session: String? { structured["session"] as? String }

  init(_ response: RawResponse) throws {
    self.response = response
    let message = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any] ?? [:]
    let result = message["result"] as? [String: Any]
    structured = result?["structuredContent"] as? [String: Any] ?? [:]
    let content = result?["content"] as? [[String: Any]] ?? []
    let error = message["error"] as? [String: Any]
    text =
      content.compactMap { $0["text"] as? String }.joined(separator: "\n")
      + (error?["message"] as? String ?? "")
    isError = result?["isError"] as? Bool ?? false
    errorCode = error?["code"] as? Int
  }
}
