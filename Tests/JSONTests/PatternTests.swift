// `pattern` means what ECMA-262 says, within bounds.
import Glibc
import Testing

@testable import JSON

@Suite struct PatternTests {
  private func schema(_ pattern: String, _ limits: JSONSchemaLimits = JSONSchemaLimits()) throws -> JSONSchema {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("pattern", pattern)
    writer.endObject()
    return try JSONSchema(writer.bytes, limits: limits)
  }

  private func violations(_ schema: JSONSchema, _ text: String) throws -> [JSONSchema.Violation] {
    var bytes: [UInt8] = []
    JSONWriter.append(text, to: &bytes)
    return try schema.validate(bytes: bytes)
  }

  @Test(arguments: [
    ("a", "cab", true), ("^a$", "a\n", false), ("^a.c$", "a\u{2028}c", false), ("^a.c$", "a😀c", true),
    ("^a.c$", "a\rc", false), ("\\d", "٣", false), ("\\w", "é", false), ("^\\s$", "\u{A0}", true),
    ("^\\s$", "\u{FEFF}", true), ("^\\S$", "\u{3000}", false), ("^[\\s]$", "\u{2003}", true),
    ("^[\\S]$", "\u{2003}", false), ("^[^\\S]$", "\u{2003}", true), ("^\\cJ$", "\n", true), ("^\\u0041$", "A", true),
    ("^\\u{1F600}$", "😀", true), ("^\\ud83d\\ude00$", "😀", true),
    ("^[\\ud83d\\ude00-\\ud83d\\ude02]$", "😁", true),
    ("^\\x41$", "A", true), ("^\\p{Letter}+$", "aéж", true), ("^\\p{L}+$", "a1", false),
    ("^\\P{Lu}$", "a", true), ("^\\p{Script=Greek}+$", "αβγ", true), ("^\\p{Script=Greek}+$", "abc", false),
    ("^\\p{gc=Nd}$", "٣", true), ("^[\\p{L}\\d]+$", "é1", true), ("^[[:alpha:]]$", "a]", true),
    ("^[[:alpha:]]$", "b", false), ("^[]$", "", false), ("^[^]$", "\n", true),
    ("^(?<y>[0-9]{4})-\\k<y>$", "2026-2026", true),
    ("^(a)?\\1b$", "b", true), ("^(?=.*[0-9])(?!.*x).{3,}$", "ab1", true), ("(?<=a)b", "cab", true),
    ("(?<!a)b", "ab", false),
    ("^a{2}$", "aa", true), ("^a{,2}$", "a{,2}", true), ("^a{$", "a{", true), ("^x{1,}?$", "xxx", true),
    ("^a|b$", "xb", true), ("^(?:a|b)+$", "abba", true), ("^[a\\-z]+$", "a-z", true), ("^[\\b]$", "\u{8}", true),
    ("^\\0$", "\0", true), ("^\\/$", "/", true), ("^\\@$", "@", true), ("^a\\$b$", "a$b", true), ("#x y", "#x y", true),
    ("", "anything", true), ("^$", "", true), ("^\\v\\f$", "\u{B}\u{C}", true), ("(?i:ABC)", "xabcx", true),
  ])
  func meansWhatECMASays(_ pattern: String, _ text: String, _ expected: Bool) throws {
    #expect(try violations(schema(pattern), text).isEmpty == expected)
  }

  @Test(arguments: [
    "(", ")", "[", "a**", "*a", "a++", "?", "a{2}{3}", "\\", "\\a", "\\A", "\\Z", "\\z", "\\Q", "\\e", "\\K", "\\h",
    "\\R",
    "\\N", "\\G", "\\C", "(?R)", "(?1)", "(?P<a>b)", "(?>a)", "(?#c)", "(?|a)", "(*FAIL)", "(*LIMIT_MATCH=1)a",
    "(?<1a>b)",
    "(?<a", "\\k", "\\p", "\\pL", "\\p{Nonsense}", "\\p{^L}", "\\u12", "\\u{110000}", "\\x1", "\\c1", "\\01", "[b-a]",
    "[\\1]", "[\\B]", "a{2,1}", "(?s:.)", "\\2(a)", "(?C)", "(?&a)", "^*", "$+",
  ])
  func refusesWhatECMADoesNotKnow(_ pattern: String) {
    let error = #expect(throws: JSONSchemaError.self) { _ = try schema(pattern) }
    #expect(error?.code == .invalidPattern)
    #expect(error?.location == "/pattern")
  }

  @Test func patternOfTheLargestSizeIsAccepted() throws {
    var limits = JSONSchemaLimits()
    limits.patternBytes = 10
    #expect(try violations(schema("aaaaaaaaaa", limits), "aaaaaaaaaa").isEmpty)
    let error = #expect(throws: JSONSchemaError.self) { _ = try schema("aaaaaaaaaaa", limits) }
    #expect(error?.code == .tooLarge)
  }

  // MARK: Patterns that would take for ever

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y$",
    ])
  func catastrophesAreBounded(_ pattern: String) throws {
    let schema = try schema(pattern)
    for text in [String(repeating: "a", count: 40) + "!", String(repeating: "x", count: 5000) + "!y!"] {
      let clock = ContinuousClock()
      var result: [JSONSchema.Violation] = []
      let duration = try clock.measure { result = try violations(schema, text) }
      #expect(result.count == 1)
      #expect(duration < .seconds(2))
    }
  }

  @Test func givingUpIsAViolationThatSaysSo() throws {
    let result = try violations(schema("^(a+)+$"), String(repeating: "a", count: 40) + "!")
    #expect(result.first?.keyword == "pattern")
    #expect(result.first?.message.contains("within the limits") == true)
  }

  /// Giving up must not turn into acceptance where the answer is negated.
  @Test(arguments: [
    #"{"not":{"pattern":"^(a+)+$"}}"#, #"{"if":{"pattern":"^(a+)+$"},"else":true}"#,
    #"{"anyOf":[{"pattern":"^(a+)+$"},true]}"#, #"{"oneOf":[{"pattern":"^(a+)+$"},true]}"#,
    #"{"if":{"pattern":"^(a+)+$"},"then":false}"#,
  ])
  func givingUpIsNeverAcceptance(_ schema: String) throws {
    let compiled = try JSONSchema(Array(schema.utf8))
    let result = try violations(compiled, String(repeating: "a", count: 60) + "!")
    #expect(result.count == 1)
    #expect(result.first?.message.contains("within the limits") == true)
  }

  @Test(.timeLimit(.minutes(1)))
  func manyStringsShareOneBudget() throws {
    let schema = try JSONSchema(Array(#"{"items":{"not":{"pattern":"^(a+)+$"}}}"#.utf8))
    let element = "\"" + String(repeating: "a", count: 13) + "!\""
    let bytes = Array(("[" + [String](repeating: element, count: 50_000).joined(separator: ",") + "]").utf8)
    let result = try schema.validate(bytes: bytes)
    #expect(result.first?.message.contains("within the limits") == true)
  }

  /// Each start costs a scan over what is left of the text, so that the whole would take minutes.
  @Test(.timeLimit(.minutes(1)), arguments: ["[a-z]+@", "[a-z]*[0-9]", "(?:[a-z]+)@", "[^@]+@[^@]+", "\\w+\\d"])
  func scansOfUnanchoredPatternsAreCounted(_ pattern: String) throws {
    let schema = try schema(pattern)
    let bytes = Array("\"\(String(repeating: "a", count: 500_000))\"".utf8)
    let document = try JSONDocument(bytes)
    let began = processorMilliseconds()
    let result = schema.validate(document.root)
    #expect(processorMilliseconds() - began < 200)
    #expect(result.map(\.keyword) == ["pattern"])
    #expect(result.first?.message.contains("within the limits") == true)
  }

  /// A bound on the length is what an author has against costly patterns.
  @Test func patternOfATooLongTextIsNotTried() throws {
    let schema = try JSONSchema(Array(#"{"maxLength":10,"pattern":"^(a+)+$"}"#.utf8))
    let result = try violations(schema, String(repeating: "a", count: 40) + "!")
    #expect(result.map(\.keyword) == ["maxLength"])
  }

  @Test func longHarmlessStringsAreChecked() throws {
    let long = String(repeating: "abc def ", count: 20_000)
    #expect(try violations(schema("^[a-z ]+$"), long).isEmpty)
    #expect(try violations(schema("^(?:[a-z]+ ?)*$"), String(long.prefix(20_000))).isEmpty)
    #expect(try violations(schema("[0-9]"), long).first?.message.hasPrefix("must match") == true)
    #expect(try violations(schema("[0-9]$"), long + "1").isEmpty)
  }

  @Test func threadsHaveTheirOwnMatchData() async throws {
    let schema = try schema("^(?:[a-c]+-?)+$")
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          (0..<200).allSatisfy { _ in (try? schema.validate(bytes: Array("\"abc-cab-bca\"".utf8)))?.isEmpty == true }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}

/// What this thread has used of the processor; other tests that run do not count.
func processorMilliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
