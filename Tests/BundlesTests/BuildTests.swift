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
    try Build(path).run(checks: .sandbox, cache: cache, toolchain: Toolchain.find)
  }

  private func error(_ path: String) -> BundleError? {
    #expect(throws: BundleError.self) { try build(path) }
  }

  @Test(.timeLimit(.minutes(3)))
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
      "src/a.c": "#include \"b.h\"\nint main(void) { return answer(); }\n", "src/b.c": "#include \"b.h\"\nint answer(void) { return 0; }\n",
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
    let worker = try Worker(["atoll.toml": Self.cManifest, "worker.c": "#include <sys/epoll.h>\nint main(void) { return 0; }\n"])
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
    #expect(error(worker.path)?.message.contains("there is no [source], so nothing can be built; write [source]") == true)
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
    #expect(error(worker.path)?.message.contains("`source.entry` is \"worker.c\": no such file or directory; write the path") == true)
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
}
