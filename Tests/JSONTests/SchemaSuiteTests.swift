// JSON-Schema-Test-Suite for draft 2020-12: all of it passes but the `optional` folder, of which a table is printed.
import Foundation
import JSON
import Testing

@Suite struct SchemaSuiteTests {
  static let root = SharedData.folder("json-schema-test-suite")
  static let folder = root?.appending(path: "draft2020-12")
  static let names = SharedData.files(in: folder).map(\.lastPathComponent)

  /// The suite's other documents, where its schemas expect to find them.
  static let remotes: [String: [UInt8]] = {
    guard let folder = root?.appending(path: "remotes"),
      let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String })
    else { return [:] }
    var remotes: [String: [UInt8]] = [:]
    for path in paths where path.hasSuffix(".json") {
      remotes["http://localhost:1234/\(path)"] = try? SharedData.bytes(of: folder.appending(path: path))
    }
    return remotes
  }()

  struct Outcome {
    var passed = 0
    var failures: [String] = []
  }

  /// Runs a file of the suite.
  static func run(_ file: URL) throws -> Outcome {
    let bytes = try SharedData.bytes(of: file)
    let span = bytes.span
    var outcome = Outcome()
    var groups = JSONScanner.elements(of: JSONScanner.root(of: span), in: span)
    while let group = groups.next() {
      let source = member("schema", of: group, in: span)
      let schema = Result { () throws(JSONSchemaError) in try JSONSchema(Array(bytes[source]), remotes: remotes) }
      var tests = JSONScanner.elements(of: member("tests", of: group, in: span), in: span)
      while let test = tests.next() {
        let name = "\(text("description", of: group, in: span)): \(text("description", of: test, in: span))"
        let data = Array(bytes[member("data", of: test, in: span)])
        let isExpected = bytes[member("valid", of: test, in: span).lowerBound] == UInt8(ascii: "t")
        switch schema {
        case .failure(let error): outcome.failures.append("\(name): \(error)")
        case .success(let schema):
          let violations = try schema.validate(bytes: data)
          if violations.isEmpty == isExpected {
            outcome.passed += 1
          } else {
            outcome.failures.append("\(name): expected \(isExpected), got \(violations)")
          }
        }
      }
    }
    return outcome
  }

  private static func member(_ key: String, of object: Range<Int>, in bytes: Span<UInt8>) -> Range<Int> {
    JSONScanner.valueRange(forKey: key, in: object, of: bytes) ?? 0..<0
  }

  private static func text(_ key: String, of object: Range<Int>, in bytes: Span<UInt8>) -> String {
    JSONScanner.stringValue(member(key, of: object, in: bytes), in: bytes) ?? ""
  }

  @Test(.enabled(if: root != nil, Comment(rawValue: SharedData.absence)))
  func suiteIsWhole() {
    #expect(Self.names.count == 46)
    #expect(Self.remotes.count > 40)
  }

  @Test(arguments: names)
  func passes(_ name: String) throws {
    let outcome = try Self.run(try #require(Self.folder).appending(path: name))
    #expect(outcome.passed > 0)
    #expect(outcome.failures.isEmpty, "\(outcome.failures.joined(separator: "\n"))")
  }

  /// The optional folder is printed. Formats are annotations here, other drafts are refused: the rest of it passes.
  @Test(.enabled(if: root != nil, Comment(rawValue: SharedData.absence)))
  func optionalFolderIsCounted() throws {
    var lines: [String] = []
    var passed = 0
    var failed = 0
    var failing: [String] = []
    for (title, path) in [("", "optional"), ("format/", "optional/format")] {
      for file in SharedData.files(in: Self.folder?.appending(path: path)) {
        let outcome = try Self.run(file)
        passed += outcome.passed
        failed += outcome.failures.count
        let name = (title + file.lastPathComponent).padding(toLength: 38, withPad: " ", startingAt: 0)
        lines.append("\(name) \(outcome.passed) of \(outcome.passed + outcome.failures.count)")
        if title.isEmpty, !outcome.failures.isEmpty { failing.append(file.lastPathComponent) }
        if title.isEmpty { lines += outcome.failures.map { "    \($0.prefix(200))" } }
      }
    }
    print("JSON Schema 2020-12, optional:\n" + lines.joined(separator: "\n"))
    print("optional in all: \(passed) of \(passed + failed)")
    #expect(failing == ["cross-draft.json", "format-assertion.json"])
  }
}
