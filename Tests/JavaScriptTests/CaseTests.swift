// The tables of cases under cases/, each run in a worker, in an instance of its own.
import Foundation
import Sandbox
import Testing

@testable import JavaScript

/// One line of a table: an expression, and the JSON of its value or the error it throws.
struct Case: Sendable {
  let line: Int
  let expression: String
  let expected: String

  static func table(_ name: String) throws -> [Case] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cases/\(name).txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
      guard let mark = line.range(of: " ==> ", options: .backwards) else {
        Issue.record("\(name).txt:\(index + 1) has no ==>")
        return nil
      }
      return Case(
        line: index + 1, expression: String(line[..<mark.lowerBound]), expected: String(line[mark.upperBound...]))
    }
  }

  /// The tool that evaluates it: `{"value":…}`, or `{"thrown":"name: message"}`.
  var tool: String {
    """
    "\(line)": async () => { try { return { value: await (\(expression)) }; } catch (error) {
      return { thrown: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }; } },

    """
  }

  func fits(_ answer: String) -> Bool {
    guard expected.hasPrefix("throws ") else {
      return answer == (expected == "undefined" ? "{}" : "{\"value\":\(expected)}")
    }
    let thrown = expected.dropFirst("throws ".count)
    // A name alone stands for any message.
    let quoted = thrown.replacing("\"", with: "\\\"")
    return answer == "{\"thrown\":\"\(quoted)\"}" || answer.hasPrefix("{\"thrown\":\"\(thrown): ")
  }
}

@Suite("Cases of language and API", .timeLimit(.minutes(1)))
struct CaseTests {
  @Test(arguments: ["language", "api"])
  func everyCaseHasItsValue(table: String) async throws {
    let cases = try Case.table(table)
    let limits = CallLimits(memoryBytes: 64 << 20, cpuMilliseconds: 5_000)
    let source = module(cases.map(\.tool).joined())
    let wrong = try await withWorker(source, limits: limits) { sandbox, prepared in
      var wrong: [String] = []
      for one in cases {
        let outcome = await sandbox.call(prepared, request: request("\(one.line)"), ledger: CallLedger())
        let answer = outcome.text ?? "\(outcome)"
        if !one.fits(answer) {
          wrong.append("\(table).txt:\(one.line): \(one.expression)\n  expected \(one.expected)\n  got \(answer)")
        }
      }
      return wrong
    }
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    #expect(cases.count >= 90)
  }

  /// docs/javascript.md lists the Minimum Common Web API; what it says is what a worker finds.
  @Test func theTableOfTheDocumentationIsTrue() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/javascript.md")
    let page = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(page.range(of: "## The Minimum Common Web API"))
    var rows: [(names: [String], isThere: Bool)] = []
    for line in page[start.upperBound...].split(separator: "\n") {
      if line.hasPrefix("## ") { break }
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard line.hasPrefix("| `"), cells.count == 3 else { continue }
      let names = cells[0].split(separator: ",").map { $0.trimmingCharacters(in: [" ", "`"]) }
      #expect(["yes", "no"].contains(cells[1]), "\(line)")
      rows.append((names, cells[1] == "yes"))
    }
    let names = rows.flatMap { row in row.names.map { ($0, row.isThere) } }
    #expect(names.count >= 75)
    let list = names.map { "\"\($0.0)\"" }.joined(separator: ",")
    let isThere = "(path) => path.split('.').reduce((at, name) => at?.[name], globalThis) !== undefined"
    let source = module("t() { return [\(list)].filter(\(isThere)) }")
    let answer = try #require(try await call(source).text)
    let found = answer.dropFirst().dropLast().split(separator: ",").map { String($0.dropFirst().dropLast()) }
    #expect(found.sorted() == names.filter(\.1).map(\.0).sorted())
  }
}
