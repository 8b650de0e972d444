// `atoll sim` as a user runs it: the shipped scenarios, shortened, with their reports and what is left behind.
import Foundation
import Testing

extension TheBinary {
  @Suite("simulates", .serialized, .needsEsbuild, .needsRedis)
  struct Simulates {
    /// A shipped scenario with some lines changed, beside its topology.
    private func scenario(_ name: String, in folder: TemporaryFolder, _ changes: [(String, String)]) throws -> String {
      let source = Installation.root + "/scenarios/"
      var text = try String(contentsOfFile: source + name, encoding: .utf8)
      for (old, new) in changes + [("\"../workers/", "\"\(Installation.root)/workers/")] {
        try #require(text.contains(old), "\(name) has no \(old)")
        text = text.replacingOccurrences(of: old, with: new)
      }
      for topology in ["laptop-topology.toml", "world-topology.toml"] {
        try FileManager.default.copyItem(atPath: source + topology, toPath: folder.file(topology))
      }
      return try folder.write(text, to: name)
    }

    private func report(_ command: Command) throws -> [String: Any] {
      let json = try JSONSerialization.jsonObject(with: Data(command.output.utf8))
      return try #require(json as? [String: Any], "\(command.output.prefix(200)) \(command.errors)")
    }

    private func checks(_ report: [String: Any]) -> [String] {
      (report["checks"] as? [[String: Any]] ?? []).filter { $0["passed"] as? Bool != true }.compactMap {
        $0["name"] as? String
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func theLaptopScenarioIsPlayedLiveAndReported() throws {
      let folder = try TemporaryFolder()
      let path = try scenario("laptop.toml", in: folder, [("duration = \"60s\"", "duration = \"6s\"")])
      let page = folder.file("laptop.html")
      let ran = try Command.run(["sim", path, "--report", page, "--json"], timeoutSeconds: 120)
      #expect(ran.status == ExitStatus.ok, "\(ran.errors)")
      let report = try report(ran)
      #expect(report["mode"] as? String == "live" && checks(report) == [])
      let calls = try #require(report["calls"] as? Int)
      #expect((140...340).contains(calls), "\(calls) of 240 on average")
      // Every tool was answered in both regions.
      let rows = report["tools"] as? [[String: Any]] ?? []
      #expect(rows.count == 12 && rows.allSatisfy { ($0["ok"] as? Int ?? 0) > 0 }, "\(rows)")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      #expect(html.hasPrefix("<!DOCTYPE html>") || html.hasPrefix("<!doctype html>"))
      #expect(html.contains("register_resident"))
    }

    /// A region dies and returns: nothing that was acknowledged is lost, and calls move within two seconds.
    @Test(.timeLimit(.minutes(3)))
    func aBlackoutLosesNoAcknowledgedWriteAndCallsMove() throws {
      let folder = try TemporaryFolder()
      let path = try scenario(
        "blackout.toml", in: folder,
        [
          ("duration = \"45s\"", "duration = \"14s\""), ("at = \"15s\"", "at = \"4s\""),
          ("for = \"15s\"", "for = \"5s\""),
        ])
      let ran = try Command.run(["sim", path, "--report", folder.file("b.html"), "--json"], timeoutSeconds: 120)
      #expect(ran.status == ExitStatus.ok, "\(ran.errors)")
      let report = try report(ran)
      #expect(checks(report) == [])
      let fault = try #require((report["faults"] as? [[String: Any]])?.first)
      let recovered = try #require(fault["recovered_after_ms"] as? Double, "\(fault)")
      #expect(recovered < 2_000)
      // What was under way there is lost, and nothing else: two regions' calls of a moment.
      #expect(try #require(fault["failed_calls"] as? Int) < 40, "\(fault)")
    }

    /// One seed, one report, whatever the number of threads; and the manifests' plan is better than both extremes.
    @Test(.timeLimit(.minutes(3)))
    func theWorldIsRepeatableAndItsPlanBeatsTheExtremes() throws {
      let folder = try TemporaryFolder()
      let path = try scenario(
        "world.toml", in: folder,
        [
          ("calls = 10000000", "calls = 200000"), ("compare_calls = 500000", "compare_calls = 200000"),
          ("duration = \"10m\"", "duration = \"60s\""),
        ])
      var reports: [String] = []
      for (number, threads) in ["1", "2"].enumerated() {
        let ran = try Command.run(
          ["sim", path, "--threads", threads, "--json", "--report", folder.file("w\(number).html")], timeoutSeconds: 120
        )
        #expect(ran.status == ExitStatus.ok, "\(ran.errors)")
        reports.append(ran.output)
      }
      let isSame = reports[0] == reports[1]
      #expect(isSame, "two threads gave another report than one")
      #expect(FileManager.default.contentsEqual(atPath: folder.file("w0.html"), andPath: folder.file("w1.html")))
      let other = try Command.run(
        ["sim", path, "--seed", "2", "--json", "--report", folder.file("other.html")], timeoutSeconds: 120)
      let isOther = other.output != reports[0]
      #expect(isOther, "another seed gave the same report")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(reports[0].utf8)) as? [String: Any])
      #expect((json["sites"] as? [Any])?.count == 1_000 && checks(json) == [])
      var rows: [String: [String: Any]] = [:]
      for row in json["comparison"] as? [[String: Any]] ?? [] { rows[row["name"] as? String ?? ""] = row }
      let plan = try #require(rows["manifest"])
      #expect(plan["violations"] as? Int == 0)
      for extreme in ["all-edge", "all-core"] {
        let row = try #require(rows[extreme])
        for figure in ["p50_ms", "p99_ms"] {
          #expect(
            try #require(plan[figure] as? Double) < #require(row[figure] as? Double), "\(figure) of \(extreme): \(rows)"
          )
        }
        #expect(try #require(row["violations"] as? Int) > 0)
      }
    }

    /// However it ends: SIGKILL gives it no chance to clean up, and its nodes and stores go with it.
    @Test(.timeLimit(.minutes(2)))
    func nothingIsLeftOfARunThatIsKilled() throws {
      let folder = try TemporaryFolder()
      let path = try scenario("laptop.toml", in: folder, [])
      let process = try Command.launch(
        Installation.binary, ["sim", path, "--report", folder.file("x.html")], in: folder)
      defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
      let deadline = Date(timeIntervalSinceNow: 60)
      var children: [pid_t] = []
      // Four nodes, two stores and a copy.
      while children.count < 7, Date() < deadline, process.isRunning {
        usleep(50_000)
        children = Self.children(of: process.processIdentifier)
      }
      #expect(children.count >= 7, "\(children.count) processes")
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let end = Date(timeIntervalSinceNow: 5)
      while children.contains(where: { kill($0, 0) == 0 && !Self.isZombie($0) }), Date() < end { usleep(20_000) }
      let left = children.filter { kill($0, 0) == 0 && !Self.isZombie($0) }
      #expect(left == [])
      for child in left { kill(child, SIGKILL) }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
      let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return all.compactMap { pid_t($0) }.filter { state(of: $0)?.parent == parent }
    }

    private static func isZombie(_ process: pid_t) -> Bool { state(of: process)?.state == "Z" }

    /// State and parent of a process (proc(5), `stat`).
    private static func state(of process: pid_t) -> (state: Substring, parent: pid_t)? {
      guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 2,
        let parent = pid_t(fields[1])
      else { return nil }
      return (fields[0], parent)
    }

    @Test(arguments: [
      (["sim", "nowhere.toml"], "nowhere.toml"), (["sim", "--virtual", "--live", "a.toml"], "exclude each other"),
      (["sim", "--validate", "--virtual", "WORLD"], "add --live"), (["sim", "--threads", "0", "WORLD"], "1 to 64"),
    ]) func wrongUsageIsOneClearError(arguments: [String], says: String) throws {
      let world = Installation.root + "/scenarios/world.toml"
      let ran = try Command.run(arguments.map { $0 == "WORLD" ? world : $0 })
      #expect(ran.status == ExitStatus.usage && ran.errors.contains(says) && ran.output.isEmpty, "\(ran.errors)")
    }
  }
}
