// The programs of a live run: this one as a node, and redis-server as a store.

import Manifests

/// Where the programs are that a live run starts.
enum Programs {
  /// What runs now: nodes are the same binary.
  static func thisOne() throws(SimulationError) -> String {
    do throws(FileError) { return try Files.real("/proc/self/exe") } catch {
      throw SimulationError(.process, "this program's own path cannot be read: \(error.reason)")
    }
  }

  /// The first of the names that is an executable file in one of the path's folders.
  static func find(_ names: [String], path: String, install: String) throws(SimulationError) -> String {
    for folder in path.split(separator: ":") {
      for name in names {
        let candidate = "\(folder)/\(name)"
        if Files.isExecutable(candidate) { return candidate }
      }
    }
    throw SimulationError(
      .missingProgram,
      "a live run keeps state in a real \(names[0]), and none is on PATH: \(install), or run the scenario with --virtual"
    )
  }
}

/// A redis-server of a run's own, on loopback.
///
/// Each change is in its append-only file before it is answered, and the file outlives a kill: what was acknowledged is
/// there after a restart. A replica follows another server through a relay whose delay is its lag.
struct RedisProgram {
  static let ready = "Ready to accept connections"
  /// Valkey is the same server under another name.
  static let names = ["redis-server", "valkey-server"]

  static let configurationName = "redis.conf"

  /// What stands in its configuration. Loopback is every user's of the machine, so it asks for a password, and no argument
  /// that `ps` shows names it.
  /// - parameter follows: the loopback port by which a replica reaches its primary.
  static func configuration(port: UInt16, folder: String, password: String, follows primary: UInt16? = nil) -> String {
    var lines = [
      "port \(port)", "bind 127.0.0.1", "dir \"\(folder)\"", "save \"\"", "appendonly yes", "appendfsync always",
      "daemonize no", "loglevel notice", "requirepass \(password)", "masterauth \(password)",
      "rename-command CONFIG \"\"", "rename-command DEBUG \"\"", "rename-command MODULE \"\"",
      // A replica is served at once, not after 5 s in which others might come.
      "repl-diskless-sync-delay 0",
    ]
    if let primary { lines.append("replicaof 127.0.0.1 \(primary)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - parameter configuration: the file; only its owner reads it.
  static func program(named name: String, path: String, configuration: String, folder: String) -> LiveProcess.Program {
    LiveProcess.Program(
      name: name, path: path, arguments: [configuration],
      environment: LiveProcess.environment().filter { !$0.hasPrefix("ATOLL_") },
      folder: folder, output: "\(folder)/\(name)")
  }
}

/// This program as a node of a run.
struct NodeProgram {
  static let ready = "listening on http"

  /// What a node is told beside its topology.
  struct Settings {
    var site: String
    var port: UInt16
    var topology: String
    /// Values of `Host` that it answers to: the relays' addresses.
    var hosts: [String]
    /// Upstreams that a dependency of the run stands for, and where.
    var upstreams: [(name: String, url: String)]
    var capacity: Int
    var workers: [String]
    /// Secrets that the workers' upstreams ask for; what the environment does not have is made up, since dependencies are
    /// played.
    var secrets: [String]
    var keys: String
    var clockFile: String
    var folder: String
  }

  static func program(_ settings: Settings, path: String) -> LiveProcess.Program {
    var arguments = ["serve", "--listen", "127.0.0.1:\(settings.port)", "--loops", "1", "--log-level", "debug"]
    arguments += ["--topology", settings.topology, "--site", settings.site, "--instances", "\(settings.capacity)"]
    // Its clients are all of one address here.
    arguments += ["--calls-per-second", "1000000", "--calls-burst", "1000000"]
    for host in settings.hosts { arguments += ["--host", host] }
    for upstream in settings.upstreams { arguments += ["--upstream", "\(upstream.name)=\(upstream.url)"] }
    if !settings.upstreams.isEmpty { arguments += ["--allow-address", "127.0.0.1/32"] }
    return LiveProcess.Program(
      name: "the node of `\(settings.site)`", path: path, arguments: arguments + settings.workers,
      environment: environment() + made(settings.secrets) + [
        "ATOLL_KEYS=\(settings.keys)", "ATOLL_CLOCK_OFFSET_FILE=\(settings.clockFile)",
      ], folder: settings.folder, output: "\(settings.folder)/node")
  }

  /// Packs a worker, so that the nodes do not all do so at once.
  static func build(_ worker: String, path: String, folder: String, number: Int) -> LiveProcess.Program {
    LiveProcess.Program(
      name: "`atoll build \(worker)`", path: path, arguments: ["build", worker], environment: environment(),
      output: "\(folder)/build-\(number)")
  }

  private static func made(_ secrets: [String]) -> [String] {
    let given = environment()
    return secrets.map { "ATOLL_SECRET_\($0)=" }.filter { name in !given.contains { $0.hasPrefix(name) } }.map {
      $0 + "simulated"
    }
  }

  /// Ours, without what would change a node's settings; secrets are for workers.
  private static func environment() -> [String] {
    let kept = ["ATOLL_HOME=", "ATOLL_ESBUILD=", "ATOLL_SECRET_"]
    return LiveProcess.environment().filter { line in
      !line.hasPrefix("ATOLL_") || kept.contains { line.hasPrefix($0) }
    }
  }
}
