// Schemas as types: never narrower than the schema, and text that TypeScript can read whatever an author writes.
import Testing

@testable import JavaScript

@Suite("Type declarations")
struct TypeDeclarationsTests {
  @Test(arguments: [
    (#"{"type":"string"}"#, "string"), (#"{"type":"integer"}"#, "number"),
    (#"{"type":["string","null"]}"#, "string | null"),
    (#"{"type":"array"}"#, "unknown[]"), (#"{"type":"array","items":{"type":"string"}}"#, "string[]"),
    (#"{"type":"array","items":{"type":["string","null"]}}"#, "(string | null)[]"),
    (#"{"type":"array","prefixItems":[{"type":"string"}],"items":false}"#, "[(string)?]"),
    (#"{"enum":["a","b\"",1,null]}"#, #""a" | "b\"" | number | null"#), (#"{"const":true}"#, "true"),
    (#"{"anyOf":[{"type":"string"},{"type":"number"}]}"#, "string | number"),
    (#"{"oneOf":[{"type":"string"},{}]}"#, "unknown"),
    (#"{"allOf":[{"type":"string"},{"enum":["a"]}]}"#, #"string & "a""#),
    (#"true"#, "unknown"), (#"false"#, "never"), (#"{}"#, "unknown"), (#"{"type":"made up"}"#, "unknown"),
    ("broken", "unknown"),
    (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"boolean"}}}"##, "boolean"),
    (##"{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"null"}}}"##, "null"),
    (##"{"$ref":"#/nowhere"}"##, "unknown"), (#"{"$ref":"https://example.com/x"}"#, "unknown"),
    (#"{"type":"object","additionalProperties":false}"#, "Record<string, never>"),
    (#"{"type":"object","additionalProperties":{"type":"number"}}"#, "{\n  [name: string]: number;\n}"),
  ])
  func aSchemaIsAType(schema: String, type: String) {
    #expect(SchemaTypes.text(of: Array(schema.utf8), indent: "") == type)
  }

  @Test func anObjectHasItsMembersAndWhatTheSchemaSaysOfThem() {
    let schema = #"""
      {"type":"object","required":["a","z"],"additionalProperties":false,"properties":
        {"a":{"type":"string","description":"first\nline */ end"},"b-c":{"type":"object","properties":{"d":{"type":"number"}}}}}
      """#
    #expect(
      SchemaTypes.text(of: Array(schema.utf8), indent: "") == """
        {
          /** first line * / end */
          a: string;
          "b-c"?: {
            d?: number;
            [name: string]: unknown;
          };
          z: unknown;
        }
        """)
  }

  @Test func aSchemaThatHoldsItselfEnds() {
    let schema = ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##
    let type = SchemaTypes.text(of: Array(schema.utf8), indent: "")
    #expect(type.contains("next?: unknown;"))
    #expect(type.utf8.count < 4_000)
  }

  @Test func aSchemaThatBranchesAtEveryLevelIsCut() {
    let schema = ##"{"anyOf":[{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}}}]}"##
    #expect(SchemaTypes.text(of: Array(schema.utf8), indent: "").utf8.count < 1 << 20)
  }

  @Test func eachToolHasItsTypes() {
    let tools = [
      TypedTool(name: "get_forecast", description: "By day */", input: Array(#"{"type":"object"}"#.utf8)),
      TypedTool(name: "get-forecast", description: "Again", input: [], output: Array(#"{"type":"string"}"#.utf8)),
      TypedTool(name: "2d", description: "Plane", input: []),
    ]
    let text = TypeDeclarations.text(tools: tools)
    #expect(text.contains("export type GetForecastArguments = {\n    [name: string]: unknown;\n  };"))
    #expect(text.contains("get_forecast(args: GetForecastArguments, context: Context): Answer | Promise<Answer>;"))
    #expect(text.contains("\"get-forecast\"(args: GetForecast2Arguments, context: Context): GetForecast2Answer | "))
    #expect(text.contains("\"2d\"(args: Tool2dArguments"))
    #expect(text.contains("/** By day * / */"))
    #expect(text == TypeDeclarations.text(tools: tools))
    #expect(text.contains("  export class ToolError extends Error {}\n\n  /** What the store"))
    #expect(text.contains("  };\n\n  /** What is known of a call"))
  }
}
