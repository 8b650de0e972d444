// Bundles packed, opened, and wrong in every way.
@testable import Bundles
import Foundation
import Manifests
import Sandbox
import Testing

/// Foundation has one too.
private typealias Bundle = Bundles.Bundle

@Suite struct BundleTests {
  static let text = """
    name = "hello"
    [[tools]]
    name = "greet"
    description = "Says hello" # kept
    input = "b.json"
    output = "a.json"
    [[tools]]
    name = "again"
    description = "Says it again"
    input = "b.json"

    """
  static let schemas = ["a.json": Array("{}".utf8), "b.json": Array(#"{ "type": "object" }"#.utf8)]
  static let files = SchemaFiles { path throws(FileError) in
    guard let bytes = schemas[path] else { throw FileError(path: path, reason: "no such file") }
    return bytes
  }
  fileprivate static func bundle(inputs: [UInt8]? = [UInt8](repeating: 5, count: 32)) throws -> Bundle {
    Bundle(
      manifest: try Manifest.parse(text, schema: files), manifestText: text, module: ModuleBytes.reactor.bytes,
      inputs: inputs)
  }

  @Test func whatIsPackedIsOpened() throws {
    for inputs in [nil, [UInt8](repeating: 5, count: 32)] {
      let packed = try Self.bundle(inputs: inputs)
      let opened = try Bundle.decode(packed.bytes, name: "x.atoll")
      #expect(opened.manifest == packed.manifest)
      #expect(opened.manifestText == Self.text)
      #expect(opened.module == ModuleBytes.reactor.bytes)
      #expect(opened.digest == packed.digest)
      #expect(opened.inputs == inputs)
      #expect(opened.bytes == packed.bytes)
    }
  }

  @Test func theDigestIsOfTheContents() throws {
    let bundle = try Self.bundle()
    #expect(bundle.digest == SHA256.hex(of: Array(bundle.bytes[44...])))
    #expect(bundle.digest.utf8.count == 64)
  }

  @Test func theSamePartsGiveTheSameBytes() throws {
    #expect(try Self.bundle().bytes == Self.bundle().bytes)
    #expect(try Self.bundle().digest != Self.bundle(inputs: nil).digest)
  }

  @Test func aSchemaOfTwoToolsIsStoredOnce() throws {
    let (archive, _) = try Archive.decode(Self.bundle().bytes, name: "x")
    #expect(archive.sections.map(\.kind) == [.manifest, .schema, .schema, .module, .inputs])
    #expect(archive.sections[1].bytes == [6] + Array("a.json{}".utf8))
  }

  @Test func everyFlippedBitIsSeen() throws {
    let bytes = try Self.bundle().bytes
    for index in bytes.indices {
      var copy = bytes
      copy[index] ^= 1 << UInt8(index % 8)
      let error = #expect(throws: BundleError.self) { try Bundle.decode(copy, name: "x.atoll") }
      let expected: BundleError.Code = index < 8 ? .notABundle : index < 12 ? .wrongVersion : .damaged
      #expect(error?.code == expected, "byte \(index)")
    }
  }

  @Test func everyCutIsSeen() throws {
    let bytes = try Self.bundle().bytes
    for count in 0..<bytes.count {
      #expect(throws: BundleError.self, "\(count) bytes") { try Bundle.decode(Array(bytes[..<count]), name: "x.atoll") }
    }
  }

  @Test func aDigestThatDoesNotMatchIsOneClearError() throws {
    var bytes = try Self.bundle().bytes
    bytes[bytes.count - 1] ^= 0x40
    let error = #expect(throws: BundleError.self) { try Bundle.decode(bytes, name: "hello.atoll") }
    #expect(error?.code == .damaged)
    #expect(error?.message.hasPrefix("hello.atoll is damaged: its contents do not match its digest ") == true)
    #expect(error?.message.hasSuffix("copy it again, or build it again with `atoll build`") == true)
  }

  @Test func anotherFileIsNamedForWhatItIs() {
    let module = #expect(throws: BundleError.self) { try Bundle.decode(ModuleBytes.reactor.bytes, name: "x") }
    #expect(module?.message == "x is not an Atoll bundle, but a WebAssembly module; make one with `atoll build`")
    let text = #expect(throws: BundleError.self) { try Bundle.decode(Array("hello".utf8), name: "x") }
    #expect(text?.message == "x is not an Atoll bundle; make one with `atoll build`")
  }

  /// A file whose digest is right and whose body is `body`: what an attacker would send.
  static func forged(_ body: [UInt8]) -> [UInt8] {
    [0x89, 0x41, 0x54, 0x4F, 0x4C, 0x4C, 0x0D, 0x0A, 1, 0, 0, 0] + SHA256.digest(of: body) + body
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: [UInt8]
    let code: BundleError.Code
    let words: String
  }

  static let forgeries: [Forgery] = {
    let manifest = Archive.Section(kind: .manifest, bytes: Array(text.utf8))
    let module = Archive.Section(kind: .module, bytes: ModuleBytes.reactor.bytes)
    let schema = { (name: String) in
      Archive.Section(kind: .schema, bytes: [UInt8(name.utf8.count)] + Array(name.utf8) + (schemas[name] ?? []))
    }
    let pack = { (sections: [Archive.Section]) in Archive(sections: sections).encoded().file }
    let all = [manifest, schema("a.json"), schema("b.json"), module]
    let list = "list of sections is wrong"
    return [
      Forgery(testDescription: "no body", file: forged([]), code: .damaged, words: list),
      Forgery(
        testDescription: "more sections than bytes", file: forged([0xFF, 0xFF, 0xFF, 0xFF]), code: .damaged, words: list
      ),
      Forgery(
        testDescription: "unknown kind", file: forged([1, 0, 0, 0, 9, 0, 0, 0] + [UInt8](repeating: 0, count: 8)),
        code: .damaged, words: list),
      Forgery(
        testDescription: "a length past the end", file: forged([1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]),
        code: .damaged, words: list),
      Forgery(
        testDescription: "the largest length",
        file: forged([1, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8)), code: .damaged, words: list),
      Forgery(
        testDescription: "lengths whose sum overflows",
        file: forged(
          [2, 0, 0, 0] + [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] + [
            3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F,
          ]), code: .damaged, words: list),
      Forgery(
        testDescription: "bytes after the last section", file: forged([0, 0, 0, 0, 7]), code: .damaged, words: list),
      Forgery(
        testDescription: "no manifest", file: pack([module]), code: .damaged, words: "lacks a manifest or a module"),
      Forgery(
        testDescription: "no module", file: pack([manifest]), code: .damaged, words: "lacks a manifest or a module"),
      Forgery(testDescription: "two modules", file: pack(all + [module]), code: .damaged, words: "two modules"),
      Forgery(testDescription: "two manifests", file: pack(all + [manifest]), code: .damaged, words: "no one manifest"),
      Forgery(
        testDescription: "a manifest that is not text",
        file: pack([Archive.Section(kind: .manifest, bytes: [0xFF]), module]), code: .damaged, words: "UTF-8"),
      Forgery(
        testDescription: "one schema twice", file: pack(all + [schema("a.json")]), code: .damaged,
        words: "no name, or another's"),
      Forgery(
        testDescription: "a schema without a name", file: pack(all + [Archive.Section(kind: .schema, bytes: [])]),
        code: .damaged, words: "no name"),
      Forgery(
        testDescription: "a schema whose name is cut",
        file: pack(all + [Archive.Section(kind: .schema, bytes: [9, 1])]), code: .damaged, words: "no name"),
      Forgery(
        testDescription: "a short digest of the sources",
        file: pack(all + [Archive.Section(kind: .inputs, bytes: [1])]), code: .damaged, words: "digest of its sources"),
      Forgery(
        testDescription: "a schema that is missing", file: pack([manifest, schema("a.json"), module]),
        code: .badManifest, words: "it is not in the bundle"),
      Forgery(
        testDescription: "a manifest that is wrong",
        file: pack([Archive.Section(kind: .manifest, bytes: Array("name = 1".utf8)), module]), code: .badManifest,
        words: "x.atoll/atoll.toml:1: `name` must be a string"),
    ]
  }()

  @Test(arguments: forgeries)
  func aForgedBundleIsOneClearError(forgery: Forgery) {
    let error = #expect(throws: BundleError.self) { try Bundle.decode(forgery.file, name: "x.atoll") }
    #expect(error?.code == forgery.code)
    #expect(error?.message.contains(forgery.words) == true, "\(String(describing: error))")
  }

  @Test(arguments: [BundleLimits.sections, BundleLimits.sections + 1])
  func sectionsAreCounted(count: Int) throws {
    let section = Archive.Section(kind: .schema, bytes: [1, 0x61])
    let file = Archive(sections: [Archive.Section](repeating: section, count: count)).encoded().file
    if count <= BundleLimits.sections {
      #expect(try Archive.decode(file, name: "x").archive.sections.count == count)
    } else {
      #expect(throws: BundleError.self) { try Archive.decode(file, name: "x") }
    }
  }

  @Test func writingReplacesTheFileAndLeavesNothingElse() throws {
    let folder = NSTemporaryDirectory() + "bundles-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = Bundle.path(of: "hello", in: folder)
    #expect(path == folder + "/.atoll/hello.atoll")
    try Self.bundle(inputs: nil).write(to: path)
    try Self.bundle().write(to: path)
    #expect(try Bundle.open(path).digest == Self.bundle().digest)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.atoll") == ["hello.atoll"])
  }

  @Test func aMissingBundleSaysWhatToDo() {
    let error = #expect(throws: BundleError.self) { try Bundle.open("/nowhere/x.atoll") }
    #expect(
      error?.message
        == "cannot read the bundle /nowhere/x.atoll: no such file or directory; build it with `atoll build`")
  }

  @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
    let error = #expect(throws: BundleError.self) { try Self.bundle().write(to: "/proc/nowhere/x.atoll") }
    #expect(error?.code == .fileFailed)
    #expect(error?.message.contains("cannot write the bundle /proc/nowhere") == true)
  }
}
