// Schemas that are refused when they are compiled, with the place and what to change.
import JSON
import Testing

@Suite struct JSONSchemaErrorTests {
  private func error(
    _ schema: String, _ limits: JSONSchemaLimits = JSONSchemaLimits(), remotes: [String: String] = [:]
  ) -> JSONSchemaError? {
    do {
      _ = try JSONSchema(Array(schema.utf8), limits: limits, remotes: remotes.mapValues { Array($0.utf8) })
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    (#"{"type":"strng"}"#, "/type"), (#"{"properties":{"a":{"minLength":-1}}}"#, "/properties/a/minLength"),
    (#"{"properties":[]}"#, "/properties"), (#"{"required":"a"}"#, "/required"),
    (#"{"required":["a","a"]}"#, "/required"),
    (#"{"allOf":[]}"#, "/allOf"), (#"{"items":[{}]}"#, "/items"), (#"{"multipleOf":0}"#, "/multipleOf"),
    (#"{"$defs":{"x/y":{"maximum":"1"}}}"#, "/$defs/x~1y/maximum"),
    (
      #"{"additionalProperties":{"not":3}}"#,
      "/additionalProperties/not"
    ), (##"{"$id":"#a"}"##, "/$id"), (#"{"$anchor":"1a"}"#, "/$anchor"), ("[]", ""), ("3", ""),
    (#"{"enum":{}}"#, "/enum"), (#"{"minItems":1.5}"#, "/minItems"), (#"{"uniqueItems":1}"#, "/uniqueItems"),
    (#"{"dependentRequired":{"a":["b",1]}}"#, "/dependentRequired/a/1"), (#"{"title":1}"#, "/title"),
    (#"{"format":1}"#, "/format"), (#"{"contentSchema":1}"#, "/contentSchema"), (#"{"if":1}"#, "/if"),
    (#"{"unevaluatedItems":1}"#, "/unevaluatedItems"), (#"{"prefixItems":{}}"#, "/prefixItems"),
  ])
  func invalidSchemasAreRefusedWithTheirPlace(_ schema: String, _ location: String) {
    let error = error(schema)
    #expect(error?.code == .invalidSchema)
    #expect(error?.location == location)
  }

  @Test func theMessageHelps() {
    #expect(error(#"{"type":"strng"}"#)?.description.contains(#"did you mean "string"?"#) == true)
  }

  @Test(arguments: [
    "", "{", "{\"a\":1,}", "\u{FEFF}{}", #"{"type":"string","type":"object"}"#, #"{"$defs":{"a":{"x":1,"\u0078":2}}}"#,
  ])
  func whatIsNotPlainJSONIsRefused(_ schema: String) { #expect(error(schema)?.code == .notJSON) }

  // MARK: Dialects

  @Test(arguments: [
    "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema",
    "http://example.com/mine",
  ])
  func otherDialectsAreRefused(_ dialect: String) {
    let error = error(#"{"$schema":"\#(dialect)","type":"object"}"#)
    #expect(error?.code == .unknownDialect)
    #expect(error?.location == "/$schema")
    #expect(error?.message.contains(dialect) == true)
    #expect(error?.message.contains("2020-12") == true)
  }

  @Test(arguments: ["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#"])
  func ownDialectIsAccepted(_ dialect: String) { #expect(error(#"{"$schema":"\#(dialect)"}"#) == nil) }

  @Test func dialectThatRequiresAnUnknownVocabularyIsRefused() {
    let remotes = [
      "http://example.com/m": #"{"$vocabulary":{"http://example.com/vocab":true}}"#,
      "http://example.com/n": #"{"$vocabulary":{"http://example.com/vocab":false}}"#,
    ]
    #expect(error(#"{"$schema":"http://example.com/m"}"#, remotes: remotes)?.code == .unknownDialect)
    #expect(error(#"{"$schema":"http://example.com/n"}"#, remotes: remotes) == nil)
  }

  // MARK: References

  @Test(arguments: [
    ("#/$defs/missing", "/$defs/missing"), ("#missing", "missing"), ("other.json", "other.json"),
    ("https://example.com/schema", "https://example.com/schema"), ("#/$defs/a/type", "/$defs/a/type"),
    ("#/$defs/a~2", "/$defs/a~2"), ("#/$defs/list/0", "/$defs/list/0"), ("#%FF", "UTF-8"),
  ])
  func unresolvedReferencesAreNamed(_ reference: String, _ named: String) {
    let error = error(#"{"$defs":{"a":{"type":"string"}},"properties":{"p":{"$ref":"\#(reference)"}}}"#)
    #expect(error?.code == .unresolvedReference)
    #expect(error?.location == "/properties/p")
    #expect(error?.message.contains(named) == true)
  }

  @Test func errorsInOtherDocumentsNameThem() {
    let error = error(
      #"{"$ref":"http://example.com/a"}"#, remotes: ["http://example.com/a": #"{"properties":{"b":{"type":1}}}"#])
    #expect(error?.location == "http://example.com/a#/properties/b/type")
  }

  @Test(arguments: [
    ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#"}]}"##,
    ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
    ##"{"anyOf":[{"type":"string"},{"$ref":"#"}]}"##, ##"{"not":{"$ref":"#"}}"##,
    ##"{"dependentSchemas":{"a":{"$ref":"#"}}}"##,
    ##"{"$dynamicAnchor":"x","$dynamicRef":"#x"}"##, ##"{"if":{"$ref":"#"}}"##,
  ])
  func circlesAreRefused(_ schema: String) {
    let error = error(schema)
    #expect(error?.code == .invalidSchema)
    #expect(error?.message.contains("circle") == true)
  }

  @Test func recursionIntoTheInstanceIsFine() {
    #expect(error(##"{"properties":{"child":{"$ref":"#"}},"items":{"$ref":"#"}}"##) == nil)
  }

  @Test func anchorsMustDiffer() {
    #expect(error(#"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"#)?.message.contains("anchor") == true)
    #expect(error(#"{"$defs":{"a":{"$anchor":"x"},"b":{"$id":"b","$anchor":"x"}}}"#) == nil)
  }

  // MARK: Bounds

  @Test func bytesAreBounded() {
    var limits = JSONSchemaLimits()
    limits.schemaBytes = 17
    #expect(error(#"{"type":"object"}"#, limits) == nil)
    #expect(error(#"{"type":"object"} "#, limits)?.code == .tooLarge)
  }

  @Test func subschemasAreBounded() {
    var limits = JSONSchemaLimits()
    limits.subschemas = 4
    #expect(error(#"{"properties":{"a":{},"b":{},"c":{}}}"#, limits) == nil)
    #expect(error(#"{"properties":{"a":{},"b":{},"c":{},"d":{}}}"#, limits)?.code == .tooLarge)
  }

  @Test func depthIsBounded() {
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"not":"#, count: depth) + "{}" + String(repeating: "}", count: depth)
    }
    #expect(error(nested(63)) == nil)
    #expect(error(nested(64))?.code == .tooLarge)
  }

  @Test func manyReferencesInARowAreFine() throws {
    let links = (0..<400).map { ##""r\##($0)":{"$ref":"#/$defs/r\##($0 + 1)"}"## }.joined(separator: ",")
    let schema = try JSONSchema(Array(##"{"$ref":"#/$defs/r0","$defs":{\##(links),"r400":{"type":"string"}}}"##.utf8))
    #expect(try schema.validate(bytes: Array("\"x\"".utf8)).isEmpty)
    #expect(try schema.validate(bytes: Array("1".utf8)).count == 1)
  }
}
