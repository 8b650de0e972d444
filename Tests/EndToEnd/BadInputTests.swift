// Everything wrong that a node can be given: one clear error each, and it goes on serving the rest.
import Foundation
import Testing

extension TheBinary {
  @Suite("given bad input")
  struct BadInput {
    /// One way for a manifest to be wrong: what is replaced by what, and what the error must say.
    struct Mistake: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let edit: @Sendable (String) -> String
      let says: [String]
      /// What is not there stands on no line; inside a schema, its pointer takes the line's place.
      var hasLine = true
    }

    static let mistakes: [Mistake] = [
      Mistake(
        testDescription: "unknown key", edit: { $0 + "\n[limits]\nmemry = \"1MiB\"\n" },
        says: ["limits.memry", "`memory`"]),
      Mistake(testDescription: "unknown table", edit: { $0 + "\n[surprise]\nx = 1\n" }, says: ["surprise"]),
      Mistake(
        testDescription: "a table of a later issue", edit: { $0 + "\n[[prompts]]\nname = \"p\"\n" },
        says: ["prompts"]),
      Mistake(
        testDescription: "a session that no tool has", edit: { $0 + "\n[session]\nttl = \"1m\"\n" },
        says: ["session = true"]),
      Mistake(testDescription: "wrong type", edit: { $0 + "\n[limits]\ncpu_ms = \"50\"\n" }, says: ["limits.cpu_ms"]),
      Mistake(testDescription: "impossible value", edit: { $0 + "\n[limits]\ncpu_ms = 0\n" }, says: ["limits.cpu_ms"]),
      Mistake(
        testDescription: "memory past the ceiling", edit: { $0 + "\n[limits]\nmemory = \"2GiB\"\n" },
        says: ["limits.memory"]),
      Mistake(
        testDescription: "duplicate tool",
        edit: {
          $0 + "\n[[tools]]\nname = \"\(Hello.tool)\"\ndescription = \"again\"\ninput = { type = \"object\" }\n"
        },
        says: [Hello.tool]),
      Mistake(
        testDescription: "bad tool name",
        edit: { $0 + "\n[[tools]]\nname = \"not a name\"\ndescription = \"d\"\ninput = { type = \"object\" }\n" },
        says: ["not a name"]),
      Mistake(
        testDescription: "bad schema",
        edit: {
          $0
            + "\n[[tools]]\nname = \"other\"\ndescription = \"d\"\ninput = { type = \"object\", not = { type = \"objekt\" } }\n"
        },
        says: ["`other`", "/not/type", "objekt"], hasLine: false),
      Mistake(testDescription: "not TOML", edit: { $0 + "\n= nothing\n" }, says: []),
      Mistake(
        testDescription: "no name",
        edit: { $0.replacing(#/(?m)^name = "hello"$/#, with: "", maxReplacements: 1) }, says: ["name"],
        hasLine: false),
    ]

    @Test(.timeLimit(.minutes(3)), arguments: mistakes)
    func aWrongManifestIsOneErrorWithItsLine(mistake: Mistake) throws {
      let folder = try TemporaryFolder()
      let worker = try folder.copyWorker("hello")
      let manifest = worker + "/atoll.toml"
      let text = Self.withoutLimits(try String(contentsOfFile: manifest, encoding: .utf8))
      try mistake.edit(text).write(toFile: manifest, atomically: false, encoding: .utf8)
      let finished = try Command.run(["check", worker])
      #expect(finished.status != ExitStatus.ok)
      #expect(!mistake.hasLine || finished.errors.contains(#/atoll\.toml:\d+/#), "\(finished.errors)")
      for word in mistake.says { #expect(finished.errors.contains(word), "\(finished.errors)") }
      #expect(Self.errorLines(finished.errors).count == 1, "\(finished.errors)")
    }

    /// A module that is wrong in one way, and the word that its error must have.
    static let modules: [(name: String, bytes: [UInt8], says: String)] = [
      ("truncated", Array(WasmModule().bytes.dropLast(3)), "truncated"),
      ("empty", [], "empty"),
      ("no-entry", WasmModule(exportsCall: false).bytes, "atoll_call"),
      ("other-abi", WasmModule(abi: 2).bytes, "version 2 of the ABI"),
      ("not-granted", WasmModule(imports: ("atoll:kv", "start")).bytes, "atoll:kv"),
      ("unknown-import", WasmModule(imports: ("env", "system")).bytes, "env"),
      ("too-much-memory", WasmModule(memoryPages: 17).bytes, "limits.memory"),
    ]

    @Test(.timeLimit(.minutes(3)), arguments: modules.indices)
    func aWrongModuleIsRefusedAndTheRestIsServed(index: Int) throws {
      let module = Self.modules[index]
      let folder = try TemporaryFolder()
      let worker = try WasmModule.writeWorker(module.name, bytes: module.bytes, in: folder)
      try Self.expectRefusedBesideHello(worker, says: module.says)
    }

    /// The module that the wrong ones above are made from is right, so each is refused for its one fault.
    @Test(.timeLimit(.minutes(3)))
    func theModuleMadeByHandIsServed() throws {
      let folder = try TemporaryFolder()
      let worker = try WasmModule.writeWorker("by-hand", bytes: WasmModule(memoryPages: 16).bytes, in: folder)
      let node = try ServedNode([worker, Bundles.hello()])
      #expect(node.errors.split(separator: "\n").filter { $0.contains("error") }.isEmpty, "\(node.errors)")
      #expect(try node.call("by-hand").response.status == 200)
    }

    @Test(.timeLimit(.minutes(3)))
    func aBundleWithAFlippedBitIsRefusedAndTheRestIsServed() throws {
      let folder = try TemporaryFolder()
      var bytes = try Data(contentsOf: URL(filePath: Bundles.limits()))
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(filePath: folder.file("flipped.atoll")))
      try Self.expectRefusedBesideHello(folder.file("flipped.atoll"), says: "flipped.atoll")
    }

    @Test(.timeLimit(.minutes(3)))
    func aMissingWorkerIsNamedAndTheRestIsServed() throws {
      try Self.expectRefusedBesideHello("/no/such/worker", says: "/no/such/worker")
    }

    @Test(.timeLimit(.minutes(3)))
    func twoToolsOfOneNameAreRefusedWithTheKeyToSet() throws {
      let folder = try TemporaryFolder()
      let other = try WasmModule.writeWorker(Hello.tool, bytes: WasmModule().bytes, in: folder)
      let node = try? ServedNode([Bundles.hello(), other])
      let errors =
        try node?.errors
        ?? Command.run(["serve", "--listen", "127.0.0.1:0", Bundles.hello(), other]).errors
      #expect(errors.contains(Hello.tool) && errors.contains("prefix"), "\(errors)")
    }

    @Test(.timeLimit(.minutes(3)))
    func aPortInUseIsAnErrorThatNamesIt() throws {
      let node = try ServedNode([Bundles.hello()])
      for loops in ["1", "2"] {
        let second = try Command.run(
          ["serve", "--listen", "127.0.0.1:\(node.port)", "--loops", loops, Bundles.hello()])
        #expect(second.status == ExitStatus.unreachable, "\(second.status): \(second.errors)")
        #expect(second.errors.contains("127.0.0.1:\(node.port)"), "\(second.errors)")
        #expect(second.errors.contains("in use"), "\(second.errors)")
        #expect(!second.output.contains("listening"))
      }
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
    }

    // MARK: The cache of compiled modules

    /// Places that must not be used: each test says how the directory is made wrong. Root may write anywhere, so
    /// a file in the way stands for a directory without permission.
    enum WrongCache: String, CaseIterable { case fileInTheWay, link, writableByOthers }

    @Test(.timeLimit(.minutes(3)), arguments: WrongCache.allCases)
    func aCacheThatCannotBeTrustedIsNamedAndNotUsed(wrong: WrongCache) throws {
      let folder = try TemporaryFolder()
      let cache = folder.file("cache")
      let elsewhere = folder.file("elsewhere")
      let files = FileManager.default
      try files.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
      switch wrong {
      case .fileInTheWay: _ = try folder.write("", to: "cache")
      case .link:
        try files.createDirectory(
          atPath: cache + "/atoll", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try files.createSymbolicLink(atPath: cache + "/atoll/modules", withDestinationPath: elsewhere)
      case .writableByOthers:
        try files.createDirectory(atPath: cache, withIntermediateDirectories: false)
        try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: cache)
      }
      let node = try ServedNode([Bundles.hello()], environment: ["XDG_CACHE_HOME": cache])
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
      #expect(node.errors.contains("cache"), "\(node.errors)")
      #expect(try files.subpathsOfDirectory(atPath: elsewhere).isEmpty)
      if wrong == .writableByOthers { #expect(try files.subpathsOfDirectory(atPath: cache).isEmpty) }
    }

    @Test(.timeLimit(.minutes(3)))
    func aFlippedBitInTheCacheIsFoundAndCompiledAnew() throws {
      let folder = try TemporaryFolder()
      let environment = ["XDG_CACHE_HOME": folder.path]
      try Self.serveOnce(environment)
      let cached = try Self.cacheFiles(in: folder)
      try #require(!cached.isEmpty)
      for path in cached {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(filePath: path))
      }
      let errors = try Self.serveOnce(environment)
      #expect(errors.contains("cache"), "the mismatch is said: \(errors)")
      #expect(!(try Self.serveOnce(environment)).contains("cache"), "the second start finds a good file")
    }

    @Test(.timeLimit(.minutes(3)))
    func theCacheIsOursAlone() throws {
      let folder = try TemporaryFolder()
      try Self.serveOnce(["XDG_CACHE_HOME": folder.path])
      let files = FileManager.default
      for path in try files.subpathsOfDirectory(atPath: folder.path) {
        let attributes = try files.attributesOfItem(atPath: folder.file(path))
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        #expect(mode & 0o077 == 0, "\(path) has mode \(String(mode, radix: 8))")
      }
    }

    // MARK: Steps

    /// Serves hello beside something bad: the bad one is named in one error, hello answers.
    private static func expectRefusedBesideHello(_ bad: String, says word: String) throws {
      let node = try ServedNode([Bundles.hello(), bad])
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
      let naming = errorLines(node.errors).filter { $0.contains(word) }
      #expect(naming.count == 1, "\(node.errors)")
    }

    @discardableResult
    private static func serveOnce(_ environment: [String: String]) throws -> String {
      let node = try ServedNode([Bundles.hello()], environment: environment)
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
      node.terminate()
      #expect(try node.waitForExit(seconds: 5) == 0)
      return node.errors
    }

    private static func cacheFiles(in folder: TemporaryFolder) throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: folder.path).map(folder.file).filter { path in
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      }
    }

    private static func errorLines(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { $0.contains("error") || $0.contains("atoll.toml") }
    }

    /// The manifest with its `[limits]` table left out, so that a mistake may bring its own.
    private static func withoutLimits(_ text: String) -> String {
      var inLimits = false
      return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
        if line.hasPrefix("[") { inLimits = line.hasPrefix("[limits]") }
        return !inLimits
      }.joined(separator: "\n")
    }
  }
}
