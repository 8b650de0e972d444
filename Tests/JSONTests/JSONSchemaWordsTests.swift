// Violations name the place and say what was expected, in words that a model can act on.
import JSON
import Testing

@Suite struct JSONSchemaWordsTests {
  private func words(_ schema: String, _ instance: String) throws -> [String] {
    try JSONSchema(Array(schema.utf8)).validate(bytes: Array(instance.utf8)).map(\.description)
  }

  private static let city = #"""
    {"type":"object","properties":{"city":{"type":"string","minLength":2},
    "days":{"type":"integer","minimum":1,"maximum":7}},
    "required":["city"],"additionalProperties":false}
    """#

  @Test(arguments: [
    (#"{"city":42}"#, [#"/city: must be a string, but got a number (42)"#]),
    (#"{}"#, [#"missing required property "city""#]),
    (#"{"city":"Oslo","dys":1}"#, [#"unexpected property "dys"; allowed are "city", "days" (did you mean "days"?)"#]),
    (#"{"city":"Oslo","zebra":1}"#, [#"unexpected property "zebra"; allowed are "city", "days""#]),
    (#"{"city":"O"}"#, ["/city: must have at least 2 characters, but has 1"]),
    (#"{"city":"Oslo","days":0}"#, ["/days: must be at least 1, but is 0"]),
    (#"{"city":"Oslo","days":7.5}"#, ["/days: must be an integer, but got a number (7.5)"]),
    (#"{"city":"Oslo","days":8.0}"#, ["/days: must be at most 7, but is 8"]),
    (#"[]"#, ["must be an object, but got an empty array"]),
    (
      #"{"city":null,"days":"3","x":{}}"#,
      [
        "/city: must be a string, but got null", #"/days: must be an integer, but got a string ("3")"#,
        #"unexpected property "x"; allowed are "city", "days""#,
      ]
    ),
  ])
  func objectsAreExplained(_ instance: String, _ expected: [String]) throws {
    #expect(try words(Self.city, instance) == expected)
  }

  @Test(arguments: [
    (
      #"{"enum":["red","green","blue"]}"#, #""gren""#,
      #"must be one of "red", "green", "blue", but got a string ("gren") (did you mean "green"?)"#
    ),
    (#"{"const":{"a":[1]}}"#, "2", #"must be {"a":[1]}, but got a number (2)"#),
    (#"{"type":["string","null"]}"#, "[1,2]", "must be null or a string, but got an array of 2"),
    (#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "true", "must be null or a string, but got true"),
    (
      #"{"oneOf":[{"const":"a"},{"enum":["b","c"]}]}"#, "\"d\"",
      #"must be one of "a", "b", "c", but got a string ("d")"#
    ),
    (
      #"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "3",
      "must fit exactly one of the alternatives, but fits 2 of them (number 1 and 2)"
    ),
    (
      #"{"anyOf":[{"minimum":5},{"multipleOf":2}]}"#, "3",
      "fits none of the 2 alternatives: 1) must be at least 5, but is 3; 2) must be a multiple of 2, but is 3"
    ),
    (#"{"anyOf":[{"type":"object","required":["a"]},{"type":"null"}]}"#, "{}", #"missing required property "a""#),
    (
      #"{"oneOf":[{"properties":{"k":{"const":1}}},{"properties":{"k":{"const":2}},"required":["y"]}]}"#,
      #"{"k":2}"#, #"missing required property "y""#
    ),
    (
      #"{"oneOf":[{"properties":{"k":{"const":1},"x":{"type":"string"}}},{"properties":{"k":{"const":2}}}]}"#,
      #"{"k":1,"x":1}"#, "/x: must be a string, but got a number (1)"
    ),
    (#"{"not":{"type":"string"}}"#, "\"x\"", #"must not fit {"type":"string"}"#),
    (#"{"not":{"title":"a secret","type":"string"}}"#, "\"x\"", #"must not fit "a secret""#),
    ("false", "1", "nothing is allowed here; leave it out"),
    (#"{"pattern":"^[a-z]+$"}"#, "\"A1\"", #"must match the regular expression "^[a-z]+$", but got a string ("A1")"#),
    (#"{"uniqueItems":true}"#, "[1,2,1.0]", "must not have equal items, but items 0 and 2 are equal"),
    (#"{"contains":{"type":"string"}}"#, "[1]", #"must have at least 1 item that fit {"type":"string"}, but has 0"#),
    (#"{"maxItems":1}"#, "[1,2]", "must have at most 1 item, but has 2"),
    (#"{"minProperties":1}"#, "{}", "must have at least 1 property, but has 0"),
    (
      #"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#,
      #"missing property "b", which is required because "a" is there"#
    ),
    (
      #"{"propertyNames":{"pattern":"^x"}}"#, #"{"y":1}"#,
      #"the property name "y" is not allowed: it must match the regular expression "^x", but got a string ("y")"#
    ),
    (#"{"unevaluatedProperties":false}"#, #"{"y":1}"#, #"unexpected property "y"; leave it out"#),
    (#"{"properties":{"a":false}}"#, #"{"a":1}"#, "/a: nothing is allowed here; leave it out"),
    (
      #"{"prefixItems":[true],"items":{"type":"integer"}}"#, #"[1,"x"]"#,
      #"/1: must be an integer, but got a string ("x")"#
    ),
    (
      #"{"items":{"properties":{"a/b~c":{"type":"null"}}}}"#, #"[{"a/b~c":1}]"#,
      "/0/a~1b~0c: must be null, but got a number (1)"
    ),
    (#"{"exclusiveMinimum":0}"#, "0", "must be more than 0, but is 0"),
    (#"{"multipleOf":0.01}"#, "1.005", "must be a multiple of 0.01, but is 1.005"),
  ])
  func keywordsAreExplained(_ schema: String, _ instance: String, _ expected: String) throws {
    #expect(try words(schema, instance) == [expected])
  }

  @Test func longDataIsNeverRepeated() throws {
    let secret = String(repeating: "0123456789", count: 1000)
    for schema in [
      #"{"type":"integer"}"#, #"{"const":1}"#, #"{"enum":[1,2]}"#, #"{"pattern":"^x$"}"#,
      #"{"anyOf":[{"const":1},{"pattern":"x"}]}"#,
    ] {
      let message = try words(schema, "\"\(secret)\"").joined()
      #expect(!message.isEmpty)
      #expect(message.utf8.count < 400, "\(message)")
    }
    let key = try words(#"{"additionalProperties":false}"#, "{\"\(secret)\":1}").joined()
    #expect(key.utf8.count < 200)
    let path = try words(#"{"additionalProperties":{"type":"null"}}"#, "{\"\(secret)\":1}").joined()
    #expect(path.utf8.count < 200)
  }

  @Test func longListsAreCut() throws {
    let values = (0..<1000).map { "\"value number \($0)\"" }.joined(separator: ",")
    let message = try words("{\"enum\":[\(values)]}", "1").joined()
    #expect(message.contains("and 988 more"))
    #expect(message.utf8.count < 700)
  }

  @Test func violationsAreCounted() throws {
    let instance = "[" + [String](repeating: "1", count: 100).joined(separator: ",") + "]"
    #expect(try words(#"{"items":{"type":"string"}}"#, instance).count == JSONSchemaLimits().violations)
  }

  @Test func controlCharactersAreEscaped() throws {
    let message = try words(#"{"type":"null"}"#, #""a\u0000\u001b[31m\n""#).joined()
    #expect(message == #"must be null, but got a string ("a\u0000\u001b[31m\n")"#)
  }
}
