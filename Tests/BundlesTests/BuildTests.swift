// Whole builds, with the real compilers: the same bytes for the same input, and the compilers' own words.
@testable import Bundles
import Foundation
import Manifests
import Sandbox
import Testing

/// Foundation has one too.
private typealias Bundle = Bundles.Bundle

@Suite(.serialized) struct BuildTests {
  /// A worker's folder of its own, gone with its owner.
  final class Worker {
    let path = NSTemporaryDirectory() + "worker-" + UUID().uuidString
    init(_ files: [String: String]) throws {
      for (name, text) in files { try write(name, Array(text.utf8)) }
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      let url = URL(fileURLWithPath: path + "/" + name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
  }

  static func manifest(_ source: String) -> String {
    "name = \"sample\"\n\(source)\n[[tools]]\nname = \"run\"\ndescription = \"Runs\"\n"
  }
  static let swiftManifest = manifest("[source]\nlanguage = \"swift\"\nentry = \"worker.swift\"")
  static let swiftSource = """
    import AtollWorker

    @main struct Sample: Worker {
      static let tools = [
        Tool("run") { arguments throws(ToolError) in .text("Hello, \\(try arguments.string("name"))!") }
      ]
    }
    """
  static let cManifest = manifest("[source]\nlanguage = \"c\"\nentry = \"worker.c\"")
  static let cSource = "#include <stdio.h>\nint main(void) { puts(\"{}\"); return 0; }\n"
  static let wasmManifest = manifest("[source]\nlanguage = \"wasm\"\nentry = \"worker.wasm\"")

  private func build(_ path: String, cache: String? = nil) throws -> BuildResult {
    try Build(path).run(checks: .sandbox(moduleCache: nil), cache: cache, toolchain: Toolchain.find)
  }

  private func error(_ path: String) -> BundleError? {
    #expect(throws: BundleError.self) { try build(path) }
  }

  @Test(.timeLimit(.minutes(5)))
  func aSwiftWorkerIsBuiltTheSameEverywhere() throws {
    let cache = NSTemporaryDirectory() + "cache-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: cache) }
    let first = try Worker(["atoll.toml": Self.swiftManifest, "worker.swift": Self.swiftSource])
    let second = try Worker(["atoll.toml": Self.swiftManifest, "worker.swift": Self.swiftSource])
    let built = try build(first.path, cache: cache)
    #expect(built.notes == [])
    let shape = try WasmShape(built.bundle.module)
    #expect(Set(shape.exports.map(\.name)) == ["memory", "atoll_call", "atoll_abi"])
    #expect(shape.exportedGlobal("atoll_abi")?.constant == 1)
    // The second time from the kept SDK, the third without any.
    #expect(try FileManager.default.contentsOfDirectory(atPath: cache).count == 1)
    #expect(try build(second.path, cache: cache).bundle.bytes == built.bundle.bytes)
    #expect(try build(second.path).bundle.bytes == built.bundle.bytes)
  }

  @Test(.timeLimit(.minutes(2)))
  func aCWorkerIsBuiltTheSameEverywhere() throws {
    let first = try Worker(["atoll.toml": Self.cManifest, "worker.c": Self.cSource])
    let second = try Worker(["atoll.toml": Self.cManifest, "worker.c": Self.cSource])
    let built = try build(first.path)
    #expect(try WasmShape(built.bundle.module).export("_start") != nil)
    #expect(try build(second.path).bundle.bytes == built.bundle.bytes)
  }

  @Test(.timeLimit(.minutes(1)))
  func aFolderOfSourcesIsOneWorker() throws {
    let worker = try Worker([
      "atoll.toml": Self.manifest("[source]\nlanguage = \"c\"\nentry = \"src\""),
      "src/a.c": "#include \"b.h\"\nint main(void) { return answer(); }\n",
      "src/b.c": "#include \"b.h\"\nint answer(void) { return 0; }\n",
      "src/b.h": "int answer(void);\n", "src/notes.txt": "not C",
    ])
    #expect(try WasmShape(build(worker.path).bundle.module).export("_start") != nil)
  }

  @Test(.timeLimit(.minutes(1)))
  func aCompilersWordsAreShownAsTheyAre() throws {
    let worker = try Worker(["atoll.toml": Self.cManifest, "worker.c": "int main(void) { return oops; }\n"])
    let error = error(worker.path)
    #expect(error?.code == .compilerFailed)
    #expect(error?.message.hasPrefix("clang ended with status 1:\n") == true)
    #expect(error?.message.contains("worker.c:1:25: error: use of undeclared identifier 'oops'") == true)
  }

  @Test(.timeLimit(.minutes(1)))
  func aHeaderThatWASILacksIsNotTheHosts() throws {
    let worker = try Worker([
      "atoll.toml": Self.cManifest, "worker.c": "#include <sys/epoll.h>\nint main(void) { return 0; }\n",
    ])
    #expect(error(worker.path)?.message.contains("'sys/epoll.h' file not found") == true)
  }

  @Test(.timeLimit(.minutes(1)))
  func warningsAreNotes() throws {
    let worker = try Worker(["atoll.toml": Self.cManifest, "worker.c": "int main(void) { int unused; return 0; }\n"])
    let notes = try build(worker.path).notes
    #expect(notes.count == 1)
    #expect(notes.first?.contains("unused variable 'unused'") == true)
  }

  @Test func aModuleIsTakenAsItIs() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    try worker.write("worker.wasm", ModuleBytes.command.bytes)
    #expect(try build(worker.path).bundle.module == ModuleBytes.command.bytes)
    #expect(try build(worker.path + "/worker.wasm").bundle.bytes == build(worker.path + "/").bundle.bytes)
  }

  @Test func aModuleAloneNeedsNoSourceTable() throws {
    let worker = try Worker(["atoll.toml": Self.manifest("")])
    try worker.write("other.wasm", ModuleBytes.command.bytes)
    #expect(try build(worker.path + "/other.wasm").bundle.manifest.source == nil)
    #expect(
      error(worker.path)?.message.contains("there is no [source], so nothing can be built; write [source]") == true)
  }

  @Test func aModuleThatIsNotTheSourceIsRefused() throws {
    let worker = try Worker(["atoll.toml": Self.cManifest, "worker.c": Self.cSource])
    try worker.write("worker.wasm", ModuleBytes.command.bytes)
    #expect(error(worker.path + "/worker.wasm")?.message.contains("build the folder instead: atoll build") == true)
  }

  @Test func placesThatAreNoWorkerAreNamed() throws {
    let worker = try Worker(["atoll.toml": Self.cManifest, "a.txt": ""])
    #expect(error("/nowhere")?.message.contains("neither a folder with an atoll.toml nor a .wasm") == true)
    #expect(error(worker.path + "/a.txt")?.message.contains("neither a folder") == true)
    #expect(error(worker.path + "/a.atoll")?.message.contains("is built already") == true)
    #expect(
      error(worker.path)?.message.contains("`source.entry` is \"worker.c\": no such file or directory; write the path")
        == true)
    #expect(error(worker.path + "/gone/x.wasm")?.code == .badManifest)
  }

  @Test func anEntryMayNotLeaveTheFolder() throws {
    let worker = try Worker(["atoll.toml": Self.cManifest])
    try FileManager.default.createSymbolicLink(atPath: worker.path + "/worker.c", withDestinationPath: "/etc/hostname")
    #expect(error(worker.path)?.message.contains("it lies outside the worker's folder") == true)
  }

  @Test func aBundleIsCurrentUntilAnythingChanges() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    try worker.write("worker.wasm", ModuleBytes.command.bytes)
    #expect(try Bundle.current(worker.path) == nil)
    let built = try build(worker.path).bundle
    let path = Bundle.path(of: "sample", in: worker.path)
    try built.write(to: path)
    #expect(try Bundle.current(worker.path)?.digest == built.digest)
    #expect(try Bundle.ready(path).bundle.digest == built.digest)

    try worker.write("worker.wasm", ModuleBytes.command.bytes + [0, 1, 0])
    #expect(try Bundle.current(worker.path) == nil)
    try worker.write("worker.wasm", ModuleBytes.command.bytes)
    #expect(try Bundle.current(worker.path) != nil)
    try worker.write("atoll.toml", Array((Self.wasmManifest + "title = \"T\"\n").utf8))
    #expect(try Bundle.current(worker.path) == nil)
    try worker.write("atoll.toml", Array(Self.wasmManifest.utf8))
    var bytes = built.bytes
    bytes[bytes.count - 1] ^= 1
    try worker.write(".atoll/sample.atoll", bytes)
    #expect(try Bundle.current(worker.path) == nil)
  }

  @Test(.timeLimit(.minutes(1)))
  func endlessWordsOfACompilerAreCut() throws {
    let worker = try Worker([
      "atoll.toml": Self.cManifest,
      "worker.c": "#error " + String(repeating: "x", count: 2 * BundleLimits.compilerOutputBytes),
    ])
    let message = try #require(error(worker.path)?.message)
    #expect(message.hasSuffix("\n…\n"))
    #expect(message.utf8.count < BundleLimits.compilerOutputBytes + 100)
  }

  @Test(arguments: [0, 1, BundleLimits.sourceFiles, BundleLimits.sourceFiles + 1])
  func sourceFilesAreCounted(count: Int) throws {
    let worker = try Worker([:])
    try worker.write("src/readme.md", [])
    for index in 0..<count { try worker.write("src/\(index).c", []) }
    let read = { try SourceFiles(Source(language: .c, entry: "src"), folder: worker.path) }
    if (1...BundleLimits.sourceFiles).contains(count) {
      #expect(try read().files.count == count)
    } else {
      let error = #expect(throws: BundleError.self) { try read() }
      #expect(error?.message.contains(count == 0 ? "there is no *.c in it" : "more than 1000 source files") == true)
    }
  }

  @Test func aHeaderThatChangesMakesTheBundleOld() throws {
    let source = "#include \"include/answer.h\"\nint main(void) { return ANSWER; }\n"
    let worker = try Worker([
      "atoll.toml": Self.cManifest, "worker.c": source, "include/answer.h": "#define ANSWER 0\n",
    ])
    let built = try build(worker.path).bundle
    try built.write(to: Bundle.path(of: "sample", in: worker.path))
    #expect(try Bundle.current(worker.path) != nil)
    try worker.write("include/answer.h", Array("#define ANSWER 1\n".utf8))
    #expect(try Bundle.current(worker.path) == nil)
    #expect(try build(worker.path).bundle.module != built.module)
  }

  @Test(arguments: [
    ("{ type = \"object\", properties = { a = { \"$ref\" = \"other.json\" } } }", "/properties/a"),
    ("{ type = \"object\", properties = { a = { pattern = \"(\" } } }", "/properties/a/pattern"),
    ("{ type = \"object\", required = \"a\" }", "/required"),
  ])
  func aSchemaThatNoNodeCouldUseFailsTheBuild(schema: String, place: String) throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest + "input = \(schema)\n"])
    try worker.write("worker.wasm", ModuleBytes.command.bytes)
    let error = error(worker.path)
    #expect(error?.code == .badManifest)
    #expect(error?.message.contains("/atoll.toml: `input` of tool `run` is not a usable JSON Schema: ") == true)
    #expect(error?.message.contains(place) == true, "\(String(describing: error))")
  }

  @Test func initializeRunsOnceAtBuild() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    try worker.write("worker.wasm", ModuleBytes.reactor.bytes)
    let built = try build(worker.path)
    #expect(built.notes == [])
    #expect(
      built.bundle.module
        == (try Snapshot.take(ModuleBytes.reactor.bytes) { _ throws(BundleError) in ModuleBytes.stateAfter }.module))
  }

  @Test func aModuleThatCannotBeSnapshottedSaysSo() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    // `_initialize` sets element 0 of a table to itself.
    let setsTable: [UInt8] = [0, 0x41, 0, 0xD2, 0, 0x26, 0, 0x0B]
    let module = ModuleBytes.reactor.with(4, [1, 0x70, 0, 1]).with(9, [1, 3, 0, 1, 0])
      .with(10, ModuleBytes.code([setsTable, ModuleBytes.call]))
    try worker.write("worker.wasm", module.bytes)
    let built = try build(worker.path)
    #expect(built.bundle.module == module.bytes)
    #expect(
      built.notes == [
        "`_initialize` stays in the module and runs at every call: "
          + "its code changes a table, and tables are not part of a snapshot"
      ])
  }

  @Test(arguments: [
    (ModuleBytes.code([[0, 0x00, 0x0B], ModuleBytes.call]), "unreachable"),
    (
      ModuleBytes.code([[0, 0x03, 0x40, 0x0C, 0, 0x0B, 0x0B], ModuleBytes.call]),
      "more than \(BundleLimits.initializeMilliseconds) ms"
    ),
  ])
  func anInitializeThatFailsFailsTheBuild(code: [UInt8], words: String) throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    try worker.write("worker.wasm", ModuleBytes.reactor.with(10, code).bytes)
    let error = error(worker.path)
    #expect(
      error?.message.hasPrefix("worker `sample` cannot be started: `_initialize`") == true,
      "\(String(describing: error))")
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
  }

  /// What the clock said at build would be what it says at every call.
  @Test func anInitializeThatAsksTheHostIsRefused() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    let types: [UInt8] = [3, 0x60, 0, 0, 0x60, 1, 0x7F, 1, 0x7E, 0x60, 2, 0x7F, 0x7F, 0]
    let name = { (text: String) in [UInt8(text.utf8.count)] + Array(text.utf8) }
    let module = ModuleBytes.reactor.with(1, types).with(2, [1] + name("atoll:random") + name("fill") + [0, 2])
      .with(
        7,
        [4] + ModuleBytes.export("memory", 2, 0) + ModuleBytes.export("_initialize", 0, 1)
          + ModuleBytes.export("atoll_call", 0, 2) + ModuleBytes.export("atoll_abi", 3, 2)
      )
      .with(10, ModuleBytes.code([[0, 0x41, 0, 0x41, 8, 0x10, 0, 0x0B], ModuleBytes.call]))
    try worker.write("worker.wasm", module.bytes)
    #expect(error(worker.path)?.message.contains("atoll:random.fill was called") == true)
  }

  @Test func aMemoryThatGrewPastItsCapIsRefused() throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest + "[limits]\nmemory = \"128KiB\"\n"])
    // Grows by a page, then by two more, and traps where that fails.
    let grows: [UInt8] = [0, 0x41, 1, 0x40, 0, 0x1A, 0x41, 2, 0x40, 0, 0x41, 0x7F, 0x46, 0x04, 0x40, 0x00, 0x0B, 0x0B]
    try worker.write("worker.wasm", ModuleBytes.reactor.with(10, ModuleBytes.code([grows, ModuleBytes.call])).bytes)
    #expect(error(worker.path)?.message.contains("cannot be started") == true)
    try worker.write("atoll.toml", Array((Self.wasmManifest + "[limits]\nmemory = \"256KiB\"\n").utf8))
    #expect(try WasmShape(build(worker.path).bundle.module).memories[0].minimum == 4)
  }

  struct WrongModule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let wasm: [UInt8]
    let words: [String]
  }

  static let wrongModules: [WrongModule] = {
    let (reactor, command) = (ModuleBytes.reactor.without(0), ModuleBytes.command)
    let exports = { (entries: [[UInt8]]) in entries.reduce([UInt8(entries.count)], +) }
    let (memory, initialize) = (ModuleBytes.export("memory", 2, 0), ModuleBytes.export("_initialize", 0, 0))
    let (call, abi) = (ModuleBytes.export("atoll_call", 0, 1), ModuleBytes.export("atoll_abi", 3, 2))
    let function = { (module: String, name: String) in
      [1, UInt8(module.utf8.count)] + Array(module.utf8) + [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0]
    }
    return [
      WrongModule(testDescription: "empty", wasm: [], words: ["not a WebAssembly module"]),
      WrongModule(testDescription: "text", wasm: Array("(module)".utf8), words: ["not a WebAssembly module"]),
      WrongModule(testDescription: "truncated", wasm: reactor.bytes.dropLast(3).map { $0 }, words: ["it ends early"]),
      WrongModule(
        testDescription: "component", wasm: [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0],
        words: ["component", "wasm32-wasip1"]),
      WrongModule(
        testDescription: "no entry", wasm: command.with(7, exports([memory])).bytes,
        words: ["`atoll_call`", "`_start`"]),
      WrongModule(
        testDescription: "no atoll_call", wasm: reactor.with(7, exports([memory, initialize, abi])).bytes,
        words: ["`atoll_call`"]),
      WrongModule(
        testDescription: "no atoll_abi", wasm: reactor.with(7, exports([memory, initialize, call])).bytes,
        words: ["`atoll_abi`"]),
      WrongModule(
        testDescription: "no memory", wasm: reactor.with(7, exports([initialize, call, abi])).bytes, words: ["`memory`"]
      ),
      WrongModule(
        testDescription: "another ABI",
        wasm: reactor.with(6, ModuleBytes.globals.replacing([0x41, 1], with: [0x41, 2])).bytes,
        words: ["version 2 of the ABI"]),
      WrongModule(testDescription: "two memories", wasm: command.with(5, [2, 0, 1, 0, 1]).bytes, words: ["memor"]),
      WrongModule(testDescription: "shared memory", wasm: command.with(5, [1, 3, 1, 2]).bytes, words: ["shared"]),
      WrongModule(testDescription: "64-bit memory", wasm: command.with(5, [1, 4, 1]).bytes, words: ["64"]),
      WrongModule(
        testDescription: "more memory than its cap", wasm: command.with(5, [1, 0, 0x81, 2]).bytes,
        words: ["`limits.memory`", "16MiB", "raise it in atoll.toml"]),
      WrongModule(
        testDescription: "kv not granted", wasm: command.with(2, function("atoll:kv", "start")).bytes,
        words: ["atoll:kv.start", "under `[permissions]`"]),
      WrongModule(
        testDescription: "an import nobody has", wasm: command.with(2, function("env", "abort")).bytes,
        words: ["env.abort"]),
      WrongModule(
        testDescription: "invalid code", wasm: command.with(10, ModuleBytes.code([[0, 0x6A, 0x0B]])).bytes,
        words: ["does not compile", "type mismatch"]),
    ]
  }()

  @Test(arguments: wrongModules)
  func aModuleThatCannotRunIsRefused(module: WrongModule) throws {
    let worker = try Worker(["atoll.toml": Self.wasmManifest])
    try worker.write("worker.wasm", module.wasm)
    let error = error(worker.path)
    #expect(error?.code == .badModule, "\(String(describing: error))")
    for words in module.words { #expect(error?.message.contains(words) == true, "\(String(describing: error))") }
  }
}
