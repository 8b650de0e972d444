// What a manifest that is right becomes.
import Foundation
import Manifests
import Testing

@Suite struct ManifestTests {
  @Test func absentKeysHaveTheDefaultsOfTheManual() throws {
    let manifest = try Manifest.parse(Samples.least, schema: .none)
    #expect(manifest.name == "hello")
    #expect(manifest.version == "0.0.0")
    #expect(manifest.description == "")
    #expect(manifest.source == nil)
    #expect(
      manifest.limits
        == Limits(
          memoryBytes: 16_777_216, cpuMilliseconds: 50, wallMilliseconds: 5_000, outputBytes: 1_048_576, hostCalls: 64))
    #expect(manifest.tools == [Tool(name: "greet", description: "Says hello")])
    #expect(manifest.namespaces.isEmpty && manifest.upstreams.isEmpty && manifest.sessionTimeToLive == nil)
    #expect(manifest.tools[0].input.bytes == Array(#"{"type":"object","additionalProperties":false}"#.utf8))
  }

  @Test func everyKeyArrives() throws {
    let manifest = try Manifest.parse(Samples.full, schema: Samples.files)
    #expect(manifest.version == "1.2.0")
    #expect(manifest.description == "Forecasts from the national service")
    #expect(manifest.source == Source(language: .c, entry: "weather.c"))
    #expect(
      manifest.limits
        == Limits(
          memoryBytes: 2 << 20, cpuMilliseconds: 20, wallMilliseconds: 800, outputBytes: 65_536, hostCalls: 8,
          upstreamBytes: 2 << 20))
    #expect(manifest.namespaces == ["forecasts", "cities"])
    #expect(manifest.sessionTimeToLive == 1_800_000)
    let upstream = try #require(manifest.upstreams.first)
    #expect(upstream.name == "api")
    #expect(upstream.url == "https://api.weather.example/v1")
    #expect(upstream.methods == ["GET", "POST"])
    #expect(upstream.headers.map(\.name) == ["Accept", "Authorization"])
    #expect(upstream.headers[0].value.pieces == [.text("application/json")])
    #expect(upstream.headers[1].value.pieces == [.text("Bearer "), .secret(name: "WEATHER_KEY")])
    #expect(upstream.timeoutMilliseconds == 800)
    #expect(upstream.connectMilliseconds == 300)
    #expect(upstream.firstByteMilliseconds == 500)
    #expect(upstream.retries == 1)
    #expect(upstream.redirects == 0)
    #expect(manifest.tools.map(\.name) == ["get_forecast", "forget"])
    let tool = manifest.tools[0]
    #expect(tool.title == "Forecast")
    #expect(tool.description == "Forecast for a city, by day")
    #expect([tool.readOnly, tool.destructive, tool.idempotent, tool.openWorld] == [true, nil, true, false])
    #expect(manifest.tools[1].destructive == false)
  }

  @Test func anUpstreamsTimesDefaultToEachOther() throws {
    let text = Samples.upstream("name = \"a\"\nurl = \"http://[::1]:80/\"\ntimeout_ms = 100")
    let upstream = try #require(try Manifest.parse(text, schema: .none).upstreams.first)
    #expect(upstream.timeoutMilliseconds == 100)
    #expect(upstream.firstByteMilliseconds == 100)
    #expect(upstream.methods == ["GET", "HEAD"])
    #expect(upstream.retries == 2)
    #expect(upstream.redirects == 3)
  }

  @Test func aSchemaFileKeepsItsBytes() throws {
    let tool = try Manifest.parse(Samples.full, schema: Samples.files).tools[0]
    #expect(tool.input == SchemaSource(bytes: Samples.forecastSchema, file: "schemas/get_forecast.json"))
  }

  @Test func anInlineSchemaKeepsTheAuthorsOrder() throws {
    let tool = try Manifest.parse(Samples.full, schema: Samples.files).tools[0]
    #expect(
      tool.output.map { String(decoding: $0.bytes, as: UTF8.self) }
        == #"{"type":"object","properties":{"days":{"type":"array"},"city":{"type":"string"}}}"#)
  }

  @Test func anInlineSchemaMayBeATableOfItsOwn() throws {
    let text =
      Samples.least + """
        [tools.input]
        type = "object"
        required = [ "b",
          "a" ]
        [tools.input.properties.b]
        type = "number"
        minimum = -1.5
        multipleOf = 0.25
        maximum = 1e3
        [tools.input.properties]
        a = { type = "string", pattern = '\\d"', description = "tab\\tand \\u00e9 and \\u0001" }
        """
    let input = try Manifest.parse(text, schema: .none).tools[0].input
    #expect(
      String(decoding: input.bytes, as: UTF8.self)
        == #"{"type":"object","required":["b","a"],"properties":{"#
        + #""b":{"type":"number","minimum":-1.5,"multipleOf":0.25,"maximum":1000},"#
        + #""a":{"type":"string","pattern":"\\d\"","description":"tab\tand é and \u0001"}}}"#
    )
  }

  @Test func anOutputSchemaNeedsNoType() throws {
    let tool = try Manifest.parse(Samples.least(ending: "output = \"typeless.json\""), schema: Samples.files).tools[0]
    #expect(tool.output?.bytes == Array("{}".utf8))
  }

  @Test(arguments: [
    ("65536B", 65_536), ("64KiB", 65_536), ("1 MiB", 1_048_576), ("64MiB", 67_108_864), ("100KiB", 102_400),
  ])
  func sizesAreBytes(text: String, bytes: Int) throws {
    let manifest = try Manifest.parse(Samples.least + "[limits]\nmemory = \"\(text)\"\n", schema: .none)
    #expect(manifest.limits.memoryBytes == bytes)
  }

  @Test(arguments: [("cpu_ms", 1, 5_000), ("wall_ms", 50, 300_000), ("host_calls", 1, 1_000_000)])
  func capsAreTakenAtTheirEdges(key: String, low: Int, high: Int) throws {
    for number in [low, high] {
      _ = try Manifest.parse(Samples.least + "[limits]\n\(key) = \(number)\n", schema: .none)
    }
  }

  @Test(arguments: ["0.0.0", "10.20.30", "1.0.0-alpha.1", "1.0.0+build.7", "1.0.0-rc-1+x-y"])
  func versionsAreSemantic(version: String) throws {
    #expect(try Manifest.parse(Samples.least(adding: "version = \"\(version)\""), schema: .none).version == version)
  }

  @Test(arguments: ["a", "A.b-c_9", String(repeating: "x", count: 64)])
  func toolNamesMayUseTheWholeAlphabet(name: String) throws {
    let text = "name = \"hello\"\n[[tools]]\nname = \"\(name)\"\ndescription = \"d\"\n"
    #expect(try Manifest.parse(text, schema: .none).tools[0].name == name)
  }

  @Test func theBomAndCarriageReturnsOfEditorsAreTaken() throws {
    let text =
      "\u{FEFF}" + Samples.least.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    #expect(try Manifest.parse(text, schema: .none).name == "hello")
  }

  @Test func twoReadingsAreEqual() throws {
    #expect(
      try Manifest.parse(Samples.full, schema: Samples.files) == Manifest.parse(Samples.full, schema: Samples.files))
  }

  @Test(arguments: [Bounds.tools, Bounds.tools + 1])
  func toolsAreCounted(count: Int) throws {
    let text = "name = \"a\"\n" + (0..<count).map { "[[tools]]\nname = \"t\($0)\"\ndescription = \"d\"\n" }.joined()
    if count <= Bounds.tools {
      #expect(try Manifest.parse(text, schema: .none).tools.count == count)
    } else {
      let error = #expect(throws: ManifestError.self) { try Manifest.parse(text, schema: .none) }
      #expect(error?.message == "`tools` has 1001 entries; write at most 1000")
    }
  }

  /// docs/manifest.md is written by this test when ATOLL_WRITE_DOCS is set, and compared with the code otherwise.
  @Test func theDocumentIsTheManual() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/manifest.md")
    if ProcessInfo.processInfo.environment["ATOLL_WRITE_DOCS"] != nil {
      try Data(configurationManual().utf8).write(to: url)
    }
    #expect(
      try String(contentsOf: url, encoding: .utf8) == configurationManual(),
      "run: ATOLL_WRITE_DOCS=1 swift test --filter theDocumentIsTheManual")
  }

  @Test func theManualNamesEveryKeyAndDefault() {
    let manual = Manifest.shape.manual(title: "atoll.toml") + NodeConfiguration.shape.manual(title: "node.toml")
    for row in [
      "| `memory` | `\"64KiB\"` to `\"64MiB\"` | `\"16MiB\"` |", "| `cpu_ms` | 1 to 60000 | `50` |",
      "| `language` | `\"javascript\"`, `\"typescript\"`, `\"swift\"`, `\"c\"`, `\"wasm\"` | must be written |",
      "| `open_world` | `true` or `false` |",
      "### `[[workers]]`", "| `queue_ms` | 1 to 60000 | `1000` |",
    ] {
      #expect(manual.contains(row), "\(row)")
    }
  }
}
