// Arguments for a bench that was given none.

import Testing

@testable import Nodes

@Suite struct SampleArgumentsTests {
  @Test(arguments: [
    (#"{"type":"object"}"#, "{}"),
    (#"{"type":"object","properties":{"name":{"type":"string","minLength":1}},"required":["name"]}"#, #"{"name":"Ada"}"#),
    (#"{"type":"object","properties":{"n":{"type":"integer","minimum":7}},"required":["n"]}"#, #"{"n":7}"#),
    (#"{"type":"object","properties":{"u":{"enum":["m","ft"]}},"required":["u"]}"#, #"{"u":"m"}"#),
    (#"{"type":"object","properties":{"u":{"default":[1, 2]}},"required":["u"]}"#, #"{"u":[1, 2]}"#),
    (#"{"type":"object","properties":{"o":{"type":"object","properties":{"b":{"type":"boolean"}},"required":["b"]}},"required":["o"]}"#, #"{"o":{"b":true}}"#),
  ])
  func aRequiredPropertyGetsAValueOfItsType(schema: String, expected: String) {
    #expect(String(decoding: SampleArguments.make(from: Array(schema.utf8)), as: UTF8.self) == expected)
  }
}
