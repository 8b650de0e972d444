// The house plan as a test: imports go downwards, documents say what the code does.
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
    let package = try #require(Repository.file("Package.swift")).text
    for module in Set(Repository.sources.compactMap(\.module)).subtracting(House.withPointers) {
      let target = try #require(package.firstRange(of: "name: \"\(module)\","), "\(module) is a target")
      let declaration = package[target.lowerBound...].prefix(1_000)
      let settings = try #require(declaration.firstRange(of: "swiftSettings: "))
      #expect(declaration[settings.upperBound...].hasPrefix("pointerFree"), "\(module)")
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
      #expect(readme.contains("(Sources/\(module)"), "\(module)")
    }
  }

  @Test func everyKeyIsInTheManual() throws {
    let manual = Repository.files.filter { $0.path.hasPrefix("docs/") && $0.path.hasSuffix(".md") }.map(\.text).joined()
    for key in Self.keys(of: Manifest.shape) + Self.keys(of: NodeConfiguration.shape) {
      #expect(manual.contains(key), "docs say nothing of `\(key)`")
    }
  }

  private static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    file.code.compactMap { line in
      guard let found = line.text.firstMatch(of: #/^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:\w+\s+)?(\w+)/#) else { return nil }
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
