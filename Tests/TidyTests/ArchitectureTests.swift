// The house plan as a test: imports go downwards, documents say what the code does.
import Foundation
import Manifests
import Testing

@Suite struct ArchitectureTests {
  @Test func importsGoDownwards() {
    for file in Repository.sources {
      guard let module = file.module else { continue }
      let allowed = House.order.prefix { $0 != module }
      for (line, imported) in Self.imports(of: file) where (House.order + House.apart).contains(imported) {
        #expect(
          !House.apart.contains(module) && allowed.contains(imported),
          "\(file.path):\(line): \(module) imports \(imported), which is not above it")
      }
    }
  }

  @Test func everyModuleHasItsPlace() {
    let modules = Set(Repository.sources.compactMap(\.module))
    #expect(modules.subtracting(House.order).subtracting(House.apart) == [])
  }

  /// A module that is not on the list of those with pointers is built with strict memory safety.
  @Test func theRestIsBuiltWithStrictMemorySafety() throws {
    let package = try #require(Repository.file("Package.swift")?.text.components(separatedBy: "\n  targets: [").last)
    for module in Set(Repository.sources.compactMap(\.module)).subtracting(House.withPointers) {
      let declaration = package.components(separatedBy: "name: \"\(module)\",").dropFirst().first ?? ""
      let settings = declaration.components(separatedBy: "swiftSettings: ").dropFirst().first ?? ""
      let isStrict = settings.hasPrefix("pointerFree")
      #expect(isStrict, "\(module) is not built with pointerFree")
    }
  }

  @Test func theReadmeIsShort() throws {
    let readme = try #require(Repository.file("README.md"))
    #expect(readme.lines.count < House.readmeLinesMax)
  }

  /// Every module is in the README's table, linked to its folder.
  @Test func theReadmeLinksEveryModule() throws {
    let readme = try #require(Repository.file("README.md")).text
    for module in Set(Repository.sources.compactMap(\.module)) {
      let isLinked = readme.contains("(Sources/\(module)")
      #expect(isLinked, "the README does not link Sources/\(module)")
    }
  }

  @Test func everyKeyIsInTheManual() throws {
    let manual = Repository.files.filter { $0.path.hasPrefix("docs/") && $0.path.hasSuffix(".md") }.map(\.text).joined()
    for key in Self.keys(of: Manifest.shape) + Self.keys(of: NodeConfiguration.shape)
      + Self.keys(of: TopologyFile.shape)
      + Self.keys(of: Scenario.shape)
    {
      let isThere = manual.contains("`\(key)`") || manual.contains("[\(key)]")
      #expect(isThere, "docs say nothing of `\(key)`")
    }
  }

  /// From the first column: an indented import is a template's.
  private static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    file.code.compactMap { line in
      guard line.text.contains("import "),
        let found = line.text.firstMatch(of: #/^(?:@\w+ )*(?:\w+ )?import (?:\w+ )?(\w+)/#)
      else { return nil }
      return (line.number, String(found.output.1))
    }
  }

  private static func keys(of table: TableShape) -> [String] {
    table.keys.flatMap { key -> [String] in
      switch key.kind {
      case .table(let inner): [key.name] + keys(of: inner)
      case .tables(let inner, _): [key.name] + keys(of: inner)
      default: [key.name]
      }
    }
  }
}
