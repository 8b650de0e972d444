// The command as people script against it: exit codes, what goes to which stream, errors that name the fix.
import Foundation
import Testing

extension TheBinary {
  @Suite("on the command line")
  struct CommandLine {
    @Test(.timeLimit(.minutes(3)))
    func callFromAFolderPrintsTheResult() throws {
      let folder = try TemporaryFolder()
      let worker = try folder.copyWorker("hello")
      let finished = try Command.run(["call", worker, Hello.tool, Hello.arguments], timeoutSeconds: 120)
      #expect(finished.status == ExitStatus.ok, "\(finished.errors)")
      #expect(finished.output.contains(Hello.answer))
    }

    @Test(.timeLimit(.minutes(3)))
    func callOverHTTPPrintsTheResult() throws {
      let node = try ServedNode([Bundles.hello()])
      let finished = try Command.run(["call", node.url, Hello.tool, Hello.arguments])
      #expect(finished.status == ExitStatus.ok, "\(finished.errors)")
      #expect(finished.output.contains(Hello.answer))
    }

    @Test(.timeLimit(.minutes(3)))
    func aToolErrorIsOne() throws {
      let finished = try Command.run(["call", Bundles.limits(), Breach.trap.tool])
      #expect(finished.status == ExitStatus.toolError, "\(finished.errors)")
      let overHTTP = try ServedNode([Bundles.limits()])
      #expect(try Command.run(["call", overHTTP.url, Breach.trap.tool]).status == ExitStatus.toolError)
    }

    @Test(
      .timeLimit(.minutes(3)),
      arguments: [
        ["call"], ["call", "workers/hello"], ["no-such-verb"], ["serve"], ["serve", "--no-such-flag"],
        ["serve", "--listen", "nonsense", "workers/hello"], ["call", "workers/hello", "hello", "{not json"],
      ])
    func wrongUsageIsTwo(arguments: [String]) throws {
      let finished = try Command.run(arguments)
      #expect(finished.status == ExitStatus.usage, "\(finished.errors)")
      #expect(!finished.errors.isEmpty)
    }

    @Test(.timeLimit(.minutes(3)))
    func whatCannotBeReachedOrRunIsThree() throws {
      for target in ["http://127.0.0.1:1/mcp", "/no/such/worker"] {
        let finished = try Command.run(["call", target, Hello.tool, Hello.arguments])
        #expect(finished.status == ExitStatus.unreachable, "\(target): \(finished.errors)")
        #expect(finished.errors.contains(target.hasPrefix("http") ? "127.0.0.1:1" : "/no/such/worker"))
      }
    }

    /// Issue 1, point 5.
    @Test(.timeLimit(.minutes(3)))
    func coldStartPrintsOneObject() throws {
      let finished = try Command.run(["bench", "cold-start", Bundles.hello(), "--calls", "2000", "--json"])
      #expect(finished.status == ExitStatus.ok, "\(finished.errors)")
      let object = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any] ?? [:]
      #expect(object["calls"] as? Int == 2000)
      let fresh = object["fresh_call_us"] as? [String: Double] ?? [:]
      let p50 = try #require(fresh["p50"])
      let p99 = try #require(fresh["p99"])
      let p999 = try #require(fresh["p999"])
      #expect(p50 > 0 && p50 <= p99 && p99 <= p999)
      let phases = try #require(object["phases_us"] as? [String: [String: Double]])
      #expect(!phases.isEmpty && phases.values.allSatisfy { $0["p50"] != nil && $0["p99"] != nil && $0["p999"] != nil })
      for key in ["compile_ms", "load_ms", "instance_kib"] { #expect(object[key] is Double, "\(key)") }
    }

    @Test(.timeLimit(.minutes(3)))
    func theSameInputGivesTheSameBundle() throws {
      let folder = try TemporaryFolder()
      let bundles = try ["one", "two"].map { name in
        let worker = try folder.copyWorker("hello", as: name)
        let finished = try Command.run(["build", worker], timeoutSeconds: 120)
        #expect(finished.status == ExitStatus.ok, "\(finished.errors)")
        return try Data(contentsOf: URL(filePath: worker + "/.atoll/hello.atoll"))
      }
      #expect(bundles[0] == bundles[1])
    }
  }
}
