// What a node gives its workers: the store, keys, secrets, upstreams. A flag, else the environment, else node.toml.

import ArgumentParser
import Manifests
import Nodes
import Sealing

/// What `serve`, `dev` and `call` share.
struct ServiceFlags: ParsableArguments {
  @Option(help: "Where state is kept: sqlite:PATH, redis://…, rediss://…, nats://…, tls://… or memory: (docs/state.md).")
  var kv: String?
  @Option(name: .customLong("kv-timeout-ms"), help: "How long one operation on the store may take (default 1000).")
  var kvMilliseconds: Int?
  @Option(help: "File of the keys that session handles are sealed with, one a line; else ATOLL_KEYS.", completion: .file())
  var keys: String?
  @Option(help: "Folder of secrets, one file each; the environment (ATOLL_SECRET_NAME) comes first.", completion: .directory)
  var secrets: String?
  @Option(
    name: .customLong("allow-address"),
    help: "Private addresses that upstreams may have, such as 10.1.0.0/16; repeatable.")
  var allowedAddresses: [String] = []
  @Option(name: .customLong("upstream"), help: "NAME=URL: reach this upstream there instead; repeatable.")
  var upstreams: [String] = []
  @Option(name: .customLong("upstream-ca"), help: "Certificates to trust in place of the system's.", completion: .file())
  var upstreamCA: String?
}

enum ServiceSettings {
  /// Puts flags and environment over what node.toml said, and reads what is shown to nobody.
  /// - parameter folder: of node.toml, with its slash; what it names is relative to that.
  static func resolve(
    _ flags: ServiceFlags, _ configuration: inout NodeConfiguration, folder: String = "", mintsKeys: Bool
  ) throws -> NodeCredentials {
    func inFolder(_ path: String?) -> String? { path.map { $0.hasPrefix("/") ? $0 : folder + $0 } }
    configuration.kv = flags.kv ?? Terminal.environment("ATOLL_KV") ?? configuration.kv
    configuration.kvMilliseconds =
      try NodeSettings.number(flags.kvMilliseconds, "kv-timeout-ms", "ATOLL_KV_TIMEOUT_MS", Bounds.storeMilliseconds)
      ?? configuration.kvMilliseconds
    configuration.keysFile = flags.keys ?? inFolder(configuration.keysFile)
    configuration.secretsFolder =
      flags.secrets ?? Terminal.environment("ATOLL_SECRETS") ?? inFolder(configuration.secretsFolder)
    configuration.upstreamCA =
      flags.upstreamCA ?? Terminal.environment("ATOLL_UPSTREAM_CA") ?? inFolder(configuration.upstreamCA)
    if !flags.allowedAddresses.isEmpty { configuration.allowedAddresses = flags.allowedAddresses }
    for pair in flags.upstreams {
      guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
        throw Failure(.usage, "--upstream \(pair) is not NAME=URL: write it as api=http://127.0.0.1:9001")
      }
      configuration.upstreamsAt[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    return NodeCredentials(
      keys: try keys(configuration.keysFile), mintsKeys: mintsKeys,
      secrets: Secrets(environment: { Terminal.environment($0) }, folder: configuration.secretsFolder))
  }

  /// `--keys` names a file on purpose: it wins over the environment.
  private static func keys(_ file: String?) throws -> KeyRing? {
    let (text, place): (String, String)
    if let file {
      do throws(FileError) {
        let bytes = try Manifests.Files.read(file, atMost: 65_536)
        (text, place) = (String(decoding: bytes, as: UTF8.self), file)
      } catch {
        throw Failure(.usage, "the keys in \(file) cannot be read: \(error.reason)")
      }
    } else if let variable = Terminal.environment("ATOLL_KEYS") {
      // A list in one line is easier to put into an environment.
      (text, place) = (String(variable.map { $0 == "," ? "\n" : $0 }), "ATOLL_KEYS")
    } else {
      return nil
    }
    do throws(SealingError) { return try KeyRing(parsing: text) } catch {
      throw Failure(.usage, "\(place): \(error.message)")
    }
  }
}
