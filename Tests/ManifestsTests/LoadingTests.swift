// Manifests and schemas from a folder: what is missing, too large, not text, or led outside by a link.
import Foundation
import Manifests
import Testing

@Suite struct LoadingTests {
  /// A folder of its own for each test, with a file beside it that must not be reachable.
  final class Folder {
    let path: String
    init() throws {
      path = NSTemporaryDirectory() + "manifests-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path + "/worker/schemas", withIntermediateDirectories: true)
      try Data(#"{"type":"object"}"#.utf8).write(to: URL(fileURLWithPath: path + "/outside.json"))
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var worker: String { path + "/worker" }
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: worker + "/" + name))
    }
  }

  @Test func readsTheManifestAndItsSchemas() throws {
    let folder = try Folder()
    try folder.write("atoll.toml", Samples.full.utf8)
    try folder.write("schemas/get_forecast.json", Samples.forecastSchema)
    #expect(try Manifest.load(folder: folder.worker) == Manifest.parse(Samples.full, schema: Samples.files))
    #expect(try Manifest.text(folder: folder.worker) == Samples.full)
  }

  @Test func aMissingManifestSaysWhatToDo() throws {
    let folder = try Folder()
    let error = #expect(throws: ManifestError.self) { try Manifest.load(folder: folder.worker) }
    #expect(
      error?.description == folder.worker + "/atoll.toml: there is none here; write one, or let `atoll new` write it")
  }

  @Test func aManifestThatIsNotTextIsRefused() throws {
    let folder = try Folder()
    try folder.write("atoll.toml", [0x6E, 0xFF])
    #expect(throws: ManifestError.self) { try Manifest.load(folder: folder.worker) }
  }

  @Test(arguments: [1 << 20, (1 << 20) + 1])
  func schemaFilesAreBounded(count: Int) throws {
    let folder = try Folder()
    try folder.write("atoll.toml", Samples.least(ending: "input = \"s.json\"").utf8)
    let schema = Array(#"{"type":"object"}"#.utf8)
    try folder.write("s.json", schema + [UInt8](repeating: 0x20, count: count - schema.count))
    if count <= 1 << 20 {
      #expect(try Manifest.load(folder: folder.worker).tools[0].input.bytes.count == count)
    } else {
      let error = #expect(throws: ManifestError.self) { try Manifest.load(folder: folder.worker) }
      #expect(error?.message.contains("1048577 bytes, more than 1048576") == true)
    }
  }

  @Test func aLinkInsideTheFolderIsFollowed() throws {
    let folder = try Folder()
    try folder.write("real.json", #"{"type":"object"}"#.utf8)
    try FileManager.default.createSymbolicLink(atPath: folder.worker + "/link.json", withDestinationPath: "real.json")
    try folder.write("atoll.toml", Samples.least(ending: "input = \"link.json\"").utf8)
    #expect(try Manifest.load(folder: folder.worker).tools[0].input.file == "link.json")
  }

  @Test func aLinkOutOfTheFolderIsRefused() throws {
    let folder = try Folder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.worker + "/link.json", withDestinationPath: "../outside.json")
    try folder.write("atoll.toml", Samples.least(ending: "input = \"link.json\"").utf8)
    let error = #expect(throws: ManifestError.self) { try Manifest.load(folder: folder.worker) }
    #expect(error?.message.contains("it lies outside") == true)
    #expect(error?.line == 5)
  }

  @Test func aFolderOrAPipeIsNoSchema() throws {
    let folder = try Folder()
    try folder.write("atoll.toml", Samples.least(ending: "input = \"schemas\"").utf8)
    let error = #expect(throws: ManifestError.self) { try Manifest.load(folder: folder.worker) }
    #expect(error?.message.contains("it is a folder") == true)
  }
}
