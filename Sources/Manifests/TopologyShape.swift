// Everything `topology.toml` may say.

extension TopologyFile {
  /// The manual of `topology.toml`, as data.
  public static let shape = TableShape(
    "",
    doc:
      "`topology.toml` says which sites there are, how far they are from each other, and where state and dependencies live.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), standard: .text("topology"),
        example: "\"world\"", doc: "Names it in tables and reports."),
      KeyShape("paths", .table(paths), doc: paths.doc),
      KeyShape("sites", .tables(site, maxCount: Bounds.sites), required: true, doc: site.doc),
      KeyShape("links", .tables(link, maxCount: Bounds.links), doc: link.doc),
      KeyShape("stores", .tables(store, maxCount: Bounds.stores), doc: store.doc),
      KeyShape("replicas", .tables(replica, maxCount: Bounds.sites), doc: replica.doc),
      KeyShape("dependencies", .tables(dependency, maxCount: Bounds.dependencies), doc: dependency.doc),
      KeyShape("populations", .tables(population, maxCount: Bounds.populations), doc: population.doc),
    ])

  static let paths = TableShape(
    "paths",
    doc:
      """
      How links that are not given follow from coordinates. One way: great-circle distance × `stretch` ÷ 204.2 km/ms (light \
      in fibre of index 1.468), and `hop_ms`; to a client also its `last_mile_ms`.
      """,
    keys: [
      KeyShape(
        "derive", .boolean, standard: .described("`true`"), example: "false",
        doc:
          "Whether any two sites have a link; where not, only the given ones are there, and calls take the shortest way."
      ),
      KeyShape(
        "stretch", .number(1...10), standard: .number(1.5), example: "1.5",
        doc: "How much longer the cable is than the great circle."),
      KeyShape(
        "hop_ms", .number(0...1_000), standard: .number(0.25), example: "0.25",
        doc: "Milliseconds one way for what lies at both ends of a link: switches, queues."),
      KeyShape(
        "last_mile_ms", .number(0...1_000), standard: .number(4), example: "8",
        doc: "Milliseconds one way between clients and their network's first router."),
      KeyShape(
        "jitter_ms", .number(0...10_000), standard: .number(0.2), example: "1.5",
        doc: "Mean of the random time that comes on top, one way (exponential)."),
      KeyShape(
        "loss", .number(0...0.5), standard: .number(0), example: "0.001",
        doc: "Part of the segments that are lost and sent again."),
      KeyShape(
        "bandwidth_mbps", .number(0.001...1_000_000), standard: .number(1_000), example: "100",
        doc: "Megabits a second, each way."),
    ])

  static let site = TableShape(
    "sites", doc: "One site each: a place where a node stands.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"fra\"",
        doc: "Names it; unique."),
      KeyShape(
        "tier", .choice(["edge", "core"]), required: true, example: "\"edge\"",
        doc: "What it is. One site at least is `core`."),
      KeyShape(
        "region", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true,
        example: "\"eu-central\"", doc: "What fails together, and what reports sum up."),
      KeyShape(
        "jurisdiction", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true,
        example: "\"eu\"", doc: "Whose law holds there: what `jurisdictions` in a manifest names."),
      KeyShape("latitude", .number(-90...90), required: true, example: "50.11", doc: "Degrees north."),
      KeyShape("longitude", .number(-180...180), required: true, example: "8.68", doc: "Degrees east."),
      KeyShape(
        "capacity", .integer(Bounds.instances), standard: .integer(1_000), example: "1000",
        doc: "Calls that may run there at once."),
      KeyShape(
        "processors", .integer(1...4_096), standard: .integer(2), example: "8",
        doc: "Processors that compute there; calls beyond wait for one."),
      KeyShape(
        "speed", .number(0.01...100), standard: .number(1), example: "0.5",
        doc: "How fast its processors are; service times are divided by it."),
      KeyShape(
        "memory", .byteSize(65_536...(1 << 50)), standard: .described("enough"), example: "\"64MiB\"",
        doc: "Memory of one instance there at most: tools that ask for more cannot run there."),
      KeyShape(
        "node", .text(maxBytes: Bounds.urlBytes, check: Words.nodeURL),
        standard: .described("no node: for plans and simulations"),
        example: "\"https://fra.tools.example.com\"", doc: "Where other nodes reach the site's node."),
    ])

  static let link = TableShape(
    "links", doc: "One link each that is known better than its ends' coordinates say.",
    keys: [
      KeyShape(
        "between", .texts(maxCount: 2, check: Words.placeName), required: true, example: "[\"fra\", \"iad\"]",
        doc: "Two sites."),
      KeyShape("rtt_ms", .number(0...10_000), required: true, example: "88", doc: "Round trip in milliseconds."),
      KeyShape(
        "jitter_ms", .number(0...10_000), standard: .described("as in `[paths]`"), example: "1", doc: "As in `[paths]`."
      ),
      KeyShape(
        "loss", .number(0...0.5), standard: .described("as in `[paths]`"), example: "0.01", doc: "As in `[paths]`."),
      KeyShape(
        "bandwidth_mbps", .number(0.001...1_000_000), standard: .described("as in `[paths]`"), example: "100",
        doc: "As in `[paths]`."),
    ])

  static let store = TableShape(
    "stores", doc: "One key-value store each: where what outlives a call is kept.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"main\"",
        doc: "Names it; unique."),
      KeyShape(
        "site", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"iad\"",
        doc: "Where it takes writes."),
      KeyShape(
        "keeps", .texts(maxCount: Bounds.jurisdictions, check: Words.placeName),
        standard: .described("the state of tools that are bound to no jurisdiction"), example: "[\"eu\"]",
        doc:
          "Jurisdictions whose tools keep their state here, and only here: the store and its replicas must stand in one of them."
      ),
      KeyShape(
        "url", .text(maxBytes: Bounds.urlBytes, check: Words.storeAddress), standard: .described("the node's `kv`"),
        example: "\"redis://10.0.0.5:6379\"", doc: "Its address, as nodes reach it."),
    ])

  static let replica = TableShape(
    "replicas", doc: "One copy of a store each, for reads near by.",
    keys: [
      KeyShape(
        "store", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"main\"",
        doc: "Whose copy it is."),
      KeyShape(
        "site", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"fra\"",
        doc: "Where it stands."),
      KeyShape(
        "lag_ms", .number(0...600_000), required: true, example: "150",
        doc: "How far it is behind: a read may be that stale."),
      KeyShape(
        "url", .text(maxBytes: Bounds.urlBytes, check: Words.storeAddress),
        standard: .described("reads go to the store"),
        example: "\"redis://10.1.0.5:6379\"", doc: "Its address, as the site's node reaches it."),
    ])

  static let dependency = TableShape(
    "dependencies", doc: "One service each that workers call by an upstream of that name.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.upstreamName), required: true,
        example: "\"orders-db\"", doc: "What `near` and `[[upstreams]]` in manifests name; unique."),
      KeyShape(
        "site", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"iad\"",
        doc: "Where it stands."),
      KeyShape(
        "service_ms", .number(0...600_000), standard: .number(2), example: "3.5",
        doc: "Milliseconds that it takes to answer."),
      KeyShape(
        "answer", .text(maxBytes: Bounds.descriptionBytes, check: Words.json), standard: .described("a small object"),
        example: "'{\"stock\":3}'", doc: "What a live simulation has it answer to every request, as JSON."),
    ])

  static let population = TableShape(
    "populations", doc: "One group of clients each.",
    keys: [
      KeyShape(
        "name", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true, example: "\"berlin\"",
        doc: "Names it; unique."),
      KeyShape(
        "region", .text(maxBytes: Bounds.workerNameBytes, check: Words.placeName), required: true,
        example: "\"eu-central\"", doc: "What reports sum up."),
      KeyShape("latitude", .number(-90...90), required: true, example: "52.52", doc: "Degrees north."),
      KeyShape("longitude", .number(-180...180), required: true, example: "13.40", doc: "Degrees east."),
      KeyShape(
        "share", .number(0.000_001...1_000_000), standard: .number(1), example: "3.6",
        doc: "Its part of all calls, relative to the others."),
      KeyShape(
        "last_mile_ms", .number(0...1_000), standard: .described("as in `[paths]`"), example: "20",
        doc: "As in `[paths]`."),
    ])
}
