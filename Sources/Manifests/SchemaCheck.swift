// Is this text a schema a tool may have? Compiling it is JSONSchema's work, later; this is what a manifest promises,
// and what every reader of the bytes must agree on.
internal import JSON

extension SchemaSource {
  /// What is wrong with `bytes`, and on which line of them; nil when nothing is.
  ///
  /// A schema is a JSON object without a key twice, at most 64 deep. One that arguments are held against has
  /// `"type": "object"` at its root (docs/protocol.md, "What a catalog refuses at load").
  static func problem(in bytes: [UInt8], mustTakeObject: Bool) -> (line: Int, wrong: String)? {
    do throws(JSONError) {
      let document = try JSONDocument(bytes)
      let root = document.root
      let start = line(at: JSONScanner.root(of: bytes.span).lowerBound, in: bytes)
      guard root.isObject else { return (start, "must be a JSON object; write {\"type\": \"object\", …}") }
      if let key = JSONScanner.duplicateKey(anywhereIn: bytes.span) {
        let name = JSONScanner.text(ofKey: key, in: bytes.span)
        return (
          line(at: key.lowerBound, in: bytes), "has the key \(Words.quoted(name)) twice in one object; remove one"
        )
      }
      guard mustTakeObject else { return nil }
      guard let type = root["type"] else { return (start, "has no \"type\" at its root; write \"type\": \"object\"") }
      if type.isString("object") { return nil }
      let range = JSONScanner.valueRange(forKey: "type", in: JSONScanner.root(of: bytes.span), of: bytes.span)
      return (
        range.map { line(at: $0.lowerBound, in: bytes) } ?? start,
        "must have \"type\": \"object\" at its root, since arguments are an object; write that"
      )
    } catch {
      return (error.offset.map { line(at: $0, in: bytes) } ?? 1, "cannot be read: \(error.message)")
    }
  }

  private static func line(at offset: Int, in bytes: [UInt8]) -> Int {
    bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
  }
}
