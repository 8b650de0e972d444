// One tool of a worker, and where its schemas come from.

/// One tool of a worker.
public struct Tool: Sendable, Equatable {
  public var name: String
  public var title: String?
  public var description: String
  /// JSON Schema of the arguments: the author's bytes, untouched. Its root is an object with `type` `object`.
  public var input: SchemaSource
  /// JSON Schema of `structuredContent`, or nil when nothing is promised.
  public var output: SchemaSource?
  /// ToolAnnotations of MCP's schema; nil is not sent.
  public var readOnly: Bool?
  public var destructive: Bool?
  public var idempotent: Bool?
  public var openWorld: Bool?
  /// Whether it works in a session.
  public var session = false
  /// What a call is thought to cost.
  public var expected = ExpectedCost()

  public init(
    name: String, title: String? = nil, description: String, input: SchemaSource = .noArguments,
    output: SchemaSource? = nil, readOnly: Bool? = nil, destructive: Bool? = nil, idempotent: Bool? = nil,
    openWorld: Bool? = nil, session: Bool = false
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.input = input
    self.output = output
    self.readOnly = readOnly
    self.destructive = destructive
    self.idempotent = idempotent
    self.openWorld = openWorld
    self.session = session
  }

  init(_ table: CheckedTable, reader: ShapeReader, files: SchemaFiles) throws(ManifestError) {
    let name = table.text("name") ?? ""
    let schema = { (key: String) throws(ManifestError) -> SchemaSource? in
      guard let given = table.schema(key) else { return nil }
      return try SchemaSource(given, tool: name, key: key, manifest: reader.file, files: files)
    }
    self.init(
      name: name, title: table.text("title"), description: table.text("description") ?? "",
      input: try schema("input") ?? .noArguments, output: try schema("output"), readOnly: table.boolean("read_only"),
      destructive: table.boolean("destructive"), idempotent: table.boolean("idempotent"),
      openWorld: table.boolean("open_world"), session: table.boolean("session") ?? false)
    expected = ExpectedCost(table.table("expect"))
    if readOnly == true, destructive == true {
      throw reader.error(
        .badValue, at: table.path + [.key("destructive")],
        "tool `\(name)` is `read_only` and `destructive`, which cannot both be true; remove one")
    }
  }
}
