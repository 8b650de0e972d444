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

  /// - parameter follows: the loopback port by which a replica reaches its primary.
  static func program(
    named name: String, path: String, port: UInt16, folder: String, follows primary: UInt16? = nil
  ) -> LiveProcess.Program {
    var arguments = ["--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
    arguments += ["--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no", "--loglevel", "notice"]
    // A replica is served at once, not after 5 s in which others might come.
    arguments += ["--repl-diskless-sync-delay", "0"]
    if let primary { arguments += ["--replicaof", "127.0.0.1 \(primary)"] }
    return LiveProcess.Program(
      name: name, path: path, arguments: arguments, environment: LiveProcess.environment(), folder: folder,
      output: "\(folder)/\(name)")
  }
}
