// `topology.toml`, typed: what it says, with names that are known to be names of something. What follows from it
// (distances, plans) is `Placement`'s.

/// The text of a topology. Names that refer to sites, stores and dependencies have been looked up.
public struct TopologyFile: Sendable, Equatable {
  public struct Paths: Sendable, Equatable {
    public var derives: Bool
    public var stretch: Double
    public var hopMilliseconds: Double
    public var lastMileMilliseconds: Double
    public var jitterMilliseconds: Double
    public var loss: Double
    public var megabitsPerSecond: Double
  }

  public struct Site: Sendable, Equatable {
    public var name: String
    public var isCore: Bool
    public var region: String
    public var jurisdiction: String
    public var latitude: Double
    public var longitude: Double
    public var capacity: Int
    public var processors: Int
    public var speed: Double
    /// Of one instance at most; nil: enough.
    public var memoryBytes: Int?
    /// Where other nodes reach it.
    public var node: String?
  }

  public struct Link: Sendable, Equatable {
    public var ends: (Int, Int)
    public var roundTripMilliseconds: Double
    public var jitterMilliseconds: Double?
    public var loss: Double?
    public var megabitsPerSecond: Double?

    public static func == (a: Self, b: Self) -> Bool {
      a.ends == b.ends && a.roundTripMilliseconds == b.roundTripMilliseconds && a.loss == b.loss
        && a.jitterMilliseconds == b.jitterMilliseconds && a.megabitsPerSecond == b.megabitsPerSecond
    }
  }

  public struct Store: Sendable, Equatable {
    public var name: String
    public var site: Int
    /// Empty: for tools that are bound to none.
    public var keeps: [String]
    public var url: String?
    public var replicas: [Replica] = []
  }

  public struct Replica: Sendable, Equatable {
    public var site: Int
    public var lagMilliseconds: Double
    public var url: String?
  }

  public struct Dependency: Sendable, Equatable {
    public var name: String
    public var site: Int
    public var serviceMilliseconds: Double
    /// What a live simulation has it answer, as JSON.
    public var answer: String?
  }

  public struct Population: Sendable, Equatable {
    public var name: String
    public var region: String
    public var latitude: Double
    public var longitude: Double
    public var share: Double
    public var lastMileMilliseconds: Double?
  }

  public var name: String
  public var paths: Paths
  /// Sites are referred to by their place here.
  public var sites: [Site]
  public var links: [Link]
  public var stores: [Store]
  public var dependencies: [Dependency]
  public var populations: [Population]

  /// Reads a `topology.toml`.
  public static func load(_ path: String) throws(ManifestError) -> TopologyFile {
    try parse(
      configurationText(path, missing: "there is no such file; `scenarios/` has topologies to begin with"), file: path)
  }

  /// Reads the text of one.
  public static func parse(_ text: String, file: String = "topology.toml") throws(ManifestError) -> TopologyFile {
    let reader = try ShapeReader(text, file: file)
    let root = try reader.read(shape)
    guard let paths = root.table("paths") else { preconditionFailure("optional tables are always filled in") }
    var names = TopologyNames(reader: reader)
    let sites = root.tables("sites").map(Site.init)
    try names.take(root.tables("sites"), as: "site")
    guard sites.contains(where: \.isCore) else {
      throw reader.error(
        .badValue, at: [.key("sites"), .index(0), .key("tier")],
        "no site is `core`, so there is nowhere to run what must not be at the edge; make one `tier = \"core\"`")
    }
    var stores: [Store] = []
    try names.take(root.tables("stores"), as: "store")
    for table in root.tables("stores") {
      stores.append(
        Store(
          name: table.text("name") ?? "", site: try names.site(table, "site"), keeps: table.texts("keeps") ?? [],
          url: table.text("url")))
    }
    try names.checkStores(root.tables("stores"), stores, sites)
    for table in root.tables("replicas") {
      let store = try names.place(table, "store", among: "store")
      let replica = Replica(
        site: try names.site(table, "site"), lagMilliseconds: table.number("lag_ms") ?? 0, url: table.text("url"))
      try names.check(replica, of: stores[store], sites, at: table)
      stores[store].replicas.append(replica)
    }
    var dependencies: [Dependency] = []
    try names.take(root.tables("dependencies"), as: "dependency")
    for table in root.tables("dependencies") {
      dependencies.append(
        Dependency(
          name: table.text("name") ?? "", site: try names.site(table, "site"),
          serviceMilliseconds: table.number("service_ms") ?? 0, answer: table.text("answer")))
    }
    try names.take(root.tables("populations"), as: "population")
    var topology = TopologyFile(
      name: root.text("name") ?? "", paths: Paths(paths), sites: sites, links: [], stores: stores,
      dependencies: dependencies, populations: root.tables("populations").map(Population.init))
    topology.links = try names.links(root.tables("links"))
    if !topology.paths.derives { try names.checkIslands(root.tables("sites"), topology) }
    return topology
  }
}

extension TopologyFile.Paths {
  init(_ table: CheckedTable) {
    derives = table.boolean("derive") ?? true
    stretch = table.number("stretch") ?? 1
    hopMilliseconds = table.number("hop_ms") ?? 0
    lastMileMilliseconds = table.number("last_mile_ms") ?? 0
    jitterMilliseconds = table.number("jitter_ms") ?? 0
    loss = table.number("loss") ?? 0
    megabitsPerSecond = table.number("bandwidth_mbps") ?? 1
  }
}

extension TopologyFile.Site {
  init(_ table: CheckedTable) {
    name = table.text("name") ?? ""
    isCore = table.text("tier") == "core"
    region = table.text("region") ?? ""
    jurisdiction = table.text("jurisdiction") ?? ""
    latitude = table.number("latitude") ?? 0
    longitude = table.number("longitude") ?? 0
    capacity = table.integer("capacity") ?? 1
    processors = table.integer("processors") ?? 1
    speed = table.number("speed") ?? 1
    memoryBytes = table.integer("memory")
    node = table.text("node")
  }
}

extension TopologyFile.Population {
  init(_ table: CheckedTable) {
    name = table.text("name") ?? ""
    region = table.text("region") ?? ""
    latitude = table.number("latitude") ?? 0
    longitude = table.number("longitude") ?? 0
    share = table.number("share") ?? 1
    lastMileMilliseconds = table.number("last_mile_ms")
  }
}
