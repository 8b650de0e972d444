// Everything `scenario.toml` may say. A key stands here only when the simulator follows it.

extension Scenario {
  /// The manual of `scenario.toml`, as data.
  public static let shape = TableShape(
    "",
    doc:
      """
      `scenario.toml` says what `atoll sim` plays: a topology, who calls which tools how often, and what goes wrong. \
      Paths are relative to its folder.
      """,
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.workerName), required: true, example: "\"world\"",
        doc: "Names the run in its report."),
      KeyShape(
        "description", .text(maxBytes: Bounds.descriptionBytes, check: Words.prose), standard: .text(""),
        example: "\"A day of the world's traffic in ten minutes\"", doc: "What it is to show, in a sentence."),
      KeyShape(
        "topology", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), required: true,
        example: "\"world-topology.toml\"", doc: "The file with sites, links, stores, dependencies and populations."),
      KeyShape(
        "mode", .choice(Mode.allCases.map(\.rawValue)), standard: .text(Mode.virtual.rawValue), example: "\"virtual\"",
        doc:
          """
          How it is played where the command does not say: in virtual time, or live with real nodes on this machine.
          """),
      KeyShape(
        "seed", .integer(Bounds.seeds), standard: .integer(1), example: "7",
        doc: "What all random numbers come from: one seed, one report."),
      KeyShape(
        "duration", .duration(Bounds.scenarioMilliseconds), required: true, example: "\"60s\"",
        doc: "How long calls arrive."),
      KeyShape(
        "calls", .integer(Bounds.scenarioCalls), standard: .described("by `rate`"), example: "10000000",
        doc: "Calls of the whole run on average, by all populations together; this or `rate` must be written."),
      KeyShape(
        "rate", .integer(Bounds.scenarioRate), standard: .described("by `calls`"), example: "200",
        doc:
          """
          Calls a second on average, by all populations together. Arrivals are open: nobody waits for an answer first.
          """),
      KeyShape(
        "timeout", .duration(Bounds.callMilliseconds), standard: .integer(10_000), example: "\"10s\"",
        doc: "How long a client waits for its answer; later ones count as failed."),
      KeyShape(
        "compare_calls", .integer(Bounds.compareCalls), standard: .integer(200_000), example: "500000",
        doc:
          """
          How many of the first calls are played again with every tool at every edge site, and with every tool at the \
          core, for comparison; 0: none. Virtual mode only.
          """),
      KeyShape(
        "report", .text(maxBytes: Bounds.pathBytes, check: Words.pathBelow),
        standard: .described("`<name>.html`, where the command is run"),
        example: "\"world.html\"",
        doc: "Where the report is written, in the scenario's folder or below it; elsewhere with `--report`."),
      KeyShape("generate", .table(generate), doc: generate.doc),
      KeyShape(
        "loads", .tables(load, maxCount: Bounds.populations),
        standard: .described("each population by its share in the topology"),
        doc: load.doc),
      KeyShape("tools", .tables(tool, maxCount: Bounds.scenarioTools), required: true, doc: tool.doc),
      KeyShape("faults", .tables(fault, maxCount: Bounds.faults), standard: .described("none"), doc: fault.doc),
    ])

  static let generate = TableShape(
    "generate", doc: "Makes a large topology of a small one, the same for the same seed. Virtual mode only.",
    keys: [
      KeyShape(
        "sites", .integer(Bounds.generatedSites), standard: .described("those of the topology"), example: "1000",
        doc:
          """
          How many sites there are in all: each further one is an edge site within 400 km of an edge site of the file, \
          with its region, jurisdiction and capacity, and a part of the nearest population's clients.
          """)
    ])

  static let load = TableShape(
    "loads", doc: "What one population of the topology asks for.",
    keys: [
      KeyShape(
        "population", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true,
        example: "\"tokyo\"", doc: "Its name in the topology."),
      KeyShape(
        "share", .number(Bounds.shares), standard: .described("the topology's"), example: "20",
        doc: "Its part of all calls, against the shares of the others; 0: none."),
      KeyShape(
        "tools", .texts(maxCount: Bounds.scenarioTools, check: Words.toolName), standard: .described("all"),
        example: "[\"get_rates\"]", doc: "The tools it calls; the shares among them stay."),
    ])

  static let tool = TableShape(
    "tools",
    doc:
      """
      A tool of the mix. With `worker`, what its manifest says holds; a key written here stands before it. Without, the \
      tool is what is written here, and only virtual mode can play it.
      """,
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.toolNameBytes, check: Words.toolName), required: true, example: "\"show_cart\"",
        doc: "The tool's name."),
      KeyShape(
        "worker", .text(maxBytes: Bounds.pathBytes, check: Words.anyPath), example: "\"../workers/cart\"",
        doc: "The folder of its worker."),
      KeyShape(
        "share", .number(Bounds.shares), standard: .number(1), example: "20",
        doc: "Its part of all calls, against the shares of the others."),
      KeyShape(
        "arguments", .text(maxBytes: Bounds.descriptionBytes, check: Words.prose),
        standard: .described("the least that its schema takes"), example: "'{\"sku\":\"tea-100\"}'",
        doc: "What live mode sends, as JSON."),
      KeyShape(
        "service_ms", .number(0...600_000), standard: .described("measured, else the manifest's, else assumed"),
        example: "0.85",
        doc:
          """
          Milliseconds of a processor of speed 1: the median of the distribution, or its mean where it is exponential.
          """),
      KeyShape(
        "service", .choice(ScenarioTool.Distribution.allCases.map(\.rawValue)),
        standard: .text(ScenarioTool.Distribution.lognormal.rawValue), example: "\"lognormal\"",
        doc: "How that time is distributed."),
      KeyShape(
        "service_p95_ms", .number(0...600_000), standard: .described("twice `service_ms`"), example: "2.4",
        doc: "The time that one call in twenty exceeds, of a lognormal."),
      KeyShape(
        "kv_reads", .number(0...100), standard: .described("the manifest's"), example: "2",
        doc: "Reads of the key-value store in a call, one after the other, besides those of its session."),
      KeyShape(
        "kv_writes", .number(0...100), standard: .described("the manifest's"), example: "0.1", doc: "Writes likewise."),
      KeyShape(
        "namespace", .text(maxBytes: Bounds.namespaceBytes, check: Words.namespace),
        standard: .described("the manifest's first, or the tool's name"), example: "\"rates\"",
        doc: "The namespace that it reads and writes; tools of one namespace see each other's writes."),
      KeyShape(
        "dependency", .text(maxBytes: Bounds.workerNameBytes, check: Words.upstreamName), example: "\"orders-db\"",
        doc: "A dependency of the topology that it calls, besides those of its manifest."),
      KeyShape(
        "dependency_calls", .number(0...100), standard: .described("the manifest's, else 1"), example: "3",
        doc: "Calls to each, one after the other."),
      KeyShape(
        "request", .byteSize(Bounds.callBytes), standard: .described("the manifest's, else 512 B"), example: "\"2KiB\"",
        doc: "Bytes of a call's arguments."),
      KeyShape(
        "answer", .byteSize(Bounds.callBytes), standard: .described("the manifest's, else 2 KiB"), example: "\"64KiB\"",
        doc: "Bytes of its answer."),
      KeyShape(
        "session", .boolean, standard: .described("the manifest's, or false"), example: "true",
        doc: "Whether it works in a session; each call then writes to it, except where the tool is `read_only`."),
      KeyShape(
        "session_calls", .integer(Bounds.sessionCalls), standard: .integer(12), example: "20",
        doc: "Calls that a client makes in one session, on average."),
      KeyShape(
        "read_only", .boolean, standard: .described("the manifest's, or false"), example: "true",
        doc:
          """
          Whether it changes nothing; its reads may then be answered by the nearest replica, and be late by its lag.
          """),
      KeyShape(
        "idempotent", .boolean, standard: .described("the manifest's, or `read_only`"), example: "true",
        doc: "Whether it may be called again when it is not known what became of a call."),
      KeyShape(
        "jurisdictions", .texts(maxCount: Bounds.jurisdictions, check: Words.placeName),
        standard: .described("the manifest's, or anywhere"), example: "[\"eu\"]",
        doc: "Where it may run and keep data."),
      KeyShape(
        "tier", .choice(PlacementWish.Tier.allCases.map(\.rawValue)),
        standard: .described("the manifest's, or `\"auto\"`"),
        example: "\"edge\"", doc: "Which tier it may run on."),
      KeyShape(
        "near", .text(maxBytes: Bounds.workerNameBytes, check: Words.upstreamName),
        standard: .described("the manifest's, or none"), example: "\"orders-db\"",
        doc: "The dependency it wants to be beside."),
      KeyShape(
        "latency_budget_ms", .number(0.1...600_000), standard: .described("the manifest's, or none"),
        example: "200", doc: "What a call may take, seen from its client."),
    ])

  static let fault = TableShape(
    "faults", doc: "Something that goes wrong at a time.",
    keys: [
      KeyShape(
        "kind", .choice(ScenarioFault.Kind.allCases.map(\.rawValue)), required: true, example: "\"kill\"",
        doc:
          """
          `kill`: nodes die and lose what they were doing, and start again afterwards. `pause`: they stand still. `slow`: \
          they compute `factor` times slower. `partition`: nothing passes between two places. `clock skew`: their \
          clocks are off by `skew_ms`. `kv down`: a store does not answer. `upstream errors`: `percent` of the calls to a \
          dependency fail.
          """),
      KeyShape(
        "target", .text(maxBytes: 2 * Bounds.workerNameBytes + 4, check: Words.faultTarget), required: true,
        example: "\"fra\"",
        doc:
          """
          What it strikes: a site or a region (all its sites); `A to B` for a partition, or one place against all others; \
          a store; a dependency.
          """),
      KeyShape(
        "at", .duration(Bounds.faultMilliseconds), required: true, example: "\"20s\"",
        doc: "When it begins, from the start of the run."),
      KeyShape(
        "for", .duration(Bounds.faultMilliseconds), standard: .described("to the end of the run"), example: "\"10s\"",
        doc: "How long it lasts."),
      KeyShape(
        "factor", .number(Bounds.slowdown), standard: .number(10), example: "4",
        doc: "How many times slower; `slow` only."),
      KeyShape(
        "skew_ms", .integer(Bounds.skewMilliseconds), standard: .described("none"), example: "-8000",
        doc: "Milliseconds that a clock is ahead, or behind where negative; required for `clock skew`."),
      KeyShape(
        "percent", .number(0.1...100), standard: .number(100), example: "30",
        doc: "Of a hundred calls to the dependency, how many fail; `upstream errors` only."),
    ])
}
