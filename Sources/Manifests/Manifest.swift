// A worker's manifest, typed: what `atoll.toml` says once it has been held against its shape.

/// The languages `[source]` can name.
public enum SourceLanguage: String, Sendable, CaseIterable {
  case javascript, typescript, swift, c, wasm

  /// Whether it runs in the JavaScript engine.
  public var isScript: Bool { self == .javascript || self == .typescript }
}

/// What `atoll build` compiles.
public struct Source: Sendable, Equatable {
  public var language: SourceLanguage
  /// A file, or a folder of sources; relative to the worker's folder and inside it.
  public var entry: String

  public init(language: SourceLanguage, entry: String) {
    self.language = language
    self.entry = entry
  }
}

/// What a worker is, may use and offers.
///
///     let manifest = try Manifest.load(folder: "workers/hello")
public struct Manifest: Sendable, Equatable {
  public var name: String
  public var version: String
  public var description: String
  /// Nil for a prebuilt module that is named on the command line.
  public var source: Source?
  public var limits: Limits
  /// Namespaces of the key-value store that the worker may use.
  public var namespaces: [String]
  public var upstreams: [UpstreamGrant]
  /// How long a session lives after its last use, in milliseconds; nil where no tool has one.
  public var sessionTimeToLive: Int?
  /// Where it wants to run.
  public var placement: PlacementWish
  /// In the order of the file; never empty, no name twice.
  public var tools: [Tool]

  /// The file's name in a worker's folder.
  public static let fileName = "atoll.toml"

  /// Reads a manifest's text.
  ///
  /// `schema` gives the bytes of a schema file by the path that the manifest names; it is called once a file and
  /// path, in the order of the tools. `file` is what errors call the manifest.
  public static func parse(
    _ text: String, file: String = Manifest.fileName, schema: SchemaFiles
  ) throws(ManifestError) -> Manifest {
    let reader = try ShapeReader(text, file: file)
    let root = try reader.read(shape)
    var tools: [Tool] = []
    var lines: [String: Int?] = [:]
    for table in root.tables("tools") {
      let tool = try Tool(table, reader: reader, files: schema)
      let place = table.path + [.key("name")]
      if let first = lines[tool.name] {
        let where_ = first.map { " (first on line \($0))" } ?? ""
        throw reader.error(
          .duplicate, at: place, "tool `\(tool.name)` is declared twice\(where_); give one of them another name")
      }
      lines[tool.name] = reader.locator.line(of: place)
      tools.append(tool)
    }
    try checkSessions(root, tools, reader)
    let placement = PlacementWish(root.table("placement"))
    if placement.jurisdictions?.isEmpty == true {
      throw reader.error(
        .badValue, at: [.key("placement"), .key("jurisdictions")],
        "`placement.jurisdictions` is empty, so the worker could run nowhere; name one, or remove the key")
    }
    return Manifest(
      name: root.text("name") ?? "", version: root.text("version") ?? "", description: root.text("description") ?? "",
      source: root.table("source").map {
        Source(language: SourceLanguage(rawValue: $0.text("language") ?? "") ?? .wasm, entry: $0.text("entry") ?? "")
      },
      limits: try limits(root.table("limits"), reader),
      namespaces: root.table("permissions")?.texts("kv") ?? [],
      upstreams: try upstreams(root.tables("upstreams"), reader),
      sessionTimeToLive: root.table("session")?.integer("ttl"),
      placement: placement, tools: tools)
  }

  private static func limits(_ table: CheckedTable?, _ reader: ShapeReader) throws(ManifestError) -> Limits {
    var limits = Limits.standard
    guard let table else { return limits }
    limits.memoryBytes = table.integer("memory") ?? limits.memoryBytes
    limits.cpuMilliseconds = table.integer("cpu_ms") ?? limits.cpuMilliseconds
    limits.wallMilliseconds = table.integer("wall_ms") ?? limits.wallMilliseconds
    limits.outputBytes = table.integer("output") ?? limits.outputBytes
    limits.hostCalls = table.integer("host_calls") ?? limits.hostCalls
    limits.upstreamBytes = table.integer("upstream") ?? limits.upstreamBytes
    guard limits.cpuMilliseconds <= limits.wallMilliseconds else {
      throw reader.error(
        .badValue, at: table.path + [.key("wall_ms")],
        """
        `limits.wall_ms` is \(limits.wallMilliseconds), less than `limits.cpu_ms` (\(limits.cpuMilliseconds)), \
        which then could never be used up; write wall_ms = \(limits.cpuMilliseconds) or more
        """
      )
    }
    return limits
  }
}
