// atoll serve WORKER…: a node.

import ArgumentParser
import Manifests
import Nodes

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve workers over MCP.",
    discussion: """
      Each WORKER is a folder with an atoll.toml (built first when its bundle is missing or older than its \
      source) or a .atoll bundle. All of them answer at /mcp and each at /mcp/<worker>; /health/live, \
      /health/ready and /metrics say how the node is. SIGTERM and SIGINT drain it: calls that were \
      accepted are answered. Workers that keep state keep it in .atoll/state.db unless --kv names another store.
      """)

  @OptionGroup var options: NodeFlags

  func run() throws {
    try NodeRun.run(options, watching: false)
  }
}

/// What `serve` and `dev` share. Every key of node.toml has its flag here; a flag wins over the file, and
/// an environment variable (ATOLL_LISTEN for --listen, and so on) over the file but not over the flag.
struct NodeFlags: ParsableArguments {
  @Argument(help: "Workers' folders or bundles.", completion: .file()) var workers: [String] = []
  @Option(help: "A node.toml; flags win over it.", completion: .file(extensions: ["toml"])) var config: String?
  @Option(help: "HOST:PORT to serve on (default 127.0.0.1:8787; port 0 takes a free one).") var listen: String?
  @Option(help: "HOST:PORT for health and metrics when --listen is not loopback.") var admin: String?
  @Option(help: "Loops, each a thread with its own connections (default: one per core).") var loops: Int?
  @Option(help: "The node's name, in serverInfo and in logs.") var name: String?
  @Option(help: "Instances that live at once (default 1000, at most 20000).") var instances: Int?
  @Option(help: "Calls that may wait for an instance (default 1000).") var queue: Int?
  @Option(name: .customLong("queue-ms"), help: "How long a call may wait for an instance (default 1000).")
  var queueMilliseconds: Int?
  @Option(help: "Open client connections (default 10000).") var connections: Int?
  @Option(help: "Largest request body, such as 4MiB (default 4MiB).") var body: String?
  @Option(help: "Calls a second of one peer address to one worker (default 100000).") var callsPerSecond: Int?
  @Option(help: "Calls of one peer address at once before the rate applies (default 100000).") var callsBurst: Int?
  @Option(name: .customLong("host"), help: "A Host that requests may name, such as tools.example.com; repeatable.")
  var hosts: [String] = []
  @Option(name: .customLong("origin"), help: "An Origin that browsers may call from; repeatable.")
  var origins: [String] = []
  @Option(help: "The topology.toml that the node belongs to.", completion: .file(extensions: ["toml"]))
  var topology: String?
  @Option(help: "The node's own site in the topology.") var site: String?
  @Option(help: "Where a node without a topology stands, such as eu: for workers with jurisdictions.")
  var jurisdiction: String?
  @Option(help: "Where the addresses of other nodes are: file (the topology) or kv (leases in the store).") var members:
    String?
  @Flag(help: "Let calls go to other machines over plain http.") var insecureLinks = false
  @Option(help: "Calls that may be under way at other nodes (default 1000).") var forwards: Int?
  @OptionGroup(title: "State, sessions, upstreams") var services: ServiceFlags
  @Option(help: "Least level that is logged: trace, debug (each call), info, warning, error (default info).")
  var logLevel: String?
}
