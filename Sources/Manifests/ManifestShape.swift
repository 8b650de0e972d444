// Everything `atoll.toml` may say. A key stands here only when it is enforced.

extension Manifest {
  /// The manual of `atoll.toml`, as data.
  public static let shape = TableShape(
    "",
    doc:
      "`atoll.toml` stands beside a worker's source and says what the worker is, what it may use and what it offers.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.workerName), required: true,
        example: "\"weather\"",
        doc: "Names the worker: its bundle is `<name>.atoll`, a node serves it at `/mcp/<name>`."),
      KeyShape(
        "version", .text(maxBytes: 64, check: Words.version), standard: .text("0.0.0"), example: "\"1.2.0\"",
        doc: "Semantic version of the worker."),
      KeyShape(
        "description", .text(maxBytes: Bounds.descriptionBytes, check: Words.prose), standard: .text(""),
        example: "\"Forecasts from the national service\"", doc: "What the worker is for, in a sentence."),
      KeyShape("source", .table(source), doc: source.doc),
      KeyShape("limits", .table(limits), doc: limits.doc),
      KeyShape("tools", .tables(tool, maxCount: Bounds.tools), required: true, doc: tool.doc),
    ],
    later: ["permissions", "upstreams", "session", "placement", "resources", "prompts"])

  static let source = TableShape(
    "source",
    doc: "What `atoll build` compiles. A prebuilt `.wasm` given to `atoll build` by name needs no such table.",
    keys: [
      KeyShape(
        "language", .choice(SourceLanguage.allCases.map(\.rawValue)), required: true, example: "\"swift\"",
        doc:
          """
          `javascript` and `typescript` are ES modules, run by the engine that Atoll brings, `swift` is Embedded Swift \
          with the SDK, `c` is a WASI command, `wasm` is a module that is taken as it is.
          """
      ),
      KeyShape(
        "entry", .text(maxBytes: Bounds.pathBytes, check: Words.relativePath), required: true,
        example: "\"weather.swift\"",
        doc:
          """
          The source file, inside the worker's folder: for JavaScript and TypeScript the module that imports the others, \
          for Swift and C also a folder whose `.swift` or `.c` files are compiled together.
          """
      ),
    ])

  static let limits = TableShape(
    "limits", doc: "Caps of one call. Past a cap the call ends with a fault that names the key; other calls go on.",
    keys: [
      KeyShape(
        "memory", .byteSize(Bounds.memoryBytes), standard: .integer(Limits.standard.memoryBytes), example: "\"16MiB\"",
        doc: "Linear memory of the guest."),
      KeyShape(
        "cpu_ms", .integer(Bounds.cpuMilliseconds), standard: .integer(Limits.standard.cpuMilliseconds), example: "50",
        doc: "Milliseconds the guest may compute; waiting is not counted."),
      KeyShape(
        "wall_ms", .integer(Bounds.wallMilliseconds), standard: .integer(Limits.standard.wallMilliseconds),
        example: "5000",
        doc: "Milliseconds from the start of the guest to its answer; waiting is counted."),
      KeyShape(
        "output", .byteSize(Bounds.outputBytes), standard: .integer(Limits.standard.outputBytes), example: "\"1MiB\"",
        doc: "Bytes the guest may answer."),
      KeyShape(
        "host_calls", .integer(Bounds.hostCalls), standard: .integer(Limits.standard.hostCalls), example: "64",
        doc: "Calls the guest may make into the host."),
    ])

  static let tool = TableShape(
    "tools", doc: "One tool each. A worker has at least one.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.toolNameBytes, check: Words.toolName), required: true,
        example: "\"get_forecast\"",
        doc:
          "What a client calls: at most \(Bounds.toolNameBytes) letters, digits, `_`, `-` and `.`; unique in a worker."
      ),
      KeyShape(
        "title", .text(maxBytes: Bounds.titleBytes, check: Words.line), example: "\"Forecast\"",
        doc: "What people read."),
      KeyShape(
        "description", .text(maxBytes: Bounds.descriptionBytes, check: Words.prose), required: true,
        example: "\"Forecast for a city, by day\"", doc: "What a model reads to decide when to call the tool."),
      KeyShape(
        "input", .schema, standard: .described("the tool takes no arguments"), example: "\"schemas/get_forecast.json\"",
        doc: "JSON Schema of the arguments, checked before the guest starts; its root has `type` `object`."),
      KeyShape(
        "output", .schema, standard: .described("anything"), example: "\"schemas/forecast.json\"",
        doc: "JSON Schema of `structuredContent`, checked when the guest has answered."),
      KeyShape(
        "read_only", .boolean, standard: .described("not said to clients; they take false"), example: "true",
        doc: "The tool changes nothing (`readOnlyHint`)."),
      KeyShape(
        "destructive", .boolean, standard: .described("not said to clients; they take true"), example: "false",
        doc: "The tool may destroy or overwrite (`destructiveHint`)."),
      KeyShape(
        "idempotent", .boolean, standard: .described("not said to clients; they take false"), example: "true",
        doc: "A second call with the same arguments changes nothing more (`idempotentHint`)."),
      KeyShape(
        "open_world", .boolean, standard: .described("not said to clients; they take true"), example: "false",
        doc: "The tool deals with things outside the node (`openWorldHint`)."),
    ])
}
