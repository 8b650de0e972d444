// The repository as the lint reads it: the text files that are ours, nothing fetched and nothing built.
import Foundation

/// One text file.
struct SourceFile: Sendable {
  /// From the repository's root, such as "Sources/JSON/JSONPool.swift".
  let path: String
  let text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var isSwift: Bool { path.hasSuffix(".swift") }
  /// The module of a file under Sources, such as "JSON"; nil elsewhere and for the C libraries.
  var module: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" && parts[1] != "CLibraries" ? String(parts[1]) : nil
  }

  /// The lines without what follows `//`: comments may name what code may not use.
  var code: [(number: Int, text: Substring)] {
    lines.enumerated().map { index, line in
      (index + 1, line.prefix(upTo: line.range(of: "//")?.lowerBound ?? line.endIndex))
    }
  }

  /// Where the pattern occurs in code, as "path:line". `word` is in each occurrence, and quicker to look for.
  func places(of pattern: Regex<Substring>, with word: String) -> [String] {
    guard text.contains(word) else { return [] }
    return code.filter { $0.text.contains(word) }.filter { $0.text.contains(pattern) }.map { "\(path):\($0.number)" }
  }
}

enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().standardized.path

  /// Every text file that git would keep, read once.
  static let files: [SourceFile] = folders.flatMap(filesBelow) + loose.compactMap(file)
  static let swift = files.filter(\.isSwift)
  static let sources = swift.filter { $0.module != nil }

  private static let folders = ["Sources", "Tests", "Scripts", "bench", "docs", "workers"]
  private static let loose = ["Package.swift", "Makefile", "README.md", ".gitignore", ".ci/run"]
  private static let textSuffixes = [
    "swift", "c", "h", "modulemap", "py", "lua", "md", "toml", "json", "txt", "yml", "Makefile", "run", "leak",
    "bootstrap", "release", "demo",
  ]

  static func file(_ path: String) -> SourceFile? {
    (try? String(contentsOfFile: root + "/" + path, encoding: .utf8)).map { SourceFile(path: path, text: $0) }
  }

  private static func filesBelow(_ folder: String) -> [SourceFile] {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder)) ?? []
    return paths.sorted().filter { path in
      let parts = path.split(separator: "/")
      return !parts.contains { $0.hasPrefix(".") || $0 == "__pycache__" }
        && textSuffixes.contains { path == $0 || path.hasSuffix("." + $0) || path.hasSuffix("/" + $0) }
    }.compactMap { file(folder + "/" + $0) }
  }
}
