// Everything `node.toml` may say. A key stands here only when the node enforces it.

extension NodeConfiguration {
  /// The manual of `node.toml`, as data.
  public static let shape = TableShape(
    "",
    doc: "`node.toml` says what one `atoll serve` process is: where it listens, what it serves and how much it takes.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.workerName), standard: .text("node"),
        example: "\"edge-1\"",
        doc: "Names the node in logs and in `server/discover`."),
      KeyShape(
        "listen", .text(maxBytes: 300, check: Words.address), standard: .text("127.0.0.1:8787"),
        example: "\"127.0.0.1:8787\"",
        doc: "Where clients connect."),
      KeyShape(
        "admin", .text(maxBytes: 300, check: Words.address),
        standard: .described("`/metrics` and health are on `listen`"),
        example: "\"127.0.0.1:8788\"", doc: "Where `/metrics` and health are, when not on `listen`."),
      KeyShape(
        "loops", .integer(Bounds.loops), standard: .described("one per core"), example: "2",
        doc: "Event loops that share the port."),
      KeyShape(
        "kv", .text(maxBytes: Bounds.urlBytes, check: Words.storeAddress),
        standard: .described("`\"sqlite:.atoll/state.db\"` where a worker keeps state"),
        example: "\"redis://127.0.0.1:6379\"",
        doc:
          "Where state is kept: `sqlite:PATH`, `redis://…`, `rediss://…`, `nats://…`, `tls://…` or `memory:` (docs/state.md)."
      ),
      KeyShape(
        "kv_timeout_ms", .integer(Bounds.storeMilliseconds), standard: .integer(1_000), example: "500",
        doc: "Milliseconds that one operation on the store may take; past it `state_unavailable`."),
      KeyShape(
        "keys", .table(keysTable), standard: .described("`ATOLL_KEYS`"), doc: keysTable.doc),
      KeyShape(
        "secrets", .table(secrets), standard: .described("the environment only"), doc: secrets.doc),
      KeyShape("callers", .tables(caller, maxCount: Bounds.callers), doc: caller.doc),
      KeyShape(
        "anonymous", .boolean, standard: .described("true without `[[callers]]`, else false"), example: "true",
        doc: "Whether requests without a token are answered; where they are not, 401."),
      KeyShape("upstreams", .table(upstreams), doc: upstreams.doc),
      KeyShape(
        "topology", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), standard: .described("the node is alone"),
        example: "\"topology.toml\"",
        doc: "The topology that the node belongs to (docs/topology-nodes.md); relative to the folder of `node.toml`."),
      KeyShape(
        "site", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), example: "\"fra\"",
        doc: "The node's own site in the topology."),
      KeyShape(
        "jurisdiction", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName),
        standard: .described("not known: workers with `jurisdictions` are refused"), example: "\"eu\"",
        doc: "Where a node stands that belongs to no topology."),
      KeyShape(
        "members", .choice(["file", "kv"]), standard: .text("file"), example: "\"kv\"",
        doc:
          "Where the addresses of other nodes are: in the topology, or in leases that nodes write into the store (`kv`)."
      ),
      KeyShape(
        "insecure_links", .boolean, standard: .described("`false`"), example: "true",
        doc:
          "Whether calls may be forwarded to other machines over plain `http`, arguments and identities in clear text."),
      KeyShape("workers", .tables(worker, maxCount: Bounds.workers), doc: worker.doc),
      KeyShape("limits", .table(limits), doc: limits.doc),
      KeyShape("http", .table(http), doc: http.doc),
    ],
    later: ["tier", "region", "tls"])

  static let keysTable = TableShape(
    "keys", doc: "What the node seals session handles with.",
    keys: [
      KeyShape(
        "file", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), required: true, example: "\"/etc/atoll/keys\"",
        doc:
          """
          A file with one key a line, 32 bytes in base64: the first seals, all of them open. The same on every node that \
          shares a store.
          """)
    ])

  static let secrets = TableShape(
    "secrets", doc: "Where `{secret:NAME}` is looked up when the environment has no `ATOLL_SECRET_NAME`.",
    keys: [
      KeyShape(
        "folder", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), required: true, example: "\"/run/secrets\"",
        doc: "A folder with one file a secret, named as the secret is.")
    ])

  static let caller = TableShape(
    "callers", doc: "Who may ask, one each: requests with `Authorization: Bearer <token>` are the caller's.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.workerName), required: true, example: "\"ci\"",
        doc: "The principal that sessions are bound to; `anonymous` is those without a token."),
      KeyShape(
        "token", .text(maxBytes: Bounds.pairBytes, check: Words.token), required: true,
        example: "\"{secret:CI_TOKEN}\"",
        doc: "The token, always a secret."),
    ])

  static let upstreams = TableShape(
    "upstreams", doc: "How the node reaches what its workers call.",
    keys: [
      KeyShape(
        "allow", .texts(maxCount: Bounds.addressRanges, check: Words.addressRange),
        standard: .described("public addresses only"), example: "[\"10.1.0.0/16\"]",
        doc: "Ranges of private, loopback or link-local addresses that may be connected to."),
      KeyShape(
        "ca", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), standard: .described("the system's"),
        example: "\"/etc/ssl/company.pem\"",
        doc: "A file with the certificates that are trusted in place of the system's."),
      KeyShape(
        "at", .pairs(maxCount: Bounds.upstreams, check: Words.upstreamAt), standard: .described("where manifests say"),
        example: "{ api = \"http://127.0.0.1:9001\" }",
        doc: "Upstreams by name that are reached at another URL: for tests and staging."),
    ])

  static let worker = TableShape(
    "workers", doc: "One worker each: what `atoll serve` takes on its command line.",
    keys: [
      KeyShape(
        "path", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), required: true, example: "\"workers/hello\"",
        doc: "A worker's folder, a `.atoll` bundle or a `.wasm`; relative to the folder of `node.toml`."),
      KeyShape(
        "prefix", .text(maxBytes: 32, check: Words.toolName), example: "\"eu_\"",
        doc: "Put before the names of the worker's tools; for two workers that have a tool of one name."),
    ])

  static let limits = TableShape(
    "limits", doc: "What the node takes before it refuses.",
    keys: [
      KeyShape(
        "instances", .integer(Bounds.instances), standard: .integer(1_000), example: "1000",
        doc: "Sandboxes that may be alive at once."),
      KeyShape(
        "queue", .integer(Bounds.queue), standard: .integer(1_000), example: "1000",
        doc: "Calls that may wait for a sandbox; past it 503 with `Retry-After`."),
      KeyShape(
        "queue_ms", .integer(Bounds.queueMilliseconds), standard: .integer(1_000), example: "1000",
        doc: "Milliseconds a call may wait for a sandbox; past it 503 with `Retry-After`."),
      KeyShape(
        "connections", .integer(Bounds.connections), standard: .integer(10_000), example: "10000",
        doc: "Open connections."),
      KeyShape(
        "body", .byteSize(Bounds.bodyBytes), standard: .integer(4 << 20), example: "\"4MiB\"",
        doc: "Bytes of a request's body; past it 413."),
      KeyShape(
        "calls_per_second", .integer(Bounds.callsPerSecond), standard: .integer(100_000), example: "100",
        doc: "Calls a second of one peer address to one worker; past it 429 with `Retry-After`."),
      KeyShape(
        "calls_burst", .integer(Bounds.callsBurst), standard: .described("as many as `calls_per_second`"),
        example: "200",
        doc: "Calls a peer that was quiet may make at once."),
      KeyShape(
        "forwards", .integer(Bounds.forwards), standard: .integer(1_000), example: "1000",
        doc: "Calls that may be under way at other nodes at once; past it 503 with `Retry-After`."),
    ])

  static let http = TableShape(
    "http", doc: "Which names the node answers to.",
    keys: [
      KeyShape(
        "hosts", .texts(maxCount: Bounds.hostsOrOrigins, check: Words.host),
        standard: .described("the listen address, and `localhost` on loopback"),
        example: "[\"mcp.example.com\", \"mcp.example.com:8443\"]",
        doc: "Values of `Host` that are answered; others get 421."),
      KeyShape(
        "origins", .texts(maxCount: Bounds.hostsOrOrigins, check: Words.origin),
        standard: .described("none: only requests without `Origin` are answered"),
        example: "[\"https://app.example.com\"]", doc: "Web pages that may call the node; others get 403."),
    ])
}
