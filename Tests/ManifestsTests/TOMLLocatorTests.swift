// Lines of keys in every spelling TOML has.
@testable import Manifests
import Testing

@Suite struct TOMLLocatorTests {
  private func line(_ toml: String, _ path: PathStep...) -> Int? { TOMLLocator(toml).place(of: path)?.line }

  @Test func findsPlainDottedAndQuotedKeys() {
    let toml = "\n# comment = 1\na = 1\nb.c = 2\n\"d e\" = 3\n'f.g'.\"h\\u0041\" = 4\n"
    #expect(line(toml, .key("a")) == 3)
    #expect(line(toml, .key("b"), .key("c")) == 4)
    #expect(line(toml, .key("d e")) == 5)
    #expect(line(toml, .key("f.g"), .key("hA")) == 6)
    #expect(line(toml, .key("comment")) == nil)
  }

  @Test func findsKeysInTablesAndArraysOfTables() {
    let toml = """
      [ a . "b" ]
      c = 1
      [[t]]
      n = 1
      [t.in.side]
      x = 1
      [[t]]
      n = 2
      [[t.deep]]
      y = 1
      [[t.deep]]
      y = 2
      """
    #expect(line(toml, .key("a"), .key("b"), .key("c")) == 2)
    #expect(line(toml, .key("t"), .index(0)) == 3)
    #expect(line(toml, .key("t"), .index(0), .key("in"), .key("side"), .key("x")) == 6)
    #expect(line(toml, .key("t"), .index(1), .key("n")) == 8)
    #expect(line(toml, .key("t"), .index(1), .key("deep"), .index(1), .key("y")) == 12)
  }

  @Test func stringsOfManyLinesAreStepped() {
    let toml = "a = \"\"\"\nx = 1\n# no\\\n \\\"\"\" y\"\"\"\"\"\nb = '''\n[t]\n'''''\nc = \"#\" # \"\nd = '\\'\ne = 1"
    #expect(line(toml, .key("x")) == nil)
    #expect(line(toml, .key("b")) == 5)
    #expect(line(toml, .key("c")) == 8)
    #expect(line(toml, .key("d")) == 9)
    #expect(line(toml, .key("e")) == 10)
  }

  @Test func inlineTablesAndArraysAreEntered() {
    let toml =
      "a = { b = 1, c.d = { e = [ 1, { f = 2 } ] } }\ng = [ # one\n  1,\n  [ 2,\n 3 ],\n  { h = 4 },\n]\n"
      + "i = 1979-05-27 07:32:00 # x\nj = 1"
    #expect(line(toml, .key("a"), .key("c"), .key("d"), .key("e"), .index(1), .key("f")) == 1)
    #expect(line(toml, .key("g"), .index(0)) == 3)
    #expect(line(toml, .key("g"), .index(1), .index(1)) == 5)
    #expect(line(toml, .key("g"), .index(2), .key("h")) == 6)
    #expect(line(toml, .key("j")) == 9)
  }

  @Test func aMissingPathFallsBackToWhatIsAroundIt() {
    let locator = TOMLLocator("\n[a]\nb = 1")
    #expect(locator.line(of: [.key("a"), .key("zzz")]) == 2)
    #expect(locator.line(of: [.key("zzz")]) == nil)
  }

  @Test func orderIsTheAuthors() {
    let locator = TOMLLocator("z = 1\na = 2\n")
    #expect((locator.place(of: [.key("z")])?.order ?? 9) < (locator.place(of: [.key("a")])?.order ?? 0))
  }

  /// The text has been accepted by a parser, but two parsers never quite agree: no text may hang or trap this one.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "=", "]", "[", "[[", "[[a", "a", "a=", "a=\"", "a='''", "a=\"\\", "a=\"\\u12", "a=[", "a={", "a={b", "a={=}",
      "a=[=]",
      "a=}", "{", "}}}}", ",,,", "\"", "'", "a.", ".", "a..b=1", "\u{FEFF}", "a=[}", "a={]", "a=\"\"\"\"\"", "a=[,,]",
    ])
  func oddTextEnds(text: String) {
    #expect(TOMLLocator(text).nulLine == nil)
    #expect(TOMLLocator(String(repeating: text, count: 400)).nulLine == nil)
  }
}
