// The error of building a catalog: what a tool's author or the node's operator must change.

/// A catalog was refused: which tool, where in it, and what to change.
public struct MCPError: Error, Sendable {
  public enum Code: String, Sendable {
    /// A tool's name is empty, too long or has characters that clients refuse.
    case invalidToolName
    /// Two tools have one name.
    case duplicateTool
    /// More than ``MCPLimits/catalogToolsMax`` tools.
    case tooManyTools
    /// A schema is not JSON, not a schema, or not one that MCP allows at its root.
    case invalidSchema
    /// An `x-mcp-header` annotation that conforming clients drop the tool for.
    case invalidHeaderAnnotation
    /// The server's own name or version is empty.
    case invalidIdentity
  }

  public var code: Code
  public var message: String
  public var cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension MCPError: CustomStringConvertible {
  public var description: String { message }
}
