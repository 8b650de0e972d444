// Where a node's settings come from: a flag, else the environment, else node.toml, else the default.

import Bundles
import Logging
import Manifests
import Nodes

enum NodeSettings {
  static func resolve(
    _ flags: NodeFlags, watching: Bool
  ) throws -> (NodeConfiguration, NodeCredentials, [WorkerSource]) {
    var configuration = NodeConfiguration.standard
    var folder = ""
    if let file = flags.config ?? Terminal.environment("ATOLL_CONFIG") {
      configuration = try Workshop.nodeConfiguration(file)
      folder = Workshop.folder(of: file) + "/"
    }
    configuration.name = text(flags.name, "ATOLL_NAME") ?? configuration.name
    configuration.listen = text(flags.listen, "ATOLL_LISTEN") ?? configuration.listen
    configuration.admin = text(flags.admin, "ATOLL_ADMIN") ?? configuration.admin
    configuration.loops = try number(flags.loops, "loops", "ATOLL_LOOPS", Bounds.loops) ?? configuration.loops
    var limits = configuration.limits
    limits.instances = try number(flags.instances, "instances", "ATOLL_INSTANCES", Bounds.instances) ?? limits.instances
    limits.queueDepth = try number(flags.queue, "queue", "ATOLL_QUEUE", Bounds.queue) ?? limits.queueDepth
    limits.queueMilliseconds =
      try number(flags.queueMilliseconds, "queue-ms", "ATOLL_QUEUE_MS", Bounds.queueMilliseconds)
      ?? limits.queueMilliseconds
    limits.connections =
      try number(flags.connections, "connections", "ATOLL_CONNECTIONS", Bounds.connections) ?? limits.connections
    limits.callsPerSecond =
      try number(flags.callsPerSecond, "calls-per-second", "ATOLL_CALLS_PER_SECOND", Bounds.callsPerSecond)
      ?? limits.callsPerSecond
    limits.callsBurst =
      try number(flags.callsBurst, "calls-burst", "ATOLL_CALLS_BURST", Bounds.callsBurst)
      ?? max(limits.callsBurst, flags.callsPerSecond ?? 1)
    limits.forwards = try number(flags.forwards, "forwards", "ATOLL_FORWARDS", Bounds.forwards) ?? limits.forwards
    if let body = text(flags.body, "ATOLL_BODY") {
      guard let bytes = ByteSize.parse(body), Bounds.bodyBytes.contains(bytes) else {
        throw Failure(.usage, "--body \(body) is not a size from 1KiB to 64MiB: write it as 4MiB")
      }
      limits.bodyBytes = bytes
    }
    configuration.limits = limits
    configuration.topologyFile =
      text(flags.topology, "ATOLL_TOPOLOGY") ?? configuration.topologyFile.map { $0.hasPrefix("/") ? $0 : folder + $0 }
    configuration.site = text(flags.site, "ATOLL_SITE") ?? configuration.site
    configuration.jurisdiction = text(flags.jurisdiction, "ATOLL_JURISDICTION") ?? configuration.jurisdiction
    if let members = text(flags.members, "ATOLL_MEMBERS") {
      guard members == "file" || members == "kv" else {
        throw Failure(.usage, "--members \(members) is neither file nor kv")
      }
      configuration.membersInStore = members == "kv"
    }
    if flags.insecureLinks || Terminal.environment("ATOLL_INSECURE_LINKS") == "true" {
      configuration.insecureLinks = true
    }
    if !flags.hosts.isEmpty { configuration.hosts = flags.hosts }
    if !flags.origins.isEmpty { configuration.origins = flags.origins }
    var workers = configuration.workers.map {
      WorkerSource(path: $0.path.hasPrefix("/") ? $0.path : folder + $0.path, prefix: $0.prefix)
    }
    if !flags.workers.isEmpty { workers = flags.workers.map { WorkerSource(path: $0) } }
    guard !workers.isEmpty else {
      throw Failure(.usage, "no worker to serve: name a worker's folder or bundle, or a node.toml with --config")
    }
    let credentials = try ServiceSettings.resolve(
      flags.services, &configuration, folder: folder, mintsKeys: watching)
    return (configuration, credentials, workers)
  }

  static func logLevel(_ flags: NodeFlags, watching: Bool) throws -> Logger.Level {
    guard let name = text(flags.logLevel, "ATOLL_LOG_LEVEL") else { return watching ? .debug : .info }
    guard let level = Logger.Level(rawValue: name) else {
      let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "--log-level \(name) is none of \(names)")
    }
    return level
  }

  private static func text(_ flag: String?, _ variable: String) -> String? {
    flag ?? Terminal.environment(variable)
  }

  static func number(
    _ flag: Int?, _ name: String, _ variable: String, _ bounds: ClosedRange<Int>
  ) throws -> Int? {
    let given: Int?
    if let flag {
      given = flag
    } else if let text = Terminal.environment(variable) {
      guard let value = Int(text) else { throw Failure(.usage, "\(variable)=\(text) is not a whole number") }
      given = value
    } else {
      return nil
    }
    guard let given, bounds.contains(given) else {
      throw Failure(.usage, "--\(name) \(given ?? 0) is out of range: \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return given
  }
}
