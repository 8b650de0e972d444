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
      KeyShape("permissions", .table(permissions), doc: permissions.doc),
      KeyShape("upstreams", .tables(upstream, maxCount: Bounds.upstreams), doc: upstream.doc),
      KeyShape("session", .table(session), standard: .described("no tool has a session"), doc: session.doc),
      KeyShape("placement", .table(placement), doc: placement.doc),
      KeyShape("tools", .tables(tool, maxCount: Bounds.tools), required: true, doc: tool.doc),
    ],
    later: ["resources", "prompts"])

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
      KeyShape(
        "upstream", .byteSize(Bounds.upstreamBytes), standard: .integer(Limits.standard.upstreamBytes),
        example: "\"4MiB\"",
        doc: "Bytes that one call may receive from upstreams, over all its requests; past it they end with `too_large`."
      ),
    ])

  static let permissions = TableShape(
    "permissions", doc: "What of the node's own the worker may use.",
    keys: [
      KeyShape(
        "kv", .texts(maxCount: Bounds.namespaces, check: Words.namespace), standard: .described("none"),
        example: "[\"forecasts\"]",
        doc: "Namespaces of the node's key-value store. Workers that name the same one share it.")
    ])

  static let upstream = TableShape(
    "upstreams", doc: "One service each that the worker may call: the only ones it can reach (docs/upstreams.md).",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.upstreamName), required: true, example: "\"api\"",
        doc: "Names it in errors, logs and metrics, and in `upstream://<name>/…`; unique in a worker."),
      KeyShape(
        "url", .text(maxBytes: Bounds.urlBytes, check: Words.upstreamURL), required: true,
        example: "\"https://api.weather.example/v1\"",
        doc: "`http` or `https`, without query. The worker reaches this path and those below it, and nothing else."),
      KeyShape(
        "methods", .texts(maxCount: 9, check: Words.method), standard: .described("`[\"GET\", \"HEAD\"]`"),
        example: "[\"GET\", \"POST\"]", doc: "The methods that it may use."),
      KeyShape(
        "headers", .pairs(maxCount: Bounds.upstreamHeaders, check: Words.upstreamHeader),
        standard: .described("none"), example: "{ Authorization = \"Bearer {secret:WEATHER_KEY}\" }",
        doc:
          """
          Headers that the host adds to each request; the worker can neither see nor set them. `{secret:NAME}` is filled \
          in by the node, from its environment (`ATOLL_SECRET_NAME`) or its folder of secrets.
          """),
      KeyShape(
        "timeout_ms", .integer(Bounds.upstreamMilliseconds), standard: .integer(10_000), example: "800",
        doc: "Milliseconds from the start of a request to the end of its answer, retries included."),
      KeyShape(
        "connect_timeout_ms", .integer(Bounds.upstreamMilliseconds), standard: .integer(3_000), example: "300",
        doc: "Milliseconds for the connection, TLS included."),
      KeyShape(
        "first_byte_timeout_ms", .integer(Bounds.upstreamMilliseconds),
        standard: .described("as long as `timeout_ms`"), example: "500",
        doc: "Milliseconds from the sent request to the first byte of the answer."),
      KeyShape(
        "retries", .integer(Bounds.upstreamRetries), standard: .integer(2), example: "1",
        doc: "How often a request of an idempotent method is tried again."),
      KeyShape(
        "redirects", .integer(Bounds.upstreamRedirects), standard: .integer(3), example: "0",
        doc: "How many redirects are followed, below `url` only."),
    ])

  static let session = TableShape(
    "session", doc: "State that belongs to one conversation: for the tools that say `session = true`.",
    keys: [
      KeyShape(
        "ttl", .duration(Bounds.sessionTimeToLive), required: true, example: "\"30m\"",
        doc: "How long a session lives after it was used last.")
    ])

  static let placement = TableShape(
    "placement", doc: "Where the worker's tools run, in a topology of several sites (docs/placement.md).",
    keys: [
      KeyShape(
        "tier", .choice(PlacementWish.Tier.allCases.map(\.rawValue)), standard: .text("auto"), example: "\"auto\"",
        doc: "`edge` and `core` keep the worker to such sites; `auto` leaves it to what its calls cost."),
      KeyShape(
        "jurisdictions", .texts(maxCount: Bounds.jurisdictions, check: Words.placeName),
        standard: .described("anywhere"),
        example: "[\"eu\"]",
        doc:
          """
          Where it may run and keep state. A node elsewhere answers 421 before it reads an argument; a node that does not \
          know where it stands refuses to serve the worker.
          """),
      KeyShape(
        "near", .text(maxBytes: Bounds.workerNameBytes, check: Words.upstreamName), standard: .described("nothing"),
        example: "\"orders-db\"",
        doc: "A dependency of the topology: the worker runs only at sites within 10 ms of it, there and back."),
      KeyShape(
        "latency_budget_ms", .number(0.1...600_000), standard: .described("none"), example: "200",
        doc:
          "Milliseconds that a call may take as its caller sees it: sites from which no clients get that are left out."),
    ])

  static let expect = TableShape(
    "expect",
    doc:
      """
      What a call of the tool is thought to cost, for plans: what is measured counts before this, and what is in neither is \
      assumed, which `atoll plan --explain` says.
      """,
    keys: [
      KeyShape(
        "service_ms", .number(0...600_000), standard: .described("assumed"), example: "2.5",
        doc: "Milliseconds of a processor, at a site of speed 1."),
      KeyShape(
        "kv_reads", .number(0...10_000), standard: .described("assumed"), example: "1",
        doc: "Reads of the store, one after the other; without those of the session."),
      KeyShape(
        "kv_writes", .number(0...10_000), standard: .described("assumed"), example: "0.1", doc: "Writes of the store."),
      KeyShape(
        "dependency_calls", .number(0...10_000), standard: .described("assumed"), example: "3",
        doc: "Requests to each upstream that is a dependency of the topology, one after the other."),
      KeyShape(
        "dependency_answer", .byteSize(0...(64 << 20)), standard: .described("assumed"), example: "\"16KiB\"",
        doc: "Bytes of one answer of them."),
      KeyShape(
        "request", .byteSize(0...(64 << 20)), standard: .described("assumed"), example: "\"1KiB\"",
        doc: "Bytes of a call's arguments."),
      KeyShape(
        "answer", .byteSize(0...(64 << 20)), standard: .described("assumed"), example: "\"4KiB\"",
        doc: "Bytes of its answer."),
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
      KeyShape(
        "session", .boolean, standard: .described("the tool has none"), example: "true",
        doc:
          """
          The tool works in a session: it takes the optional argument `session`, a handle that an earlier answer gave, \
          and its answers give one.
          """),
      KeyShape("expect", .table(expect), doc: expect.doc),
    ])
}
