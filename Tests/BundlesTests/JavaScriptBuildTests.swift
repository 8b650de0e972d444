// Whole builds of JavaScript and TypeScript workers, with the real esbuild: what comes out, and each mistake by name.
@testable import Bundles
import Foundation
import JavaScript
import Manifests
import Sandbox
import Testing

/// Foundation has one too.
private typealias Bundle = Bundles.Bundle

@Suite(.serialized, .timeLimit(.minutes(3))) struct JavaScriptBuildTests {
  typealias Worker = BuildTests.Worker

  static let manifest = """
    name = "sample"
    [source]
    language = "javascript"
    entry = "worker.js"
    [[tools]]
    name = "run"
    description = "Runs"

    """
  static let typed = manifest.replacing("\"javascript\"", with: "\"typescript\"").replacing(
    "worker.js", with: "worker.ts")
  static let source = "export default { tools: { run() { return 1 } } };\n"
  /// The engine is compiled once a machine, into the user's own cache.
  private static let checks = try! BuildChecks.sandbox(moduleCache: ModuleStore.defaultCacheDirectory)

  private func build(_ worker: Worker) throws -> BuildResult {
    try Build(worker.path).run(checks: Self.checks, cache: nil, toolchain: Toolchain.find)
  }

  private func error(_ files: [String: String]) throws -> BundleError? {
    let worker = try Worker(files)
    let error = #expect(throws: BundleError.self) { try build(worker) }
    // Every message names the folder: tests compare what comes after it.
    return error.map { BundleError($0.code, $0.message.replacing(worker.path + "/", with: "")) }
  }

  private func error(_ source: String, manifest: String = manifest, entry: String = "worker.js") throws -> BundleError?
  {
    try error(["atoll.toml": manifest, entry: source])
  }

  @Test func aWorkerIsBuiltTheSameEverywhere() throws {
    let files = [
      "atoll.toml": Self.typed, "package.json": "{}",
      "worker.ts": """
      import data from "./data.json";
      import { add } from "./lib/add";
      import shout from "shout";
      export default { tools: { run(args: { n: number }): string { return shout(String(add(args.n, data.one))); } } };
      """,
      "data.json": #"{ "one": 1 }"#, "lib/add.ts": "export const add = (a: number, b: number): number => a + b;",
      "node_modules/shout/package.json": #"{ "name": "shout", "main": "index.js" }"#,
      "node_modules/shout/index.js": "module.exports = (text) => text + '!';",
    ]
    let built = try build(Worker(files)).bundle
    #expect(try build(Worker(files)).bundle.bytes == built.bytes)
    let opened = try Bundle.decode(built.bytes, name: "x.atoll")
    #expect(opened.javaScript == built.javaScript)
    #expect(opened.engineDigest == SHA256.hex(digest: JavaScriptEngine.digest))
    #expect(
      opened.javaScript?.files == ["data.json", "lib/add.ts", "node_modules/shout/index.js", "worker.ts"])
    #expect(opened.sourceMap()?.sources.contains("lib/add.ts") == true)
  }

  @Test(arguments: ["worker.ts", "lib.ts", "tsconfig.json", "package.json"])
  func whatWasImportedMakesTheBundleOldWhenItChanges(file: String) throws {
    let worker = try Worker([
      "atoll.toml": Self.typed, "worker.ts": "import './lib';\n" + Self.source, "lib.ts": "export {};\n",
      "unused.ts": "",
    ])
    let bundle = try build(worker).bundle
    try bundle.write(to: Bundle.path(of: "sample", in: worker.path))
    #expect(try Bundle.current(worker.path) != nil)
    try worker.write("unused.ts", Array("// changed".utf8))
    #expect(try Bundle.current(worker.path) != nil)
    try worker.write(file, Array((file.hasSuffix(".json") ? "{}" : Self.source + "// changed").utf8))
    #expect(try Bundle.current(worker.path) == nil)
  }

  @Test(arguments: ["/home/josé/w", "/home/漢字/w", "/home/e\u{301}/w"])
  func filesAreNamedFromAFolderOfAnyLetters(home: String) {
    let names = Esbuild.Names(home: home)
    #expect(names.name(of: "worker.ts", from: home) == "worker.ts")
    #expect(names.name(of: "src/ü.ts", from: home) == "src/ü.ts")
    #expect(names.name(of: "../other/x.ts", from: home).hasSuffix("/other/x.ts"))
    #expect(names.name(of: "../wide/x.ts", from: home).hasPrefix("/home/"))
  }

  @Test func aRelativeEsbuildIsNotRunFromTheWorkersFolder() {
    #expect(throws: BundleError.self) { try Esbuild.find(named: "tools/esbuild", path: "") }
    #expect(throws: BundleError.self) { try Esbuild.find(named: nil, path: "./node_modules/.bin:.:bin") }
  }

  @Test func aSettingAboveTheFolderIsAnInput() throws {
    let outer = try Worker(["w/atoll.toml": Self.manifest, "w/worker.js": Self.source])
    let sources = ScriptSources(files: ["worker.js"], folder: outer.path + "/w")
    let before = sources.digest(.javascript)
    try "{}".write(toFile: outer.path + "/tsconfig.json", atomically: false, encoding: .utf8)
    #expect(sources.digest(.javascript) != before)
  }

  @Test func aSaveDuringTheBuildShows() throws {
    let worker = try Worker(["atoll.toml": Self.manifest, "worker.js": Self.source])
    let sources = ScriptSources(files: ["worker.js"], folder: worker.path)
    usleep(20_000)
    let begun = Files.now
    #expect(!sources.haveChanged(since: begun))
    usleep(20_000)
    try "export default {}".write(toFile: worker.path + "/worker.js", atomically: false, encoding: .utf8)
    #expect(sources.haveChanged(since: begun))
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var source: String
    var manifest = JavaScriptBuildTests.manifest
    var entry = "worker.js"
    var code: BundleError.Code
    /// What the message begins with.
    var says: String
    var also = ""
  }

  static let mistakes: [Mistake] = [
    Mistake(
      testDescription: "syntax", source: "\nlet a = ;\n", code: .compilerFailed, says: "worker.js:2:9: Unexpected \";\""
    ),
    Mistake(
      testDescription: "an import of a file that is not there", source: "import './nowhere.js';\n" + source,
      code: .compilerFailed, says: "worker.js:1:8: Could not resolve \"./nowhere.js\"", also: "no such file"),
    Mistake(
      testDescription: "an import of a package that is not there", source: "import 'left-pad';\n" + source,
      code: .compilerFailed, says: "worker.js:1:8: Could not resolve \"left-pad\"", also: "npm install left-pad"),
    Mistake(
      testDescription: "an import of Node", source: "import fs from 'node:fs';\n" + source + "fs;",
      code: .compilerFailed, says: "worker.js:1:16: Could not resolve \"node:fs\"", also: "a part of Node"),
    Mistake(
      testDescription: "no default export", source: "export const tools = {};\n", code: .badSource,
      says: "worker.js: there is no default export; write export default { tools: { run(args) { … } } }"),
    Mistake(
      testDescription: "a default export without tools", source: "export default {};\n", code: .evaluationFailed,
      says: "worker.js", also: "tools"),
    Mistake(
      testDescription: "a tool that is no function", source: "export default { tools: { run: 1 } };\n",
      code: .evaluationFailed, says: "worker.js", also: "run"),
    Mistake(
      testDescription: "a tool only in the manifest", source: "export default { tools: { ran() {} } };\n",
      code: .badSource, says: "atoll.toml:6: the tool `run` is declared here, but `tools` of worker.js has `ran`"),
    Mistake(
      testDescription: "a tool only in the module", source: "export default { tools: { run() {}, ran() {} } };\n",
      code: .badSource, says: "worker.js: `tools` has `ran`, which atoll.toml does not declare; add [[tools]]"),
    Mistake(
      testDescription: "an error at top level, in the author's place",
      source: "interface A { a: number }\n\ntype B = A;\nconst f = (): B => nowhere();\nf();\n" + source,
      manifest: typed, entry: "worker.ts", code: .evaluationFailed,
      says: "worker.ts:4:20: ReferenceError: nowhere is not defined", also: "(worker.ts:5:1)"),
    Mistake(
      testDescription: "an evaluation that loops", source: "for (;;) {}\n" + source, code: .evaluationFailed,
      says: "worker.js: evaluating the module used more than 50 ms", also: "limits.cpu_ms"),
    Mistake(
      testDescription: "an evaluation that allocates without end",
      source: "const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1));\n" + source,
      manifest: manifest + "[limits]\nmemory = \"4MiB\"\ncpu_ms = 5000\n", code: .evaluationFailed,
      says: "worker.js: evaluating the module needs more memory than its cap of 4096 KiB", also: "limits.memory"),
    Mistake(
      testDescription: "an evaluation that calls the host", source: "\nconst a = Date.now();\n" + source + "a;",
      code: .evaluationFailed, says: "worker.js:2:", also: "Date.now"),
    Mistake(
      testDescription: "an ending that is not the language's", source: source,
      manifest: typed.replacing("worker.ts", with: "worker.js"),
      code: .badSource, says: "atoll.toml: `source.entry` is \"worker.js\", but language = \"typescript\""),
    Mistake(
      testDescription: "an entry that is not there", source: source, entry: "other.js", code: .badSource,
      says: "atoll.toml: `source.entry` is \"worker.js\""),
    Mistake(
      testDescription: "an entry outside", source: source,
      manifest: manifest.replacing("worker.js", with: "../worker.js"), code: .badManifest, says: "atoll.toml:4:"),
    Mistake(
      testDescription: "a throw of nothing", source: "throw undefined;\n" + source, code: .evaluationFailed,
      says: "worker.js"),
    Mistake(
      testDescription: "an await that cannot end", source: "await new Promise(() => {});\n" + source,
      code: .evaluationFailed, says: "worker.js"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsOneClearError(mistake: Mistake) throws {
    let error = try error(mistake.source, manifest: mistake.manifest, entry: mistake.entry)
    #expect(error?.code == mistake.code, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(mistake.says) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(mistake.also) == true || mistake.also.isEmpty, "\(error?.message ?? "")")
  }

  @Test func aFileWhoseNameIsAFlagIsAFile() throws {
    let manifest = Self.manifest.replacing("worker.js", with: "--version.js")
    let worker = try Worker(["atoll.toml": manifest, "--version.js": Self.source])
    #expect(try build(worker).bundle.javaScript?.files == ["--version.js"])
  }

  @Test func esbuildThatIsMissingNamesItsPackage() {
    for (named, path) in [(nil, "/nowhere"), ("/nowhere/esbuild", "")] as [(String?, String)] {
      let error = #expect(throws: BundleError.self) { try Esbuild.find(named: named, path: path) }
      #expect(error?.code == .toolchainMissing)
      #expect(error?.message.contains(named == nil ? "apt-get install esbuild" : "ATOLL_ESBUILD") == true)
    }
  }

  @Test func aBundleForAnotherEngineSaysToBuildAgain() throws {
    let bundle = try build(Worker(["atoll.toml": Self.manifest, "worker.js": Self.source])).bundle
    var parts = try #require(bundle.javaScript)
    parts.engine[0] ^= 1
    let other = Bundle(
      manifest: bundle.manifest, manifestText: bundle.manifestText, module: bundle.module, javaScript: parts,
      inputs: bundle.inputs)
    let opened = try Bundle.decode(other.bytes, name: "x.atoll")
    let store = ModuleStore(
      engine: try Engine(EngineConfiguration(instances: 1)), cacheDirectory: ModuleStore.defaultCacheDirectory)
    let error = #expect(throws: BundleError.self) { try opened.load(store, javaScript: JavaScriptEngine(store: store)) }
    #expect(error?.code == .wrongVersion)
    #expect(error?.message.contains("build it again with `atoll build`") == true)
    #expect(try bundle.load(store, javaScript: JavaScriptEngine(store: store)).program.engine != nil)
  }

  @Test(arguments: [
    (Archive.Kind.engine, [UInt8](repeating: 1, count: 31)), (.files, [5, 0x61]), (.files, [1, 0xFF]),
    (.files, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
  ])
  func aBundleWithAPartThatIsNoneIsDamaged(kind: Archive.Kind, bytes: [UInt8]) throws {
    let bundle = try build(Worker(["atoll.toml": Self.manifest, "worker.js": Self.source])).bundle
    var (archive, _) = try Archive.decode(bundle.bytes, name: "x")
    for index in archive.sections.indices where archive.sections[index].kind == kind {
      archive.sections[index].bytes = bytes
    }
    let file = archive.encoded().file
    #expect(throws: BundleError.self) { try Bundle.decode(file, name: "x") }
  }

  /// The map is for people: a worker runs without it.
  @Test func aBundleWithASourceMapOfNonsenseHasNone() throws {
    let bundle = try build(Worker(["atoll.toml": Self.manifest, "worker.js": Self.source])).bundle
    var (archive, _) = try Archive.decode(bundle.bytes, name: "x")
    for index in archive.sections.indices where archive.sections[index].kind == .sourceMap {
      archive.sections[index].bytes = Array("nonsense".utf8)
    }
    #expect(try Bundle.decode(archive.encoded().file, name: "x").sourceMap() == nil)
  }

  @Test(arguments: [Archive.Kind.engine, .sourceMap, .files])
  func aBundleWithoutOneOfItsPartsIsDamaged(kind: Archive.Kind) throws {
    let bundle = try build(Worker(["atoll.toml": Self.manifest, "worker.js": Self.source])).bundle
    let (archive, _) = try Archive.decode(bundle.bytes, name: "x")
    let cut = Archive(sections: archive.sections.filter { $0.kind != kind }).encoded().file
    let error = #expect(throws: BundleError.self) { try Bundle.decode(cut, name: "x") }
    #expect(error?.code == .damaged)
  }
}
