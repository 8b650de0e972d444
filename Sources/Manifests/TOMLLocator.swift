// Which line a key stands on. TOMLKit keeps no positions, so this walks the text once more, after TOMLKit has
// accepted it: it need not judge TOML, only follow it, and it never reads past the end of what it is given.

/// One step from the root of a document to a value.
enum PathStep: Hashable, Sendable {
  case key(String)
  case index(Int)
}

/// Where a key or an element stands.
struct Place: Equatable, Sendable {
  /// 1-based.
  var line: Int
  /// Counts keys as they come, so that an author's order can be kept where the parser sorts.
  var order: Int
}

/// Lines of a TOML document by path.
struct TOMLLocator {
  private var places: [[PathStep]: Place] = [:]
  private var elements: [[PathStep]: Int] = [:]
  private let text: [UInt8]
  private var at = 0
  private var line = 1
  private var depth = 0
  /// The line of a NUL, raw or escaped. The parser is a C library: it would end the text or the string there.
  private(set) var nulLine: Int?

  private static let endsKey = Array(".=]# \t\r\n,}".utf8)
  private static let endsScalar = Array(",]}#\n".utf8)

  init(_ text: String) {
    self.text = Array(text.utf8)
    document()
  }

  func place(of path: [PathStep]) -> Place? { places[path] }

  /// The line of `path`, or of the nearest thing around it that has one.
  func line(of path: [PathStep]) -> Int? {
    var path = path
    while !path.isEmpty {
      if let place = places[path] { return place.line }
      path.removeLast()
    }
    return nil
  }

  // MARK: Structure

  private mutating func document() {
    var table: [PathStep] = []
    while true {
      skipBlank(newlines: true)
      guard let byte = peek else { return }
      if byte == UInt8(ascii: "[") {
        table = header()
      } else {
        keyValue(in: table)
      }
      skipToLineEnd()
    }
  }

  /// `[a.b]` or `[[a.b]]`: answers the path that the lines below belong to.
  private mutating func header() -> [PathStep] {
    at += 1
    let isElement = peek == UInt8(ascii: "[")
    if isElement { at += 1 }
    let keys = dottedKey()
    var path: [PathStep] = []
    for (position, key) in keys.enumerated() {
      path.append(.key(key))
      record(path)
      let isLast = position == keys.count - 1
      if isElement, isLast {
        let index = elements[path, default: 0]
        elements[path] = index + 1
        path.append(.index(index))
        record(path)
      } else if let count = elements[path] {
        path.append(.index(count - 1))
      }
    }
    return path
  }

  private mutating func keyValue(in table: [PathStep]) {
    let start = at
    var path = table
    for key in dottedKey() {
      path.append(.key(key))
      record(path)
    }
    skipBlank(newlines: false)
    guard peek == UInt8(ascii: "=") else {
      if at == start { at += 1 }
      return
    }
    at += 1
    skipBlank(newlines: false)
    value(at: path)
  }

  private mutating func value(at path: [PathStep]) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Bounds.tomlDepth else { return at = text.count }
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
    case UInt8(ascii: "["): array(at: path)
    case UInt8(ascii: "{"): inlineTable(at: path)
    default: skipScalar()
    }
  }

  private mutating func array(at path: [PathStep]) {
    at += 1
    var index = 0
    while true {
      skipBlank(newlines: true)
      guard let byte = peek else { return }
      if byte == UInt8(ascii: "]") { return at += 1 }
      if byte == UInt8(ascii: ",") {
        at += 1
        continue
      }
      let element = path + [.index(index)]
      record(element)
      let before = at
      value(at: element)
      if at == before { at += 1 }
      index += 1
    }
  }

  private mutating func inlineTable(at path: [PathStep]) {
    at += 1
    while true {
      skipBlank(newlines: true)
      guard let byte = peek else { return }
      if byte == UInt8(ascii: "}") { return at += 1 }
      if byte == UInt8(ascii: ",") {
        at += 1
        continue
      }
      let before = at
      keyValue(in: path)
      if at == before { at += 1 }
    }
  }

  // MARK: Tokens

  private mutating func dottedKey() -> [String] {
    var keys: [String] = []
    while true {
      skipBlank(newlines: false)
      if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
        keys.append(string())
      } else {
        let start = at
        while let byte = peek, !Self.endsKey.contains(byte) { at += 1 }
        keys.append(String(decoding: text[start..<at], as: UTF8.self))
      }
      skipBlank(newlines: false)
      guard peek == UInt8(ascii: ".") else { return keys }
      at += 1
    }
  }

  /// Any of the four kinds of string; answers its content, unescaped (a multi-line string's is not needed by anyone).
  private mutating func string() -> String {
    let quote = text[at]
    let isBasic = quote == UInt8(ascii: "\"")
    let isLong = at + 2 < text.count && text[at + 1] == quote && text[at + 2] == quote
    at += isLong ? 3 : 1
    var content: [UInt8] = []
    while let byte = peek {
      if byte == quote {
        if !isLong {
          at += 1
          break
        }
        if at + 2 < text.count, text[at + 1] == quote, text[at + 2] == quote {
          at += 3
          // Up to two more quotes belong to the content and stand before the closing three.
          while peek == quote { at += 1 }
          break
        }
      }
      if byte == UInt8(ascii: "\\"), isBasic {
        escape(into: &content)
        continue
      }
      if byte == 0 { nulLine = nulLine ?? line }
      if byte == UInt8(ascii: "\n") {
        guard isLong else { break }
        line += 1
      }
      content.append(byte)
      at += 1
    }
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func escape(into content: inout [UInt8]) {
    at += 1
    guard let byte = peek else { return }
    switch byte {
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let digits = byte == UInt8(ascii: "u") ? 4 : 8
      let end = min(at + 1 + digits, text.count)
      let code = UInt32(String(decoding: text[(at + 1)..<end], as: UTF8.self), radix: 16)
      if code == 0 { nulLine = nulLine ?? line }
      if let code, let scalar = Unicode.Scalar(code) { content.append(contentsOf: String(Character(scalar)).utf8) }
      at = end
      return
    case UInt8(ascii: "\n"): line += 1
    default: content.append(byte)
    }
    at += 1
  }

  /// Numbers, booleans, dates: everything up to what can follow a value.
  private mutating func skipScalar() {
    while let byte = peek, !Self.endsScalar.contains(byte) { at += 1 }
  }

  private mutating func skipBlank(newlines: Bool) {
    while let byte = peek {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): at += 1
      case UInt8(ascii: "\n") where newlines:
        line += 1
        at += 1
      case UInt8(ascii: "#") where newlines: skipComment()
      case 0xEF where at == 0: at = min(3, text.count)
      default: return
      }
    }
  }

  private mutating func skipComment() {
    while let byte = peek, byte != UInt8(ascii: "\n") { at += 1 }
  }

  private mutating func skipToLineEnd() {
    while let byte = peek, byte != UInt8(ascii: "\n") {
      if byte == 0 { nulLine = nulLine ?? line }
      at += 1
    }
  }

  private var peek: UInt8? { at < text.count ? text[at] : nil }

  private mutating func record(_ path: [PathStep]) {
    guard places[path] == nil else { return }
    places[path] = Place(line: line, order: places.count)
  }
}
