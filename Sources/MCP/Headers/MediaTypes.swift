// Rows 5 and 6 of the ladder (docs/protocol.md, "The ladder"): may the client read JSON, and has it sent JSON?

enum MediaTypes {
  /// Whether `application/json`, which is all we answer with, is acceptable.
  ///
  /// The specification makes clients list `text/event-stream` too, but gives no reaction to one that does not. Nothing
  /// answered here is a stream, so it may be missing. No `Accept` at all accepts everything (RFC 9110 §12.5.1).
  static func acceptsJSON(_ lookup: HeaderLookup) -> Bool {
    switch lookup {
    case .absent:
      return true
    case .one(let value):
      if equal(value, usualAccept) { return true }
      return acceptsJSON([value])
    case .several(let values):
      return acceptsJSON(values)
    }
  }

  /// What official clients send.
  private static let usualAccept = Array("application/json, text/event-stream".utf8)
  private static let usualContentType = Array("application/json".utf8)

  /// The most specific range that covers `application/json` decides, as RFC 9110 §12.5.1 has it.
  private static func acceptsJSON(_ values: [ArraySlice<UInt8>]) -> Bool {
    var bestSpecificity = -1
    var accepted = false
    for value in values {
      for element in split(value, at: UInt8(ascii: ",")) {
        let parts = split(element, at: UInt8(ascii: ";"))
        let range = HeaderValue.trimmed(parts[0])
        let specificity: Int
        if HeaderValue.equals(range, ignoringCase: "application/json") {
          specificity = 2
        } else if HeaderValue.equals(range, ignoringCase: "application/*") {
          specificity = 1
        } else if range.elementsEqual("*/*".utf8) {
          specificity = 0
        } else {
          continue
        }
        let weighted = !isZeroWeight(parts.dropFirst())
        if specificity > bestSpecificity {
          bestSpecificity = specificity
          accepted = weighted
        } else if specificity == bestSpecificity {
          accepted = accepted || weighted
        }
      }
    }
    return accepted
  }

  /// Whether the one `Content-Type` is `application/json`; parameters are allowed, a charset only if it is UTF-8.
  static func isJSON(_ lookup: HeaderLookup) -> Bool {
    guard case .one(let value) = lookup else { return false }
    if equal(value, usualContentType) { return true }
    let parts = split(value, at: UInt8(ascii: ";"))
    guard HeaderValue.equals(HeaderValue.trimmed(parts[0]), ignoringCase: "application/json") else { return false }
    return parts.dropFirst().allSatisfy { parameter in
      guard let (name, text) = namedValue(parameter), HeaderValue.equals(name, ignoringCase: "charset") else {
        return true
      }
      return HeaderValue.equals(unquoted(text), ignoringCase: "utf-8")
    }
  }

  /// `q=0`, `q=0.0`, … : "not this one".
  private static func isZeroWeight(_ parameters: ArraySlice<ArraySlice<UInt8>>) -> Bool {
    for parameter in parameters {
      guard let (name, text) = namedValue(parameter), HeaderValue.equals(name, ignoringCase: "q") else { continue }
      return text.first == UInt8(ascii: "0")
        && text.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    }
    return false
  }

  private static func namedValue(_ parameter: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
    guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    return (HeaderValue.trimmed(parameter[..<equals]), HeaderValue.trimmed(parameter[(equals + 1)...]))
  }

  private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard text.count >= 2, text.first == quote, text.last == quote else { return text }
    return text.dropFirst().dropLast()
  }

  /// At least one part; a separator inside a quoted string does not count.
  private static func split(_ value: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = value.startIndex
    var quoted = false
    var escaped = false
    for index in value.indices {
      let byte = value[index]
      if escaped {
        escaped = false
      } else if quoted, byte == UInt8(ascii: "\\") {
        escaped = true
      } else if byte == UInt8(ascii: "\"") {
        quoted.toggle()
      } else if byte == separator, !quoted {
        parts.append(value[start..<index])
        start = index + 1
      }
    }
    parts.append(value[start...])
    return parts
  }
}
