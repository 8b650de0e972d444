// What a node is, typed: `node.toml`, or the defaults that `atoll serve` starts from without one.

/// What one `atoll serve` process is.
public struct NodeConfiguration: Sendable, Equatable {
  /// A worker the node serves.
  public struct Worker: Sendable, Equatable {
    /// A folder, a `.atoll` or a `.wasm`; as written, relative to the folder of `node.toml`.
    public var path: String
    /// Put before the names of the worker's tools.
    public var prefix: String?

    public init(path: String, prefix: String? = nil) {
      self.path = path
      self.prefix = prefix
    }
  }

  /// Somebody who has a token.
  public struct Caller: Sendable, Equatable {
    public var name: String
    /// One secret, nothing else.
    public var token: SecretText
  }

  /// Where state is kept when nobody said where.
  public static let defaultStore = "sqlite:\(defaultStoreFolder)/state.db"
  public static let defaultStoreFolder = ".atoll"

  /// What the node takes before it refuses.
  public struct Limits: Sendable, Equatable {
    public var instances: Int
    public var queueDepth: Int
    public var queueMilliseconds: Int
    public var connections: Int
    public var bodyBytes: Int
    public var callsPerSecond: Int
    public var callsBurst: Int
    /// Calls that other nodes are asked for at once.
    public var forwards: Int
  }

  public var name: String
  /// HOST:PORT.
  public var listen: String
  /// HOST:PORT of `/metrics` and health, where they are not on `listen`.
  public var admin: String?
  /// Nil: one per core.
  public var loops: Int?
  /// The store's address; nil: `defaultStore` where a worker keeps state.
  public var kv: String?
  public var kvMilliseconds: Int
  /// The file with the keys that handles are sealed with.
  public var keysFile: String?
  /// The folder of secrets.
  public var secretsFolder: String?
  public var callers: [Caller]
  /// Whether requests without a token are answered.
  public var anonymous: Bool
  /// CIDR ranges that upstreams may have beside public addresses.
  public var allowedAddresses: [String]
  public var upstreamCA: String?
  /// URLs by upstream, in place of the manifest's.
  public var upstreamsAt: [String: String]
  /// The file of the topology that the node belongs to; as written, relative to the folder of `node.toml`.
  public var topologyFile: String?
  /// Its site there.
  public var site: String?
  /// Where it stands, for a node without a topology.
  public var jurisdiction: String?
  /// Whether the addresses of other nodes are in the store, and not in the topology's file.
  public var membersInStore: Bool
  /// Whether calls may go to other machines in clear text.
  public var insecureLinks: Bool
  public var workers: [Worker]
  public var limits: Limits
  /// Values of `Host` that are answered; nil: those of the listen address.
  public var hosts: [String]?
  public var origins: [String]

  /// A node without a file.
  public static let standard: NodeConfiguration = {
    // The shape gives the defaults, and an empty text has no mistake to report.
    guard let standard = try? parse("", file: "node.toml") else {
      preconditionFailure("node.toml's defaults break its shape")
    }
    return standard
  }()

  /// Reads the text of a `node.toml`.
  public static func parse(_ text: String, file: String = "node.toml") throws(ManifestError) -> NodeConfiguration {
    let reader = try ShapeReader(text, file: file)
    let root = try reader.read(shape)
    guard let limits = root.table("limits"), let http = root.table("http") else {
      preconditionFailure("optional tables are always filled in")
    }
    var paths: [String: Int?] = [:]
    var workers: [Worker] = []
    for table in root.tables("workers") {
      let worker = Worker(path: table.text("path") ?? "", prefix: table.text("prefix"))
      let place = table.path + [.key("path")]
      if let first = paths[worker.path] {
        let where_ = first.map { " (first on line \($0))" } ?? ""
        throw reader.error(
          .duplicate, at: place, "worker \(Words.quoted(worker.path)) stands here twice\(where_); remove one")
      }
      paths[worker.path] = reader.locator.line(of: place)
      workers.append(worker)
    }
    let callers = try callers(root.tables("callers"), reader)
    let upstreams = root.table("upstreams")
    let callsPerSecond = limits.integer("calls_per_second") ?? 0
    return NodeConfiguration(
      name: root.text("name") ?? "", listen: root.text("listen") ?? "", admin: root.text("admin"),
      loops: root.integer("loops"), kv: root.text("kv"), kvMilliseconds: root.integer("kv_timeout_ms") ?? 0,
      keysFile: root.table("keys")?.text("file"), secretsFolder: root.table("secrets")?.text("folder"),
      callers: callers, anonymous: root.boolean("anonymous") ?? callers.isEmpty,
      allowedAddresses: upstreams?.texts("allow") ?? [], upstreamCA: upstreams?.text("ca"),
      upstreamsAt: Dictionary(uniqueKeysWithValues: upstreams?.pairs("at").map { ($0.name, $0.value) } ?? []),
      topologyFile: root.text("topology"), site: root.text("site"), jurisdiction: root.text("jurisdiction"),
      membersInStore: root.text("members") == "kv", insecureLinks: root.boolean("insecure_links") ?? false,
      workers: workers,
      limits: Limits(
        instances: limits.integer("instances") ?? 0, queueDepth: limits.integer("queue") ?? 0,
        queueMilliseconds: limits.integer("queue_ms") ?? 0, connections: limits.integer("connections") ?? 0,
        bodyBytes: limits.integer("body") ?? 0, callsPerSecond: callsPerSecond,
        callsBurst: limits.integer("calls_burst") ?? callsPerSecond, forwards: limits.integer("forwards") ?? 0),
      hosts: http.texts("hosts"), origins: http.texts("origins") ?? [])
  }

  private static func callers(_ tables: [CheckedTable], _ reader: ShapeReader) throws(ManifestError) -> [Caller] {
    var callers: [Caller] = []
    for table in tables {
      let caller = Caller(name: table.text("name") ?? "", token: SecretText(table.text("token") ?? ""))
      if caller.name == "anonymous" || callers.contains(where: { $0.name == caller.name }) {
        throw reader.error(
          .duplicate, at: table.path + [.key("name")],
          "caller `\(caller.name)` \(caller.name == "anonymous" ? "is who has no token" : "stands here twice"); "
            + "give it another name")
      }
      callers.append(caller)
    }
    return callers
  }
}
