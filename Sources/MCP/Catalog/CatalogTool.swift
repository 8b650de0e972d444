// A tool as its manifest describes it: the input of a catalog.

/// One tool to serve.
public struct CatalogTool: Sendable {
  /// Hints for the client about what a call does; nil members are not sent, so that the client's defaults hold.
  public struct Hints: Sendable, Hashable {
    public var readOnly: Bool?
    public var destructive: Bool?
    public var idempotent: Bool?
    public var openWorld: Bool?

    public init(
      readOnly: Bool? = nil, destructive: Bool? = nil, idempotent: Bool? = nil, openWorld: Bool? = nil
    ) {
      self.readOnly = readOnly
      self.destructive = destructive
      self.idempotent = idempotent
      self.openWorld = openWorld
    }
  }

  /// The name callers use: 1 to 64 of `[A-Za-z0-9_.-]`, unique in its catalog.
  public var name: String
  /// The name the worker knows it by; differs from `name` where a node adds a prefix.
  public var guestName: String
  public var title: String?
  public var description: String
  /// The author's JSON bytes; they go out untouched. The root must say `"type":"object"`.
  public var inputSchema: [UInt8]
  public var outputSchema: [UInt8]?
  public var hints: Hints
  /// Whether it works in a session: the argument and the answer's member `session` are added to its schemas.
  public var hasSession: Bool

  public init(
    name: String, guestName: String? = nil, title: String? = nil, description: String, inputSchema: [UInt8],
    outputSchema: [UInt8]? = nil, hints: Hints = Hints(), hasSession: Bool = false
  ) {
    self.name = name
    self.guestName = guestName ?? name
    self.title = title
    self.description = description
    self.inputSchema = inputSchema
    self.outputSchema = outputSchema
    self.hints = hints
    self.hasSession = hasSession
  }
}
