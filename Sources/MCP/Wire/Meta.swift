// The keys of `_meta` (2026-07-28, basic/index, "_meta") and which of them are the protocol's own.
enum Meta {
  static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
  static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
  static let clientInfo = "io.modelcontextprotocol/clientInfo"
  static let logLevel = "io.modelcontextprotocol/logLevel"
  static let progressToken = "progressToken"
  static let serverInfo = "io.modelcontextprotocol/serverInfo"

  static let logLevels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]

  static func isLogLevel(_ name: ArraySlice<UInt8>) -> Bool { logLevels.contains { name.elementsEqual($0.utf8) } }

  /// Whether a key belongs to the protocol: its prefix has `modelcontextprotocol` or `mcp` as the second label.
  static func isReserved(_ key: String) -> Bool {
    guard let slash = key.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
    let labels = key[..<slash].split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2 else { return false }
    return labels[1] == "modelcontextprotocol" || labels[1] == "mcp"
  }
}
