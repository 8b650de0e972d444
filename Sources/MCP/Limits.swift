// Every bound this module enforces, with its unit. Body size, header count and time are the HTTP layer's.

/// Named limits of the protocol layer. Each is tested at its edge.
public enum MCPLimits {
  /// Nesting of arrays and objects in a message or in a guest's answer.
  public static let nestingDepthMax = 64
  /// Tools of one catalog. They fit one page of `tools/list`, whose size is the server's to choose (2026-07-28,
  /// server/utilities/pagination, "Pagination Model"), so that no cursor is ever minted.
  public static let catalogToolsMax = 1_000
  /// Bytes of a tool's name; the conformance suite's bound, stricter than the specification's 128 (2026-07-28,
  /// server/tools, "Tool Names").
  public static let toolNameBytesMax = 64
  /// Messages in one JSON-RPC batch, which only 2025-03-26 knows.
  public static let batchMessagesMax = 32
  /// Bytes of a batch's answer: about seven of the largest results. The answers past it become errors, which are
  /// small and always go out.
  public static let batchAnswerBytesMax = 16 * 1024 * 1024
  /// Bytes of a request id as written, quotes included. The id is echoed, so it must not be an amplifier.
  public static let requestIDBytesMax = 1_024
  /// Violations of a schema that one answer names; the rest are counted.
  public static let violationsNamedMax = 8
  /// Bytes of a caller's own text (a method, a tool name) that an error message repeats.
  public static let quotedBytesMax = 128
  /// Content blocks in one explicit result.
  public static let contentBlocksMax = 1_000
  /// The handle of a session, in bytes.
  static let sessionHandleBytesMax = 512
}
