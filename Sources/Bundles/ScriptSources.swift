// The files that a JavaScript worker was made from, as esbuild found them, and whether they are still the same.
internal import JavaScript
internal import Manifests
internal import Sandbox

/// Below the worker's folder a file is named by its path from there, elsewhere by its whole path.
struct ScriptSources {
  /// Ascending.
  let files: [String]
  /// The worker's folder.
  let folder: String

  /// Whether one of them was changed at that moment (`Files.now`) or later: then what was bundled and what lies there now
  /// may differ.
  func haveChanged(since moment: Int64) -> Bool {
    (files + settings + settingsAbove).contains { name in
      (Files.lastChange(name.hasPrefix("/") ? name : "\(folder)/\(name)") ?? .min) >= moment
    }
  }

  /// SHA-256 over what decides the image: language, flags, engine, the files' names and contents, and the settings of
  /// npm and TypeScript on the way to them, which decide what an import means.
  func digest(_ language: SourceLanguage) -> [UInt8] {
    var all = Array("atoll inputs 1 \(language.rawValue) \(Esbuild.flags.joined(separator: " "))\n".utf8)
    all += JavaScriptEngine.digest
    for name in files + settings {
      let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
      all.appendLEB(name.utf8.count)
      all += Array(name.utf8)
      // A file that is gone counts as one that is empty and was not: the digest differs either way.
      do throws(FileError) {
        all += SHA256.digest(of: try Files.read(path, atMost: BundleLimits.sourceFileBytes))
      } catch {
        all.append(0)
      }
    }
    // By content alone: where the folder lies must not show in its bundle.
    for path in settingsAbove {
      if let bytes = try? Files.read(path, atMost: BundleLimits.sourceFileBytes) { all += SHA256.digest(of: bytes) }
    }
    return SHA256.digest(of: all)
  }

  private static let settingNames = ["package.json", "tsconfig.json", "jsconfig.json"]

  /// The same files of the folders above the worker's: esbuild looks there too.
  private var settingsAbove: [String] {
    guard var folder = try? Files.real(folder) else { return [] }
    var paths: [String] = []
    while folder != "/", folder != "." {
      folder = OutputFile.folder(of: folder)
      paths += Self.settingNames.map { folder == "/" ? "/\($0)" : "\(folder)/\($0)" }
    }
    return paths
  }

  /// Settings of every folder from a file up to the worker's, there or not. What a tsconfig.json extends is not followed.
  private var settings: [String] {
    var folders = Set<String>([""])
    for file in files {
      var folder = OutputFile.folder(of: file)
      while folder != ".", folder != "/", folders.insert(folder).inserted { folder = OutputFile.folder(of: folder) }
    }
    let ascending = folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return ascending.flatMap { folder in
      Self.settingNames.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }
  }
}
