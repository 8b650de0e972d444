// Arguments made from a schema, for a bench that was given none.

import JSON

package enum SampleArguments {
  /// An object that satisfies a usual schema: the first of `default`, `const`, `examples`, `enum`, or else a
  /// plain value of the type, for each required property. What stands beside a `$ref` counts, what it refers to is not
  /// looked at. Whoever uses it validates it.
  package static func make(from schema: [UInt8]) -> [UInt8] {
    guard let document = try? JSONDocument(schema) else { return Array("{}".utf8) }
    var writer = JSONWriter(reserving: 256)
    write(document.root, at: JSONScanner.root(of: schema.span), of: schema, to: &writer, depth: 0)
    return writer.bytes
  }

  private static func write(
    _ schema: borrowing JSONValue, at range: Range<Int>, of bytes: [UInt8], to writer: inout JSONWriter, depth: Int
  ) {
    for key in ["default", "const"] {
      if let given = JSONScanner.valueRange(forKey: key, in: range, of: bytes.span) {
        return writer.raw(JSONScanner.copy(given, of: bytes.span))
      }
    }
    for key in ["examples", "enum"] {
      if let list = JSONScanner.valueRange(forKey: key, in: range, of: bytes.span) {
        var elements = JSONScanner.elements(of: list, in: bytes.span)
        if let first = elements.next() { return writer.raw(JSONScanner.copy(first, of: bytes.span)) }
      }
    }
    switch schema["type"]?.string {
    case "object", nil: writeObject(schema, at: range, of: bytes, to: &writer, depth: depth)
    case "array": writer.raw("[]")
    case "integer", "number": writer.integer(schema["minimum"]?.int ?? 1)
    case "boolean": writer.bool(true)
    case "null": writer.null()
    default: writer.string(text(ofAtLeast: schema["minLength"]?.int ?? 0))
    }
  }

  private static func writeObject(
    _ schema: borrowing JSONValue, at range: Range<Int>, of bytes: [UInt8], to writer: inout JSONWriter, depth: Int
  ) {
    writer.beginObject()
    defer { writer.endObject() }
    guard depth < 8, var required = schema["required"]?.elements, let properties = schema["properties"],
      let propertiesRange = JSONScanner.valueRange(forKey: "properties", in: range, of: bytes.span)
    else { return }
    while let name = required.next() {
      guard let key = name.string, let property = properties[key],
        let place = JSONScanner.valueRange(forKey: key, in: propertiesRange, of: bytes.span)
      else { continue }
      writer.key(key)
      write(property, at: place, of: bytes, to: &writer, depth: depth + 1)
    }
  }

  private static func text(ofAtLeast count: Int) -> String {
    count <= 3 ? "Ada" : String(repeating: "a", count: min(count, 10_000))
  }
}
