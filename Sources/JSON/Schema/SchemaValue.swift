// Reading the schema's own JSON while it is compiled. The pointers live as long as the schema's documents.
import CYYJSON

/// A value in a schema document, or in an instance.
typealias Value = UnsafeMutablePointer<yyjson_val>

extension UnsafeMutablePointer<yyjson_val> {
  var isObject: Bool { yyjson_is_obj(self) }
  var isArray: Bool { yyjson_is_arr(self) }
  var isString: Bool { yyjson_is_str(self) }
  var isBool: Bool { yyjson_is_bool(self) }

  /// Members or elements.
  var length: Int { Int(pointee.tag >> 8) }

  var text: String? { isString ? String(decoding: bytes(ofString: self), as: UTF8.self) : nil }

  /// Members of an object as (key, value); empty for another kind.
  var entries: [(key: String, value: Value)] {
    guard isObject else { return [] }
    var result: [(key: String, value: Value)] = []
    result.reserveCapacity(length)
    var key = self + 1
    for _ in 0..<length {
      result.append((String(decoding: bytes(ofString: key), as: UTF8.self), key + 1))
      key = following(key + 1)
    }
    return result
  }

  /// Elements of an array; empty for another kind.
  var items: [Value] {
    guard isArray else { return [] }
    var result: [Value] = []
    result.reserveCapacity(length)
    var element = self + 1
    for _ in 0..<length {
      result.append(element)
      element = following(element)
    }
    return result
  }

  func member(_ name: String) -> Value? {
    guard isObject else { return nil }
    var key = self + 1
    for _ in 0..<length {
      if equalBytes(bytes(ofString: key), name) { return key + 1 }
      key = following(key + 1)
    }
    return nil
  }

  /// The JSON pointer from here to a value inside. A document's values lie in order, so the way down is a search for
  /// the child that spans the address.
  func pointer(to target: Value) -> String {
    var path = ""
    var current = self
    while current != target {
      var next: Value?
      for (key, value) in current.entries where value <= target && target < following(value) {
        path += "/" + escapedPointerToken(key)
        next = value
      }
      for (index, value) in current.items.enumerated() where value <= target && target < following(value) {
        path += "/\(index)"
        next = value
      }
      guard let next else { break }
      current = next
    }
    return path
  }
}

/// A key as a token of a JSON pointer (RFC 6901).
func escapedPointerToken(_ key: String) -> String {
  guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
  return String(key.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
}

/// A token of a JSON pointer as a key; nil where a tilde is followed by neither 0 nor 1.
func unescapedPointerToken(_ token: Substring) -> String? {
  guard token.contains("~") else { return String(token) }
  var key = ""
  var rest = token.makeIterator()
  while let character = rest.next() {
    guard character == "~" else {
      key.append(character)
      continue
    }
    switch rest.next() {
    case "0": key.append("~")
    case "1": key.append("/")
    default: return nil
    }
  }
  return key
}
