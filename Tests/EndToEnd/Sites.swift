// Nodes of one topology on this machine: ports that were free a moment ago, one file that names them all, small workers.
import Foundation

/// A site of a test's topology.
struct TestSite {
  var name: String
  var tier: String
  var jurisdiction: String
  var latitude: Double
  var longitude: Double
  /// What the topology says; nil: the node's own port.
  var port: UInt16?

  static let fra = TestSite(name: "fra", tier: "edge", jurisdiction: "eu", latitude: 50.11, longitude: 8.68)
  static let iad = TestSite(name: "iad", tier: "core", jurisdiction: "us", latitude: 38.95, longitude: -77.45)
  static let dub = TestSite(name: "dub", tier: "core", jurisdiction: "eu", latitude: 53.35, longitude: -6.26)
}

/// A topology whose nodes are started one by one.
final class Sites {
  static let keys = ["ATOLL_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]

  let folder: TemporaryFolder
  private let file: String
  private(set) var ports: [String: UInt16] = [:]

  /// - Parameters:
  ///   - rest: stores, dependencies and the like.
  ///   - hasNodes: whether the file says where nodes are.
  init(_ sites: [TestSite], _ rest: String = "", hasNodes: Bool = true) throws {
    folder = try TemporaryFolder()
    var text = ""
    for site in sites {
      let port = try site.port ?? freePort()
      ports[site.name] = port
      text += """
        [[sites]]
        name = "\(site.name)"
        tier = "\(site.tier)"
        region = "\(site.jurisdiction)"
        jurisdiction = "\(site.jurisdiction)"
        latitude = \(site.latitude)
        longitude = \(site.longitude)
        \(hasNodes ? "node = \"http://127.0.0.1:\(port)\"" : "")

        """
    }
    file = try folder.write(text + rest, to: "topology.toml")
  }

  /// Starts the node of one site.
  /// - parameter edit: makes another topology of the file's text, for this node only.
  func start(
    _ site: String, _ workers: [String], options: [String] = [], environment: [String: String] = keys,
    editing edit: ((String) -> String)? = nil
  ) throws -> ServedNode {
    var topology = file
    if let edit {
      topology = try folder.write(edit(String(contentsOfFile: file, encoding: .utf8)), to: "topology-\(UUID()).toml")
    }
    return try ServedNode(
      workers,
      options: ["--loops", "1", "--listen", "127.0.0.1:\(ports[site] ?? 0)", "--topology", topology, "--site", site]
        + options,
      environment: environment)
  }

  /// A worker of a few lines of JavaScript, in a folder of its own.
  /// - Parameters:
  ///   - manifest: what follows `[source]`, tools included.
  ///   - name: of the worker; two of one name are two versions of it.
  static func worker(_ name: String, _ manifest: String, tools: String) throws -> String {
    let folder = RunFolder.shared.file("\(name)-\(UUID())")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let text = """
      name = "\(name)"
      [source]
      language = "javascript"
      entry = "worker.js"
      \(manifest)
      """
    try text.write(toFile: folder + "/atoll.toml", atomically: false, encoding: .utf8)
    try "import { kv, session, ToolError } from \"atoll\";\nexport default { tools: {\n\(tools)\n} };\n"
      .write(toFile: folder + "/worker.js", atomically: false, encoding: .utf8)
    let built = try Command.run(["build", folder], timeoutSeconds: 60)
    guard built.status == 0 else { throw EndToEndError("atoll build \(name): \(built.errors)") }
    return folder + "/.atoll/\(name).atoll"
  }

  /// `[[tools]]` of one tool without a schema.
  static func tool(_ name: String, _ rest: String = "") -> String {
    "[[tools]]\nname = \"\(name)\"\ndescription = \"A tool.\"\n\(rest)\n"
  }

  /// Where its tools run, and how to find out: `where` and its like answer, `slow` takes two seconds, `fail` fails.
  static func probe(_ placement: String, version: Int = 1, wall: Int = 5_000) throws -> String {
    try worker(
      "probe",
      "[limits]\nmemory = \"16MiB\"\ncpu_ms = \(min(500, wall))\nwall_ms = \(wall)\n[placement]\n\(placement)\n"
        + tool("echo", "read_only = true\ninput = { type = \"object\" }") + tool("order", "destructive = true")
        + tool("slow") + tool("patient", "idempotent = true") + tool("fail"),
      tools: """
        echo: (input) => ({ version: \(version), input }),
        order: () => "ordered",
        slow: async () => { await new Promise((done) => setTimeout(done, 2000)); return "slept"; },
        patient: async () => { await new Promise((done) => setTimeout(done, 600)); return "waited"; },
        fail: () => { throw new ToolError("no such order"); },
        """)
  }
}

extension ServedNode {
  /// Its port goes on taking connections.
  func pause() { standStill(pid) }

  func resume() { kill(pid, SIGCONT) }
}
