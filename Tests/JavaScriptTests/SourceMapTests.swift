// Source maps: what esbuild writes, what an attacker writes, and positions in any text.
import JSON
import Testing

@testable import JavaScript

@Suite("Source maps")
struct SourceMapTests {
  /// Line 1 is nobody's; line 2 has a.ts:1:1 from column 1 and b.ts:3:5 from column 11; line 3 goes on with b.ts:4:1
  /// and ends in a mapping without a source at column 9.
  static let json = #"{"version":3,"sources":["a.ts","b.ts"],"names":[],"mappings":";AAAA,UCEI;AACJ,Q"}"#

  private func map(_ json: String = json) throws -> SourceMap { try SourceMap(Array(json.utf8)) }

  @Test(arguments: [
    (2, 1, "a.ts:1:1"), (2, 10, "a.ts:1:1"), (2, 11, "b.ts:3:5"), (2, 9999, "b.ts:3:5"), (3, 1, "b.ts:4:1"),
    (3, 8, "b.ts:4:1"),
  ])
  func aPlaceIsThatOfTheLastMappingBeforeIt(line: Int, column: Int, expected: String) throws {
    #expect(try map().position(line: line, column: column)?.description == expected)
  }

  @Test(arguments: [(0, 1), (1, 1), (3, 9), (4, 1), (-1, -1), (Int.max, Int.max)])
  func codeOfNobodyHasNoPlace(line: Int, column: Int) throws {
    #expect(try map().position(line: line, column: column) == nil)
  }

  @Test func whatAMapMayMakeOfALineIsBounded() throws {
    let long = String(repeating: "A", count: 4096)
    let map = try map(#"{"version":3,"sources":["\#(long)"],"names":[],"mappings":"AAAA"}"#)
    let text = map.mapped(String(repeating: "worker.js:1:1 ", count: 585))
    #expect(text.utf8.count < 80 << 10)
    #expect(text.hasPrefix(long) && text.hasSuffix("worker.js:1:1 "))
    #expect(throws: JavaScriptError.self) {
      try self.map(#"{"version":3,"sources":["\#(long)A"],"names":[],"mappings":"AAAA"}"#)
    }
    #expect(throws: JavaScriptError.self) {
      try self.map(
        #"{"version":3,"sources":["a"],"names":[],"mappings":"\#(String(repeating: ";", count: 1_000_000))"}"#)
    }
  }

  @Test func positionsInTextAreReplacedAndTheRestIsNot() throws {
    let text = """
      TypeError: no
          at f (worker.js:2:11)
          at my-worker.js:2:1, /worker.js:2:1, worker.js:1:1, worker.js:2, worker.js:2:
          at worker.js:3:1
      """
    #expect(
      try map().mapped(text) == """
        TypeError: no
            at f (b.ts:3:5)
            at my-worker.js:2:1, /worker.js:2:1, worker.js:1:1, worker.js:2, worker.js:2:
            at b.ts:4:1
        """)
    #expect(try map().firstPosition(in: text)?.description == "b.ts:3:5")
    #expect(try map().firstPosition(in: "worker.js:1:1 and worker.js:3:1")?.description == "b.ts:4:1")
    #expect(try map().firstPosition(in: "nothing") == nil)
    #expect(try map().mapped("") == "")
  }

  @Test func whatIsWrittenReadsAlike() throws {
    let again = try SourceMap(try map().encoded())
    #expect(again.sources == ["a.ts", "b.ts"])
    #expect(again.position(line: 2, column: 11)?.description == "b.ts:3:5")
    #expect(try again.encoded() == map().encoded())
  }

  @Test func sourcesCanBeRenamed() throws {
    let renamed = try SourceMap(Array(Self.json.utf8)) { "src/" + $0 }
    #expect(renamed.position(line: 2, column: 1)?.file == "src/a.ts")
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"sources":["a"]}"#, #"{"mappings":""}"#, #"{"sources":["a"],"mappings":"!"}"#,
    // A source past the list, a negative line, a number that never ends, one that ends in the middle.
    #"{"sources":["a"],"mappings":"ACAA"}"#, #"{"sources":[],"mappings":"AAAA"}"#,
    #"{"sources":["a"],"mappings":"AADA"}"#, #"{"sources":["a"],"mappings":"gggggggggggggB"}"#,
    #"{"sources":["a"],"mappings":"g"}"#, #"{"sources":["a"],"mappings":"AA"}"#, #"{"sources":["a"],"mappings":"D"}"#,
  ])
  func aBrokenMapIsAnError(json: String) {
    let error = #expect(throws: JavaScriptError.self) { try map(json) }
    #expect(error?.code == .badSourceMap)
  }

  @Test func numbersThatAddUpPastTheirTypeAreAnErrorAndNotACrash() {
    let huge = String(repeating: "+/////D,", count: 5_000)
    #expect(throws: JavaScriptError.self) { try map(#"{"sources":["a"],"mappings":"\#(huge)"}"#) }
  }
}
