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
    return SHA256.digest(of: all)
  }

  /// `package.json` and `tsconfig.json` of every folder from a file up to the worker's, there or not.
  private var settings: [String] {
    var folders = Set<String>([""])
    for file in files {
      var folder = OutputFile.folder(of: file)
      while folder != ".", folder != "/", folders.insert(folder).inserted { folder = OutputFile.folder(of: folder) }
    }
    let ascending = folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return ascending.flatMap { folder in
      ["package.json", "tsconfig.json"].map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }
  }
}
