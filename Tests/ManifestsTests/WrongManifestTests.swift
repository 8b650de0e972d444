// Every way a manifest can be wrong, each with the line and the words that its author sees.
import Manifests
import Testing

@Suite struct WrongManifestTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let toml: String
    let line: Int?
    let code: ManifestError.Code
    /// Each must stand in the message.
    let words: [String]
    var file = "atoll.toml"
    var testDescription: String { words.joined(separator: " … ") }

    init(_ toml: String, _ line: Int?, _ code: ManifestError.Code, _ words: String..., file: String = "atoll.toml") {
      (self.toml, self.line, self.code, self.words, self.file) = (toml, line, code, words, file)
    }
  }

  @Test(arguments: unknown + types + grants + placement + values + tools + schemas + syntax)
  func isRefusedWithLineAndFix(_ sample: Case) {
    let error = #expect(throws: ManifestError.self) { try Manifest.parse(sample.toml, schema: Samples.files) }
    guard let error else { return }
    #expect(error.code == sample.code, "\(error)")
    #expect(error.line == sample.line, "\(error)")
    #expect(error.file == sample.file, "\(error)")
    for words in sample.words { #expect(error.message.contains(words), "\(error)") }
    #expect(error.description.hasPrefix(sample.line.map { "\(sample.file):\($0):" } ?? "\(sample.file): "))
  }

  static let unknown: [Case] = [
    Case(
      Samples.least(ending: "[limits]\nmemry = \"1MiB\""), 6, .unknownKey,
      "unknown key `limits.memry`; did you mean `memory`?"),
    Case(Samples.least(ending: "[limits]\ncpuMs = 5"), 6, .unknownKey, "`limits.cpuMs`; did you mean `cpu_ms`?"),
    Case(
      Samples.least(ending: "[limit]\nmemory = \"1MiB\""), 5, .unknownKey, "unknown key `limit`; did you mean `limits`?"
    ),
    Case(
      Samples.least(adding: "memory = \"1MiB\""), 2, .unknownKey,
      "unknown key `memory`; did you mean `memory` in [limits]?"),
    Case(Samples.least(adding: "colour = 1"), 2, .unknownKey, "the file knows `name`, `version`"),
    Case(Samples.least(ending: "read-only = true"), 5, .unknownKey, "`tools[1].read-only`; did you mean `read_only`?"),
    Case(Samples.least(ending: "[limits]\nthreads = 5"), 6, .unknownKey, "[limits] knows `memory`, `cpu_ms`"),
    Case(Samples.least(adding: "\"odd key\" = 1"), 2, .unknownKey, "`\"odd key\"`"),
    Case(Samples.least(ending: "[[prompts]]"), 5, .unknownKey, "`prompts` is not enforced"),
    Case(Samples.least(adding: "zzz = 1\naaa = 2"), 2, .unknownKey, "`zzz`"),
  ]

  static let grants: [Case] = [
    Case(Samples.least(ending: "[permissions]\nkv = [\"_sessions\"]"), 6, .badValue, "starts with a letter or digit"),
    Case(Samples.least(ending: "[permissions]\nkv = \"a\""), 6, .wrongType, "must be an array of strings"),
    Case(Samples.least(ending: "[session]"), 5, .missingKey, "[session] has no `ttl`; write ttl = \"30m\""),
    Case(Samples.least(ending: "[session]\nttl = \"30 minutes\""), 6, .badValue, "which is no time", "such as \"30m\""),
    Case(Samples.least(ending: "[session]\nttl = \"10ms\""), 6, .badValue, "must be 1s to 366d; write \"1s\""),
    Case(Samples.least(ending: "[session]\nttl = \"99999999999999d\""), 6, .badValue, "which is no time"),
    Case(Samples.least(ending: "[session]\nttl = \"30m\""), 5, .badValue, "no tool uses the session"),
    Case(Samples.least(ending: "session = true"), 5, .missingKey, "there is no [session]; write [session]"),
    Case(Samples.upstream("name = \"a b\"\nurl = \"https://x.example\""), 6, .badValue, "lower-case letters"),
    Case(Samples.upstream("name = \"a\""), 5, .missingKey, "has no `url`"),
    Case(Samples.upstream("name = \"a\"\nurl = \"ftp://x.example\""), 7, .badValue, "https://HOST/PATH"),
    Case(Samples.upstream("name = \"a\"\nurl = \"https://u:p@x.example\""), 7, .badValue, "{secret:NAME}"),
    Case(Samples.upstream("name = \"a\"\nurl = \"https://x.example/?k=1\""), 7, .badValue, "has a query"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\nmethods = [\"get\"]"), 8, .badValue, "in capitals"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\nheaders = { Host = \"y\" }"), 8, .badValue,
      "`upstreams[1].headers.Host`: the host sets this header itself"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\nheaders = { A = \"{secret:lower}\" }"), 8, .badValue,
      "capital letters, digits and `_`"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\nheaders = { A = \"{secret A}\" }"), 8, .badValue,
      "written `{secret:NAME}`"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\nheaders = { A = \"a\\nb\" }"), 8, .badValue,
      "visible ASCII only"),
    Case(
      Samples.upstream("name = \"a\"\nurl = \"https://x.example\"\ntimeout_ms = 100\nconnect_timeout_ms = 200"), 9,
      .badValue, "more than its `timeout_ms` of 100"),
    Case(
      Samples.upstream(
        "name = \"a\"\nurl = \"https://x.example\"\n[[upstreams]]\nname = \"a\"\nurl = \"https://y.example\""), 9,
      .duplicate, "upstream `a` stands here twice"),
  ]

  static let placement: [Case] = [
    Case(
      Samples.least(ending: "[placement]\njurisdictions = []"), 6, .badValue,
      "`placement.jurisdictions` is empty, so the worker could run nowhere; name one, or remove the key"),
    Case(Samples.least(ending: "[placement]\njurisdictions = \"eu\""), 6, .wrongType, "must be an array of strings"),
    Case(Samples.least(ending: "[placement]\njurisdictions = [\"EU\"]"), 6, .badValue, "lower-case", "\"eu\""),
    Case(
      Samples.least(ending: "[placement]\ntier = \"egde\""), 6, .badValue,
      "`placement.tier` is \"egde\", but must be one of \"auto\", \"edge\", \"core\"; did you mean \"edge\"?"),
    Case(Samples.least(ending: "[placement]\nnear = \"Orders DB\""), 6, .badValue, "lower-case letters"),
    Case(Samples.least(ending: "[placement]\nlatency_budget_ms = 0"), 6, .badValue, "must be 0.1 to 600000; write 0.1"),
    Case(Samples.least(ending: "[placement]\nlatency_budget_ms = nan"), 6, .badValue, "write 200"),
    Case(Samples.least(ending: "[placement]\nlatency_budget_ms = inf"), 6, .badValue, "write 200"),
    Case(Samples.least(ending: "[placement]\nlatency_budget = 5"), 6, .unknownKey, "did you mean `latency_budget_ms`?"),
    Case(Samples.least(ending: "[tools.expect]\nservice_ms = -1"), 6, .badValue, "must be 0 to 600000; write 0"),
    Case(Samples.least(ending: "expect = { kv_reads = \"1\" }"), 5, .wrongType, "must be a number"),
    Case(Samples.least(ending: "expect = { answer = 4096 }"), 5, .wrongType, "must be a size in quotes"),
    Case(Samples.least(ending: "[tools.expect]\nkv_read = 1"), 6, .unknownKey, "did you mean `kv_reads`?"),
  ]

  static let types: [Case] = [
    Case(
      "name = 5\n[[tools]]", 1, .wrongType, "`name` must be a string, but is a whole number; write name = \"weather\""),
    Case(
      Samples.least(ending: "[limits]\nmemory = 16"), 6, .wrongType,
      "`limits.memory` must be a size in quotes, but is a whole number; write memory = \"16MiB\""),
    Case(
      Samples.least(ending: "[limits]\ncpu_ms = \"50\""), 6, .wrongType,
      "must be a whole number, but is a string; write cpu_ms = 50"),
    Case(Samples.least(ending: "[limits]\ncpu_ms = 0.5"), 6, .wrongType, "but is a number with a point"),
    Case(
      Samples.least(ending: "read_only = \"yes\""), 5, .wrongType,
      "`tools[1].read_only` must be true or false, but is a string; write read_only = true"),
    Case(
      Samples.least(adding: "limits = 5"), 2, .wrongType, "`limits` must be a table",
      "write [limits] on a line of its own"),
    Case(Samples.least(adding: "source = [\"swift\"]"), 2, .wrongType, "`source` must be a table, but is an array"),
    Case(
      "name = \"a\"\ntools = \"greet\"", 2, .wrongType,
      "`tools` must be an array of tables, but is a string; write [[tools]]"),
    Case(
      "name = \"a\"\n[tools]\nname = \"b\"", 2, .wrongType,
      "`tools` must be an array of tables, but is a table; write [[tools]]"),
    Case("name = \"a\"\ntools = [\n  1\n]", 3, .wrongType, "`tools[1]` must be a table, but is a whole number"),
    Case(Samples.least(ending: "input = 5"), 5, .wrongType, "`tools[1].input` must be a schema"),
    Case(Samples.least(ending: "title = 2020-01-01"), 5, .wrongType, "but is a date or time"),
  ]

  static let values: [Case] = [
    Case(
      "version = \"1.0.0\"\n[[tools]]\nname = \"a\"", nil, .missingKey,
      "the file has no `name`; write name = \"weather\""),
    Case("", nil, .missingKey, "the file has no `name`"),
    Case("name = \"a\"", nil, .missingKey, "the file has no `tools`; write [[tools]]"),
    Case("name = \"a\"\ntools = []", 2, .missingKey, "write at least one [[tools]]"),
    Case("name = \"My Worker\"\n[[tools]]", 1, .badValue, "`name` is \"My Worker\"", "write \"My_Worker\""),
    Case("name = \"-a\"\n[[tools]]", 1, .badValue, "write \"a\""),
    Case("name = \"\"\n[[tools]]", 1, .badValue, "`name` is \"\""),
    Case("name = \"..\"\n[[tools]]", 1, .badValue, "a name has letters"),
    Case("name = \"\(String(repeating: "n", count: 65))\"\n[[tools]]", 1, .badValue, "has 65 bytes; write at most 64"),
    Case(Samples.least(adding: "version = \"1.2\""), 2, .badValue, "a version is MAJOR.MINOR.PATCH; write \"1.2.0\""),
    Case(Samples.least(adding: "version = \"v1.2.3\""), 2, .badValue, "MAJOR.MINOR.PATCH"),
    Case(Samples.least(adding: "version = \"01.2.3\""), 2, .badValue, "write \"1.2.3\""),
    Case(Samples.least(adding: "description = \"a\\u0007b\""), 2, .badValue, "control character"),
    Case(Samples.least(adding: "description = \"  \""), 2, .badValue, "it is empty"),
    Case(Samples.least(ending: "[limits]\nmemory = \"16MB\""), 6, .badValue, "is no size", "\"16MiB\""),
    Case(Samples.least(ending: "[limits]\nmemory = \"lots\""), 6, .badValue, "\"16MiB\""),
    Case(Samples.least(ending: "[limits]\nmemory = \"-1MiB\""), 6, .badValue, "is no size"),
    Case(Samples.least(ending: "[limits]\nmemory = \"999999999999GiB\""), 6, .badValue, "is no size"),
    Case(
      Samples.least(ending: "[limits]\nmemory = \"65MiB\""), 6, .badValue, "must be 64KiB to 64MiB; write \"64MiB\""),
    Case(Samples.least(ending: "[limits]\nmemory = \"63KiB\""), 6, .badValue, "write \"64KiB\""),
    Case(Samples.least(ending: "[limits]\ncpu_ms = 0"), 6, .badValue, "is 0, but must be 1 to 60000; write 1"),
    Case(Samples.least(ending: "[limits]\ncpu_ms = 60001"), 6, .badValue, "write 60000"),
    Case(Samples.least(ending: "[limits]\nwall_ms = 300001"), 6, .badValue, "write 300000"),
    Case(Samples.least(ending: "[limits]\nhost_calls = -3"), 6, .badValue, "must be 1 to 1000000"),
    Case(Samples.least(ending: "[limits]\noutput = \"17MiB\""), 6, .badValue, "write \"16MiB\""),
    Case(
      Samples.least(ending: "[limits]\ncpu_ms = 100\nwall_ms = 99"), 7, .badValue, "less than `limits.cpu_ms` (100)",
      "wall_ms = 100 or more"),
    Case(
      Samples.least(ending: "[source]\nlanguage = \"rust\"\nentry = \"a.rs\""), 6, .badValue,
      "must be one of \"javascript\", \"typescript\", \"swift\", \"c\", \"wasm\""),
    Case(
      Samples.least(ending: "[source]\nlanguage = \"Swift\"\nentry = \"a\""), 6, .badValue, "did you mean \"swift\"?"),
    Case(
      Samples.least(ending: "[source]\nlanguage = \"Typescript\"\nentry = \"a.ts\""), 6, .badValue,
      "did you mean \"typescript\"?"),
    Case(Samples.least(ending: "[source]\nlanguage = \"c\""), 5, .missingKey, "[source] has no `entry`; write entry ="),
    Case(Samples.least(ending: "[source]\nlanguage = \"c\"\nentry = \"/etc/x.c\""), 7, .badValue, "must be relative"),
    Case(
      Samples.least(ending: "[source]\nlanguage = \"c\"\nentry = \"a/../../x.c\""), 7, .badValue,
      "it leaves the worker's folder"),
    Case(Samples.least(ending: "[source]\nlanguage = \"c\"\nentry = 'a\\b.c'"), 7, .badValue, "backslash"),
    Case(Samples.least(ending: "[source]\nlanguage = \"c\"\nentry = \"\""), 7, .badValue, "it is empty"),
  ]

  static let tools: [Case] = [
    Case("name = \"a\"\n[[tools]]\ndescription = \"d\"", 2, .missingKey, "[[tools]] number 1 has no `name`"),
    Case(Samples.least(ending: "\n[[tools]]\nname = \"b\""), 6, .missingKey, "[[tools]] number 2 has no `description`"),
    Case(
      Samples.least(ending: "\n[[tools]]\nname = \"greet\"\ndescription = \"d\""), 7, .duplicate,
      "tool `greet` is declared twice (first on line 3)"),
    Case("name = \"a\"\n[[tools]]\nname = \"say hi\"\ndescription = \"d\"", 3, .badValue, "write \"say_hi\""),
    Case("name = \"a\"\n[[tools]]\nname = \"a/b\"\ndescription = \"d\"", 3, .badValue, "letters, digits"),
    Case("name = \"a\"\n[[tools]]\nname = \"é\"\ndescription = \"d\"", 3, .badValue, "letters, digits"),
    Case("name = \"a\"\n[[tools]]\nname = \"\"\ndescription = \"d\"", 3, .badValue, "letters, digits"),
    Case(
      "name = \"a\"\n[[tools]]\nname = \"\(String(repeating: "x", count: 65))\"\ndescription = \"d\"", 3, .badValue,
      "at most 64"),
    Case("name = \"a\"\n[[tools]]\nname = \"x\"\ndescription = \"\"", 4, .badValue, "it is empty"),
    Case(Samples.least(ending: "title = \"two\\nlines\""), 5, .badValue, "one plain line"),
    Case(Samples.least(ending: "read_only = true\ndestructive = true"), 6, .badValue, "cannot both be true"),
  ]

  static let schemas: [Case] = [
    Case(
      Samples.least(ending: "input = \"gone.json\""), 5, .unreadable,
      "`input` of tool `greet` names \"gone.json\": no such file"),
    Case(Samples.least(ending: "input = \"../x.json\""), 5, .badValue, "it leaves the worker's folder"),
    Case(Samples.least(ending: "input = \"/x.json\""), 5, .badValue, "must be relative"),
    Case(Samples.least(ending: "input = { type = \"object\", at = 2020-01-01 }"), 5, .badSchema, "JSON has no dates"),
    Case(Samples.least(ending: "[tools.input]\ntype = \"object\"\nmaximum = inf"), 7, .badSchema, "no infinity"),
    Case(Samples.least(ending: "input = " + nested(65)), 5, .badSchema, "nested deeper than 64"),
    Case(
      Samples.least(ending: "input = \"list.json\""), 1, .badSchema, "`input` of tool `greet` must be a JSON object",
      file: "list.json"),
    Case(
      Samples.least(ending: "input = \"broken.json\""), 3, .badSchema, "cannot be read: not valid JSON",
      file: "broken.json"),
    Case(
      Samples.least(ending: "input = \"string.json\""), 2, .badSchema, "must have \"type\": \"object\" at its root",
      file: "string.json"),
    Case(
      Samples.least(ending: "input = \"typeless.json\""), 1, .badSchema,
      "has no \"type\" at its root; write \"type\": \"object\"", file: "typeless.json"),
    Case(
      Samples.least(ending: "output = \"list.json\""), 1, .badSchema, "`output` of tool `greet` must be a JSON object",
      file: "list.json"),
    Case(
      Samples.least(ending: "output = \"twice.json\""), 3, .badSchema, "has the key \"a\" twice", file: "twice.json"),
    Case(Samples.least(ending: "input = { type = \"string\" }"), 5, .badSchema, "must have \"type\": \"object\""),
    Case(Samples.least(ending: "input = {}"), 5, .badSchema, "has no \"type\""),
  ]

  static let syntax: [Case] = [
    Case("name = \"a\"\nname = \"b\"", 2, .syntax, "not TOML"),
    Case("name = \"a\"\n\n[limits\n", 3, .syntax, "not TOML"),
    Case("name = \"a", 1, .syntax, "not TOML"),
    Case("name = \"a\"\nx = ", 2, .syntax, "not TOML"),
    Case("name = \"a\"\n\u{0}", 2, .syntax, "NUL byte"),
    Case("name = \"a\"\ndescription = \"x\\u0000y\"", 2, .badValue, "NUL", "remove the \\u0000"),
    Case("name = \"a\"\ndescription = \"x\\U00000000y\"", 2, .badValue, "NUL"),
    Case("name = " + String(repeating: "[", count: 1_000), 1, .syntax, "not TOML"),
    Case("# " + String(repeating: "x", count: 1 << 20), nil, .unreadable, "more than 1MiB"),
  ]

  private static func nested(_ depth: Int) -> String {
    String(repeating: "{ not = ", count: depth - 1) + "{}" + String(repeating: " }", count: depth - 1)
  }

  @Test func syntaxErrorsCarryTheColumn() {
    let error = #expect(throws: ManifestError.self) { try Manifest.parse("name = \"a\"\nversion = @", schema: .none) }
    #expect(error?.line == 2)
    #expect(error?.column == 11)
    #expect(error?.description.hasPrefix("atoll.toml:2:11: not TOML: ") == true)
  }

  @Test func messagesStayOnOneLine() {
    let error = #expect(throws: ManifestError.self) {
      try Manifest.parse("name = \"a\\nb\\u001b[31m\"\n[[tools]]", schema: .none)
    }
    #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
  }
}
