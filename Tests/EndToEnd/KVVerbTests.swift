// `atoll kv` as people script against it: bytes in and out, exit codes, and several processes on one file.
import Foundation
import Testing

extension TheBinary {
  @Suite("kv", .timeLimit(.minutes(3)))
  struct KVVerbs {
    private let folder: TemporaryFolder
    private var environment: [String: String] { ["ATOLL_KV": "sqlite:" + folder.file("state.db")] }

    init() throws { folder = try TemporaryFolder() }

    private func kv(_ arguments: String..., input: String = "") throws -> Command {
      try Command.run(
        Installation.binary, ["kv"] + arguments, input: input, environment: environment, timeoutSeconds: 30)
    }

    private func object(_ command: Command) throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    }

    @Test func whatIsPutIsGotByteForByte() throws {
      #expect(try kv("put", "notes", "a", "one").output == "1\n")
      let got = try kv("get", "notes", "a")
      #expect(got.status == ExitStatus.ok && got.output == "one")
      #expect(try kv("put", "notes", "b", "-", "--ttl", "30m", input: "x\0y\n").status == ExitStatus.ok)
      #expect(try kv("get", "notes", "b").output == "x\0y\n")
      let json = try object(kv("get", "--json", "notes", "b"))
      #expect(json["found"] as? Bool == true && json["version"] as? String == "2")
      #expect(json["value_base64"] as? String == Data("x\0y\n".utf8).base64EncodedString())
      let expires = try #require(json["expires_ms"] as? Double) / 1_000
      #expect(abs(expires - Date().timeIntervalSince1970 - 1_800) < 60)
      let forever = try object(kv("get", "--json", "notes", "a"))
      #expect(forever["expires_ms"] == nil)
    }

    @Test func base64EndsAsItShould() throws {
      for text in ["", "a", "ab", "abc", "abcd", "\u{FF}\u{FE}"] {
        #expect(try kv("put", "notes", "k", "-", input: text).status == ExitStatus.ok)
        #expect(
          try object(kv("get", "--json", "notes", "k"))["value_base64"] as? String
            == Data(text.utf8).base64EncodedString())
      }
    }

    @Test func whatIsNotThereAndWhatDoesNotHoldIsOne() throws {
      #expect(try kv("put", "notes", "a", "one", "--if-absent").status == ExitStatus.ok)
      #expect(try kv("put", "notes", "a", "two", "--if-absent").status == 1)
      #expect(try kv("put", "notes", "a", "two", "--if-version", "9").status == 1)
      #expect(try kv("put", "notes", "a", "two", "--if-version", "1").output == "2\n")
      #expect(try kv("delete", "notes", "a", "--if-version", "1").status == 1)
      #expect(try kv("delete", "notes", "a", "--if-version", "2").status == ExitStatus.ok)
      let again = try kv("delete", "--json", "notes", "a")
      #expect(try again.status == 1 && object(again)["deleted"] as? Bool == false)
      let gone = try kv("get", "notes", "a")
      #expect(gone.status == 1 && gone.output.isEmpty && gone.errors.contains("notes has no key a"))
      #expect(try object(kv("get", "--json", "notes", "a"))["found"] as? Bool == false)
    }

    @Test func listsArePagedAndNothingInAKeySteersTheTerminal() throws {
      for key in ["a/1", "a/2", "a/3", "b", "c\u{1B}[31m"] {
        #expect(try kv("put", "notes", key, "v").status == ExitStatus.ok)
      }
      #expect(try kv("list", "notes", "--prefix", "a/").output == "a/1\na/2\na/3\n")
      let page = try kv("list", "notes", "--limit", "2")
      #expect(page.output == "a/1\na/2\n" && page.errors.contains("--after 'a/2'"))
      #expect(try kv("list", "notes", "--after", "a/2", "--limit", "2").output == "a/3\nb\n")
      #expect(try kv("list", "notes", "--all", "--limit", "2").output == "a/1\na/2\na/3\nb\nc\\u{1b}[31m\n")
      let json = try object(kv("list", "notes", "--json", "--limit", "2"))
      #expect(json["cursor"] as? String == "a/2")
      let keys = try #require(json["keys"] as? [[String: Any]])
      #expect(keys.compactMap { $0["key"] as? String } == ["a/1", "a/2"])
      #expect(keys.compactMap { $0["version"] as? String } == ["1", "2"])
      #expect(try kv("list", "notes", "--after", "b", "--prefix", "a/").status == ExitStatus.usage)
      #expect(try kv("list", "other").output == "")
    }

    @Test(arguments: [
      ["get", "notes"], ["put", "notes", "a"], ["get", "no space", "a"], ["put", "notes", "a", "v", "--ttl", "30"],
      ["put", "notes", "a", "v", "--ttl", "0s"], ["put", "notes", "a", "v", "--ttl", "-1s"],
      ["put", "notes", "a", "v", "--ttl", "99999d"], ["put", "notes", "", "v"], ["list", "notes", "--limit", "0"],
      ["put", "notes", "a", "v", "--if-absent", "--if-version", "1"], ["get", "--kv", "memory:", "notes", "a"],
      ["get", "--kv", "sqlite:", "notes", "a"], ["get", "--kv", "postgres://u:secret@h", "notes", "a"], ["frobnicate"],
    ])
    func wrongUsageIsTwo(arguments: [String]) throws {
      let finished = try Command.run(["kv"] + arguments, environment: environment)
      #expect(finished.status == ExitStatus.usage, "\(finished.errors)")
      #expect(!finished.errors.isEmpty && !finished.errors.contains("secret"))
    }

    @Test func aStoreIsNamedAndOneThatIsNotThereIsThree() throws {
      let unnamed = try Command.run(["kv", "get", "notes", "a"], environment: ["ATOLL_KV": ""])
      #expect(unnamed.status == ExitStatus.usage && unnamed.errors.contains("--kv"))
      let missing = try kv("get", "notes", "a")
      #expect(missing.status == ExitStatus.unreachable && missing.errors.contains("state.db"))
      #expect(!FileManager.default.fileExists(atPath: folder.file("state.db")))
      let text = try folder.write("no database, but long enough to be one\n", to: "text.db")
      let stranger = try kv("get", "--kv", "sqlite:" + text, "notes", "a")
      #expect(stranger.status == ExitStatus.usage && stranger.errors.contains("is not a SQLite file"))
    }

    /// As nodes that share a file: one creates the key, the others learn it; what each writes elsewhere is kept.
    @Test func processesShareAFile() throws {
      let runs = try (0..<12).map { index in
        let own = try TemporaryFolder()
        let key = index % 2 == 0 ? "shared" : "own\(index)"
        let process = try Command.launch(
          Installation.binary, ["kv", "put", "notes", key, "\(index)", "--if-absent", "--timeout", "20000"],
          environment: environment, in: own)
        return (process, own)
      }
      for (process, _) in runs { process.waitUntilExit() }
      let statuses = runs.map { $0.0.terminationStatus }
      #expect(stride(from: 0, to: 12, by: 2).map { statuses[$0] }.sorted() == [0, 1, 1, 1, 1, 1])
      #expect(stride(from: 1, to: 12, by: 2).allSatisfy { statuses[$0] == 0 })
      #expect(try kv("list", "notes").output.split(separator: "\n").count == 7)
    }

    /// What a process has said it wrote is there, however it and its neighbours ended.
    @Test func processesThatAreKilledLoseNothingThatWasAcknowledged() throws {
      let runs = try (0..<40).map { index in
        let own = try TemporaryFolder()
        let process = try Command.launch(
          Installation.binary, ["kv", "put", "notes", "k\(index)", "\(index)", "--timeout", "20000"],
          environment: environment, in: own)
        if index % 2 == 1 {
          usleep(UInt32.random(in: 0..<30_000))
          kill(process.processIdentifier, SIGKILL)
        }
        return (process, own)
      }
      var acknowledged = 0
      for (index, (process, own)) in runs.enumerated() {
        process.waitUntilExit()
        guard try String(contentsOfFile: own.file("output"), encoding: .utf8).hasSuffix("\n") else { continue }
        acknowledged += 1
        #expect(try kv("get", "notes", "k\(index)").output == "\(index)")
      }
      #expect(acknowledged >= 20)
    }
  }
}
