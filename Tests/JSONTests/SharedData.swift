// Finds the data that lies beside the checkout: `shared/data`. Tests that need it are skipped where it is absent.
import Foundation

enum SharedData {
  static let absence = "the shared data is absent: put it beside the checkout, or name its folder in ATOLL_SHARED"

  /// A folder of the shared data; nil where it is absent.
  static func folder(_ name: String) -> URL? {
    candidates.map { $0.appending(path: "data/\(name)") }.first { FileManager.default.fileExists(atPath: $0.path) }
  }

  static func bytes(of file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

  /// The JSON files in a folder, by name; not those in folders inside.
  static func files(in folder: URL?) -> [URL] {
    guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appending(path: $0) }
  }

  private static var candidates: [URL] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["ATOLL_SHARED"].map { URL(fileURLWithPath: $0) }
    return [named, root.appending(path: "../shared"), root.appending(path: "../../shared")].compactMap { $0 }
  }
}
