// Is this text a schema a tool may have? Compiling it is JSONSchema's work, later; this is what the manifest promises.

extension SchemaSource {
  /// What is wrong with `bytes`, and on which line of them; nil when nothing is.
  static func problem(in bytes: [UInt8], mustTakeObject: Bool) -> (line: Int, wrong: String)? {
    nil
  }
}
