// The meta-schemas of JSON Schema 2020-12: what a schema itself must look like. The rules are the standard's
// (json-schema.org, "JSON Schema Core" and "JSON Schema Validation", 2020-12); this is our compact statement of them,
// without the titles, comments and defaults that bear on nothing.

enum MetaSchemas {
  /// The dialect that a schema is in when it does not say.
  static let dialect = "https://json-schema.org/draft/2020-12/schema"

  /// The vocabularies of the standard, and the keywords of ours that each switches on.
  static let vocabularies: [String: Vocabularies] = [
    vocabulary("core"): [], vocabulary("applicator"): .applicator, vocabulary("unevaluated"): .unevaluated,
    vocabulary("validation"): .validation, vocabulary("meta-data"): [], vocabulary("format-annotation"): [],
    vocabulary("content"): [],
  ]

  /// The dialect's meta-schema, ready to check schemas with.
  static let compiled: JSONSchema = {
    do {
      return try JSONSchema(
        metaSchema: Array(texts[dialect]!.utf8), uri: dialect, limits: JSONSchemaLimits(), remotes: [:])
    } catch {
      preconditionFailure("the built-in meta-schema does not compile: \(error)")
    }
  }()

  /// The text of a meta-schema of the standard.
  static func text(of uri: String) -> String? { texts[uri] }

  private static func vocabulary(_ name: String) -> String { "https://json-schema.org/draft/2020-12/vocab/\(name)" }

  private static let parts = [
    "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content",
  ]

  private static let texts: [String: String] = {
    let required = parts.map { "\"\(vocabulary($0))\":true" }.joined(separator: ",")
    let all = parts.map { "{\"$ref\":\"meta/\($0)\"}" }.joined(separator: ",")
    var texts = [
      dialect: """
      {"$schema":"\(dialect)","$id":"\(dialect)","$dynamicAnchor":"meta","$vocabulary":{\(required)},
      "type":["object","boolean"],"allOf":[\(all)],"properties":{
      "definitions":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}},
      "dependencies":{"type":"object","additionalProperties":
      {"anyOf":[{"$dynamicRef":"#meta"},{"$ref":"meta/validation#/$defs/names"}]}},
      "$recursiveAnchor":{"$ref":"meta/core#/$defs/anchor"},"$recursiveRef":{"$ref":"meta/core#/$defs/reference"}}}
      """
    ]
    for (name, body) in bodies {
      let id = "https://json-schema.org/draft/2020-12/meta/\(name)"
      texts[id] = """
        {"$schema":"\(dialect)","$id":"\(id)","$dynamicAnchor":"meta","type":["object","boolean"],\(body)}
        """
    }
    return texts
  }()

  private static let bodies: [String: String] = [
    "core": #"""
    "properties":{"$id":{"$ref":"#/$defs/reference","pattern":"^[^#]*#?$"},"$schema":{"$ref":"#/$defs/uri"},
    "$ref":{"$ref":"#/$defs/reference"},"$anchor":{"$ref":"#/$defs/anchor"},
    "$dynamicRef":{"$ref":"#/$defs/reference"},"$dynamicAnchor":{"$ref":"#/$defs/anchor"},
    "$vocabulary":{"type":"object","propertyNames":{"$ref":"#/$defs/uri"},"additionalProperties":{"type":"boolean"}},
    "$comment":{"type":"string"},"$defs":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}},
    "$defs":{"anchor":{"type":"string","pattern":"^[A-Za-z_][-A-Za-z0-9._]*$"},
    "uri":{"type":"string","format":"uri"},"reference":{"type":"string","format":"uri-reference"}}
    """#,
    "applicator": #"""
    "properties":{"prefixItems":{"$ref":"#/$defs/list"},"items":{"$dynamicRef":"#meta"},
    "contains":{"$dynamicRef":"#meta"},"additionalProperties":{"$dynamicRef":"#meta"},
    "properties":{"$ref":"#/$defs/map"},"patternProperties":{"$ref":"#/$defs/map","propertyNames":{"format":"regex"}},
    "dependentSchemas":{"$ref":"#/$defs/map"},"propertyNames":{"$dynamicRef":"#meta"},"if":{"$dynamicRef":"#meta"},
    "then":{"$dynamicRef":"#meta"},"else":{"$dynamicRef":"#meta"},"allOf":{"$ref":"#/$defs/list"},
    "anyOf":{"$ref":"#/$defs/list"},"oneOf":{"$ref":"#/$defs/list"},"not":{"$dynamicRef":"#meta"}},
    "$defs":{"list":{"type":"array","minItems":1,"items":{"$dynamicRef":"#meta"}},
    "map":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}}
    """#,
    "unevaluated": #"""
    "properties":{"unevaluatedItems":{"$dynamicRef":"#meta"},"unevaluatedProperties":{"$dynamicRef":"#meta"}}
    """#,
    "validation": #"""
    "properties":{"type":{"anyOf":[{"$ref":"#/$defs/type"},
    {"type":"array","items":{"$ref":"#/$defs/type"},"minItems":1,"uniqueItems":true}]},"const":true,
    "enum":{"type":"array"},"multipleOf":{"type":"number","exclusiveMinimum":0},"maximum":{"type":"number"},
    "exclusiveMaximum":{"type":"number"},"minimum":{"type":"number"},"exclusiveMinimum":{"type":"number"},
    "maxLength":{"$ref":"#/$defs/count"},"minLength":{"$ref":"#/$defs/count"},
    "pattern":{"type":"string","format":"regex"},"maxItems":{"$ref":"#/$defs/count"},
    "minItems":{"$ref":"#/$defs/count"},"uniqueItems":{"type":"boolean"},"maxContains":{"$ref":"#/$defs/count"},
    "minContains":{"$ref":"#/$defs/count"},"maxProperties":{"$ref":"#/$defs/count"},
    "minProperties":{"$ref":"#/$defs/count"},"required":{"$ref":"#/$defs/names"},
    "dependentRequired":{"type":"object","additionalProperties":{"$ref":"#/$defs/names"}}},
    "$defs":{"count":{"type":"integer","minimum":0},
    "names":{"type":"array","items":{"type":"string"},"uniqueItems":true},
    "type":{"enum":["array","boolean","integer","null","number","object","string"]}}
    """#,
    "meta-data": #"""
    "properties":{"title":{"type":"string"},"description":{"type":"string"},"default":true,
    "deprecated":{"type":"boolean"},"readOnly":{"type":"boolean"},"writeOnly":{"type":"boolean"},
    "examples":{"type":"array","items":true}}
    """#,
    "format-annotation": #""properties":{"format":{"type":"string"}}"#,
    "content": #"""
    "properties":{"contentEncoding":{"type":"string"},"contentMediaType":{"type":"string"},
    "contentSchema":{"$dynamicRef":"#meta"}}
    """#,
  ]
}
