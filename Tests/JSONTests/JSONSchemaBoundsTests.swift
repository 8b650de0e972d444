// What one validation may cost, and that running out is never acceptance.
import JSON
import Testing

@Suite struct JSONSchemaBoundsTests {
  private func validate(
    _ schema: String, _ instance: String, _ change: (inout JSONSchemaLimits) -> Void = { _ in }
  ) throws -> [JSONSchema.Violation] {
    var limits = JSONSchemaLimits()
    change(&limits)
    return try JSONSchema(Array(schema.utf8), limits: limits).validate(bytes: Array(instance.utf8))
  }

  @Test func workIsBounded() throws {
    // One step for the array's schema, one for each element's.
    #expect(try validate(#"{"items":{"type":"integer"}}"#, "[1,2,3]") { $0.steps = 4 }.isEmpty)
    let result = try validate(#"{"items":{"type":"integer"}}"#, "[1,2,3]") { $0.steps = 3 }
    #expect(result.map(\.keyword) == ["limit"])
    #expect(result.first?.instancePath == "/2")
  }

  @Test func depthIsBounded() throws {
    let schema = ##"{"items":{"$ref":"#"}}"##
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    // Two schemas a level.
    #expect(try validate(schema, nested(10)) { $0.depth = 19 }.isEmpty)
    #expect(try validate(schema, nested(10)) { $0.depth = 18 }.first?.keyword == "limit")
  }

  @Test func deepestDocumentIsValidatedByADeepSchema() throws {
    let nested = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    let schema =
      ##"{"allOf":[{"anyOf":[{"$ref":"#/$defs/a"}]}],"$defs":{"a":{"oneOf":[{"allOf":[{"items":{"$ref":"#"}}]}]}}}"##
    #expect(try validate(schema, nested).isEmpty)
  }

  @Test func deepSchemaIsCheckedAgainstItsMetaSchema() throws {
    let deep = String(repeating: #"{"properties":{"a":"#, count: 31) + "true" + String(repeating: "}}", count: 31)
    #expect(try JSONSchema(Array(deep.utf8)).validate(bytes: Array("{}".utf8)).isEmpty)
  }

  /// A dynamic reference can lead to a circle that compiling cannot see.
  @Test func circlesAtRunTimeAreBounded() throws {
    let schema = ##"""
      {"$id":"http://x/outer","$dynamicAnchor":"n","allOf":[{"$ref":"inner"}],
      "$defs":{"inner":{"$id":"inner","$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n"}}}}}
      """##
    let result = try validate(schema, "1")
    #expect(result.first?.keyword == "limit")
  }

  @Test(.timeLimit(.minutes(1)))
  func uniqueItemsOfManyAreFast() throws {
    func array(_ count: Int, _ element: (Int) -> String) -> String {
      "[" + (0..<count).map(element).joined(separator: ",") + "]"
    }
    let schema = #"{"uniqueItems":true}"#
    #expect(try validate(schema, array(20_000) { "{\"a\":\($0),\"b\":[\"x\"]}" }).isEmpty)
    #expect(try validate(schema, array(20_000) { $0 == 19_999 ? "0.0" : "\($0)" }).count == 1)
    let refused = try validate(schema, array(300_000) { "\($0)" })
    #expect(refused.map(\.keyword) == ["limit"])
  }

  @Test func wideObjectsAreComparedWithinTheBudget() throws {
    let members = (0..<2000).map { "\"k\($0)\":\($0)" }
    let forward = "{" + members.joined(separator: ",") + "}"
    let backward = "{" + members.reversed().joined(separator: ",") + "}"
    #expect(try validate("{\"const\":\(forward)}", forward).isEmpty)
    #expect(try validate("{\"const\":\(forward)}", backward) { $0.steps = 10_000_000 }.isEmpty)
    #expect(try validate("{\"const\":\(forward)}", backward) { $0.steps = 100_000 }.first?.keyword == "limit")
  }

  @Test func longNumbersCostTheirLength() throws {
    let long = "1" + String(repeating: "0", count: 100_000)
    #expect(try validate(#"{"multipleOf":10}"#, long).isEmpty)
    #expect(try validate(#"{"multipleOf":10}"#, long) { $0.steps = 1000 }.first?.keyword == "limit")
    #expect(try validate(#"{"maximum":10}"#, long).first?.message.utf8.count ?? 999 < 120)
  }

  // MARK: What saying why may cost

  /// Explaining stops at the violations that are reported: it does not go through the rest.
  @Test func explainingStopsWithTheLastViolationReported() throws {
    let properties = (0..<300).map { "\"property_number_\($0)\":true" }.joined(separator: ",")
    let schema = try JSONSchema(Array("{\"properties\":{\(properties)},\"additionalProperties\":false}".utf8))
    // 4 MiB of names that resemble the right ones.
    let instance = "{" + (0..<160_000).map { "\"propertx_number_\($0 + 1000)\":0" }.joined(separator: ",") + "}"
    #expect(instance.utf8.count > 4_000_000)
    let document = try JSONDocument(Array(instance.utf8))
    let began = processorMilliseconds()
    let result = schema.validate(document.root)
    #expect(processorMilliseconds() - began < 1000)
    #expect(result.count == schema.limits.violations)
    #expect(result.allSatisfy { $0.keyword == "additionalProperties" })
  }

  /// Alternatives in alternatives in alternatives: each of the innermost would be explained at each level.
  @Test(.timeLimit(.minutes(1)))
  func nestedAlternativesShareOneBudget() throws {
    var definitions = [##""0":{"properties":{"a":{"minimum":5},"b":{"minimum":5}}}"##]
    for level in 1...4 {
      let branches = [String](repeating: "{\"$ref\":\"#/$defs/\(level - 1)\"}", count: 12).joined(separator: ",")
      definitions.append("\"\(level)\":{\"anyOf\":[\(branches)]}")
    }
    let schema = "{\"$ref\":\"#/$defs/4\",\"$defs\":{\(definitions.joined(separator: ","))}}"
    let compiled = try JSONSchema(Array(schema.utf8))
    let document = try JSONDocument(Array(#"{"a":1,"b":1}"#.utf8))
    let began = processorMilliseconds()
    let result = compiled.validate(document.root)
    #expect(processorMilliseconds() - began < 1500)
    #expect(!result.isEmpty)
  }

  /// A suggestion is left out where there is no budget for it; the verdict and its words stay.
  @Test func suggestionsAreCharged() throws {
    let schema = #"{"properties":{"abcdefgh":true},"additionalProperties":false}"#
    let rich = try validate(schema, #"{"abcdefgx":1}"#) { $0.steps = 300 }
    #expect(rich.first?.message.contains("did you mean") == true)
    let poor = try validate(schema, #"{"abcdefgx":1}"#) { $0.steps = 210 }
    #expect(poor.map(\.message) == [#"unexpected property "abcdefgx"; allowed are "abcdefgh""#])
    let bare = try validate(schema, #"{"abcdefgx":1}"#) { $0.steps = 100 }
    #expect(bare.map(\.message) == ["does not fit the schema"])
  }

  /// What came is shown by its start; the rest is not even decoded.
  @Test func longTextsAreShownByTheirStart() throws {
    let long = String(repeating: "é", count: 2_000_000)
    let document = try JSONDocument(Array("{\"\(long)\":\"\(long)\"}".utf8))
    let patterns = (0..<9).map { "{\"const\":\($0)}" }.joined(separator: ",")
    let schema = try JSONSchema(Array("{\"additionalProperties\":{\"allOf\":[\(patterns)]}}".utf8))
    let began = processorMilliseconds()
    let result = schema.validate(document.root)
    #expect(processorMilliseconds() - began < 200)
    #expect(result.count == 9)
    #expect(result.first?.instancePath == "/" + String(repeating: "é", count: 80) + "…")
    #expect(result.first?.message == "must be 0, but got a string (\"" + String(repeating: "é", count: 40) + "…\")")
  }

  // MARK: Duplicates

  /// Whichever of two members a reader takes, it was checked.
  @Test func everyOneOfDuplicateMembersIsChecked() throws {
    let schema = #"{"properties":{"a":{"type":"integer"}}}"#
    #expect(try validate(schema, #"{"a":1,"a":"x"}"#).count == 1)
    #expect(try validate(schema, #"{"a":"x","a":1}"#).count == 1)
    #expect(try validate(#"{"const":{"a":1,"b":2}}"#, #"{"a":1,"a":1}"#).count == 1)
  }

  @Test func manyRequiredNamesAreAllRequired() throws {
    let names = (0..<130).map { "k\($0)" }
    let schema = "{\"required\":[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
    func object(_ names: some Sequence<String>) -> String {
      "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
    }
    #expect(try validate(schema, object(names)).isEmpty)
    for missing in [0, 63, 64, 65, 129] {
      let result = try validate(schema, object(names.filter { $0 != "k\(missing)" }))
      #expect(result.map(\.message) == ["missing required property \"k\(missing)\""])
    }
  }

  @Test func manyPropertiesAreFound() throws {
    let properties = (0..<300).map { "\"p\($0)\":{\"const\":\($0)}" }.joined(separator: ",")
    let schema = "{\"properties\":{\(properties)},\"additionalProperties\":false}"
    let instance = "{" + (0..<300).map { "\"p\($0)\":\($0)" }.joined(separator: ",") + "}"
    #expect(try validate(schema, instance).isEmpty)
    #expect(try validate(schema, #"{"p299":298}"#).first?.instancePath == "/p299")
    #expect(try validate(schema, #"{"p300":0}"#).count == 1)
  }

  @Test func manyMembersAreTracked() throws {
    let properties = (0..<200).map { "\"p\($0)\":true" }.joined(separator: ",")
    let schema = "{\"allOf\":[{\"properties\":{\(properties)}}],\"unevaluatedProperties\":false}"
    let instance = "{" + (0..<200).map { "\"p\($0)\":\($0)" }.joined(separator: ",")
    #expect(try validate(schema, instance + "}").isEmpty)
    #expect(try validate(schema, instance + ",\"q\":1}").map(\.message) == [#"unexpected property "q"; leave it out"#])
  }

  @Test func sourceIsUntouched() throws {
    let bytes = Array(" { \"$schema\" : \"https://json-schema.org/draft/2020-12/schema\", \"x\":1.50 }\n".utf8)
    #expect(try JSONSchema(bytes).source == bytes)
  }

  @Test func formatIsAnAnnotation() throws {
    #expect(try validate(#"{"format":"email"}"#, "\"no mail\"").isEmpty)
  }
}
