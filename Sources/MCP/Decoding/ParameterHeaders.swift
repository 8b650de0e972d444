// Row 16: `Mcp-Param-*` headers say what the arguments say (2026-07-28, basic/transports/streamable-http,
// "Server Behavior for Custom Headers").
internal import JSON

extension Decoder {
  func checkParameterHeaders(of tool: ToolRecord, arguments: JSONValue?) throws(Refusal) {
    for parameter in tool.headerParameters {
      let header = try single(parameter.lookupName, parameter.fieldName)
      var value = arguments
      for key in parameter.path { value = value?[key] }
      guard let value, !value.isNull else {
        // An intermediary would route by a value that the body never had.
        guard header == nil else {
          throw .headerMismatch(
            "The header \(parameter.fieldName) is there, but not the argument \(parameter.pathText).")
        }
        continue
      }
      guard let header else {
        // An array or object has no header form; the schema refuses it.
        if value.isArray || value.isObject { continue }
        throw .headerMismatch("The header \(parameter.fieldName) is missing; it must repeat \(parameter.pathText).")
      }
      guard let decoded = HeaderValue.decoded(header) else {
        throw .headerMismatch(
          "The header \(parameter.fieldName) is malformed: not visible ASCII, or not base64 of UTF-8.")
      }
      guard ParameterValue.matches(decoded, value) else {
        throw .headerMismatch("The header \(parameter.fieldName) differs from the argument \(parameter.pathText).")
      }
    }
  }
}

enum ParameterValue {
  /// Whether a decoded header says what an argument says: strings byte for byte, integers by value, booleans by name.
  static func matches(_ header: ArraySlice<UInt8>, _ value: JSONValue) -> Bool {
    switch value.kind {
    case .string: equal(header, value)
    case .bool: header.elementsEqual((value.bool == true ? "true" : "false").utf8)
    case .number: matchesNumber(header, value)
    case .null, .array, .object: false
    }
  }

  /// `42`, `42.0` and `042` are one integer. Beyond ±(2^53−1), where the annotation does not reach, nothing matches.
  private static func matchesNumber(_ header: ArraySlice<UInt8>, _ value: JSONValue) -> Bool {
    guard let expected = value.double, expected.magnitude < 9_007_199_254_740_992, isDecimal(header),
      let actual = Double(String(decoding: header, as: UTF8.self))
    else { return false }
    return actual == expected
  }

  /// `-?digits(.digits)?`: no exponents, no `inf`.
  private static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
    let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      }
  }
}

/// Whether a header's value is this string.
private func equal(_ value: ArraySlice<UInt8>, _ string: JSONValue) -> Bool {
  guard let text = string.utf8, text.count == value.count else { return false }
  let start = value.startIndex
  for index in 0..<text.count where value[start + index] != text[index] { return false }
  return true
}
