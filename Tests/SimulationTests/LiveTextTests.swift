// What a live run writes and reads: topologies for nodes, their logs, names in stores; and a process that is slowed down.
import EventLoop
import Foundation
import Manifests
import Placement
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(1))) struct LiveTextTests {
  private static let topology =
    FaultTimelineTests.topology + """


      [[sites]]
      name = "odd"
      tier = "edge"
      region = "elsewhere"
      jurisdiction = "eu"
      latitude = -33.123456789
      longitude = 0.1
      capacity = 7
      processors = 3
      speed = 0.30000000000000004
      memory = "64MiB"

      [[links]]
      between = ["fra", "odd"]
      rtt_ms = 12.7
      loss = 0.001

      [[stores]]
      name = "bound"
      site = "fra"
      keeps = ["eu"]

      [[replicas]]
      store = "main"
      site = "sin"
      lag_ms = 150.5

      [[populations]]
      name = "lisbon"
      region = "eu-west"
      latitude = 38.7
      longitude = -9.1
      share = 0.123
      last_mile_ms = 20

      [paths]
      jitter_ms = 0.1
      bandwidth_mbps = 33.3
      """

  /// Nodes compare what they agree on by digest: every one must read the same, whatever addresses it is given.
  @Test func eachNodesTopologyIsTheSameButForItsAddresses() throws {
    let file = try TopologyFile.parse(Self.topology)
    let identity = try Topology(file).identity
    for view in 0..<2 {
      let text = TopologyText(
        file, nodes: file.sites.indices.map { $0 == 4 ? nil : "http://127.0.0.1:\(11_000 + 10 * view + $0)" },
        stores: ["redis://127.0.0.1:\(12_000 + view)", nil]
      ) { store, replica in view == 0 ? "redis://127.0.0.1:\(13_000 + store + replica)" : nil }.text
      let read = try TopologyFile.parse(text)
      #expect(try Topology(read).identity == identity)
      #expect(read.sites[1].node == "http://127.0.0.1:\(11_001 + 10 * view)" && read.sites[4].node == nil)
      #expect(read.stores[0].url == "redis://127.0.0.1:\(12_000 + view)" && read.stores[1].url == nil)
      #expect(read.stores[0].replicas[0].url == (view == 0 ? "redis://127.0.0.1:13000" : nil))
    }
  }

  @Test func aNodesLogIsCountedByWhatItSays() {
    var log = NodeLog()
    func line(_ outcome: String, _ tool: String = "add_item") -> String {
      #"{"level":"debug","message":"call","tool":"\#(tool)","outcome":"\#(outcome)","cpu_us":"1059","site":"iad"}"#
    }
    let lines = [
      "listening on http://127.0.0.1:1", line("ok"), line("tool_error"), line("fault", "convert"), line("forwarded"),
      line("broken_off"), line("misdirected"), line("overloaded"), #"{"message":"call","outcome":"ok"}"#,
      #"{"message":"a forwarded call was refused","why":"stale"}"#,
      #"{"message":"a forwarded call was refused","why":"loop"}"#, #"{"message":"state is kept in redis"}"#,
      #"{"message":"call","tool":"add_i"#,
    ]
    log.read(Array(lines.joined(separator: "\n").utf8))
    #expect(log.ran == ["add_item": 2, "convert": 1] && log.forwarded == 2 && log.refused == 2)
    #expect(log.forwardsRefused == ["stale": 1, "loop": 1])
  }

  @Test(arguments: [
    (#"{"operations":["sim-0-1","sim-12-345"],"x":"sim"}"#, ["sim-0-1", "sim-12-345"]), ("", []), (#""sim-"#, ["sim-"]),
    (#"{"a":"not sim-1","b":"sim-2"}"#, ["sim-2"]),
  ])
  func operationsAreFoundInWhatAWorkerStored(_ value: String, _ names: [String]) {
    #expect(SessionAudit.names(in: Array(value.utf8)) == names)
  }

  /// A process that is slowed down five times has at most a fifth of a processor's time.
  @Test func aProcessIsSlowedDownByAsMuchAsIsAsked() async throws {
    let folder = try RunFolder(in: FileManager.default.temporaryDirectory.path)
    defer { folder.remove() }
    try await Live.onLoop { loop in
      let alarms = try Alarms(on: loop)
      let process = LiveProcess(
        LiveProcess.Program(
          name: "busy", path: "/bin/sh", arguments: ["-c", "while :; do :; done"], output: folder.path + "/busy"),
        on: loop)
      try process.start()
      let identifier = try #require(process.identifier)
      let clock = try ClockFile(folder.path + "/clock")
      let site = LiveSite(0, name: "fra", process: process, clock: clock, alarms: alarms)
      func share() async throws -> Double {
        let (before, begun) = (Self.ticks(identifier), loop.now)
        try await loop.sleep(milliseconds: 800)
        return Double(Self.ticks(identifier) - before) / 100 / (Double(loop.now - begun) / 1e9)
      }
      let full = try await share()
      site.setPace(1 / 5)
      let slow = try await share()
      site.setPace(0)
      try await loop.sleep(milliseconds: 30)
      let still = try await share()
      site.setPace(1)
      let again = try await share()
      // On a machine that is busy it has less than it may.
      #expect(slow < 0.3 && slow > full * 0.08, "\(slow) of \(full)")
      #expect(still < 0.02 && again > slow, "\(still), \(again)")
      await process.kill()
      alarms.close()
    }
  }

  /// Processor time of a process, in hundredths of a second.
  private static func ticks(_ identifier: pid_t) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return 0 }
    let fields = text[end...].split(separator: " ")
    return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
  }
}
