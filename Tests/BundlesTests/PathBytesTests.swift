// Paths are bytes: Strings that are equal may name two files.
@testable import Bundles
import Sandbox
import Manifests
import Testing

@Suite struct PathBytesTests {
  private static let composed = "caf\u{E9}.json"
  private static let decomposed = "cafe\u{301}.json"

  @Test func schemasOfOneSpellingAndAnotherAreTwoFiles() throws {
    #expect(Self.composed == Self.decomposed)
    let text = """
      name = "hello"
      [[tools]]
      name = "greet"
      description = "Says hello"
      input = "\(Self.composed)"
      output = "\(Self.decomposed)"

      """
    let (input, output) = (Array(#"{"type":"object"}"#.utf8), Array(#"{"type":"string"}"#.utf8))
    let files = SchemaFiles { path throws(FileError) in path.utf8.elementsEqual(Self.composed.utf8) ? input : output }
    let packed = Bundle(
      manifest: try Manifest.parse(text, schema: files), manifestText: text, module: ModuleBytes.command.bytes,
      inputs: nil)
    let opened = try Bundle.decode(packed.bytes, name: "x.atoll")
    #expect(opened.manifest.tools[0].input.bytes == input)
    #expect(opened.manifest.tools[0].output?.bytes == output)
  }

  @Test(arguments: [("a/b", "a", "b"), ("a/\u{301}b", "a", "\u{301}b"), ("b", ".", "b"), ("/b", "/", "b")])
  func aSlashIsASlashWhateverFollows(path: String, folder: String, name: String) {
    #expect(OutputFile.folder(of: path) == folder)
    #expect(OutputFile.name(of: path) == name)
  }

  @Test func vectorConstantsAreReadAsInitialValues() throws {
    let vector: [UInt8] = [0xFD, 0x0C] + (0..<16).map { $0 == 3 ? 0x0B : $0 } + [0x0B]
    let section: [UInt8] = [2, 0x7B, 1] + vector + [0x7F, 1, 0x41, 5, 0x0B]
    let globals = try ModuleGlobal.list(section)
    #expect(globals.map(\.initial) == [vector, [0x41, 5, 0x0B]])
    #expect(ModuleGlobal.encode(globals) == section)
    #expect(throws: MalformedBytes.self) { try ModuleGlobal.list([1, 0x7B, 1, 0xFD, 0x0D] + vector.dropFirst(2)) }
  }
}
