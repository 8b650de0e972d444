// From ECMA-262's regular expressions (with its `u` flag, as JSON Schema asks) to PCRE2's.
//
// The two agree on most of the syntax. Where they do not, this says in PCRE2's terms what ECMA-262 means (`.`, `\s`,
// `\u{…}`, `[` in a class), and refuses what only PCRE2 knows (`\A`, `(?R)`, `a++`), since a schema that uses it
// would mean something else to other readers.

struct PatternTranslation {
  private let source: [Unicode.Scalar]
  private var index = 0
  private var output = ""
  /// Whether a quantifier may come next.
  private var canRepeat = false

  static func translate(_ pattern: String) throws(PatternError) -> String {
    var translation = PatternTranslation(source: Array(pattern.unicodeScalars))
    try translation.run()
    return translation.output
  }

  private init(source: [Unicode.Scalar]) { self.source = source }

  private mutating func run() throws(PatternError) {
    while let scalar = advance() {
      switch scalar {
      case "\\": try escape()
      case "[": try characterClass()
      case "(": try group()
      case ")": emit(")")
      case ".": emit("[^\\n\\r\\x{2028}\\x{2029}]")
      case "*", "+", "?": try quantifier(String(scalar))
      case "{": try braces()
      case "^", "|":
        output.unicodeScalars.append(scalar)
        canRepeat = false
      case "$":
        output += "$"
        canRepeat = false
      default: literal(scalar)
      }
    }
  }

  // MARK: Characters

  private var next: Unicode.Scalar? { index < source.count ? source[index] : nil }

  private mutating func advance() -> Unicode.Scalar? {
    guard index < source.count else { return nil }
    index += 1
    return source[index - 1]
  }

  private mutating func skip(_ expected: Unicode.Scalar) -> Bool {
    guard next == expected else { return false }
    index += 1
    return true
  }

  private mutating func emit(_ text: String) {
    output += text
    canRepeat = true
  }

  private mutating func literal(_ scalar: Unicode.Scalar) { emit(Self.literal(scalar)) }

  /// A character that stands for itself, in a class too.
  private static func literal(_ scalar: Unicode.Scalar) -> String {
    let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    return isPlain ? String(Character(scalar)) : "\\x{\(String(scalar.value, radix: 16))}"
  }

  // MARK: Quantifiers

  private mutating func quantifier(_ text: String) throws(PatternError) {
    guard canRepeat else { throw PatternError(message: "nothing to repeat before `\(text)`") }
    output += text
    if skip("?") { output += "?" }
    canRepeat = false
  }

  /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is taken literally.
  private mutating func braces() throws(PatternError) {
    let start = index
    var text = "{"
    var digits = 0
    while let scalar = next, ("0"..."9").contains(scalar) {
      text.unicodeScalars.append(scalar)
      digits += 1
      index += 1
    }
    if digits > 0, skip(",") {
      text += ","
      while let scalar = next, ("0"..."9").contains(scalar) {
        text.unicodeScalars.append(scalar)
        index += 1
      }
    }
    if digits > 0, skip("}") {
      try quantifier(text + "}")
    } else {
      index = start
      literal("{")
    }
  }

  // MARK: Groups

  private mutating func group() throws(PatternError) {
    canRepeat = false
    guard next != "*" else { throw PatternError(message: "`(*` is not a group in ECMA-262") }
    output += "("
    guard skip("?") else { return }
    output += "?"
    let rest = String(String.UnicodeScalarView(source[index...].prefix(3)))
    for kind in [":", "=", "!", "<=", "<!"] where rest.hasPrefix(kind) {
      output += kind
      index += kind.count
      return
    }
    if rest.hasPrefix("<") {
      output += "<"
      index += 1
      while let scalar = advance() {
        guard
          scalar == "_" || scalar == ">" || (scalar.isASCII && scalar.properties.isAlphabetic)
            || ("0"..."9").contains(scalar)
        else { throw PatternError(message: "the name of a group has a character other than a-z, A-Z, 0-9 and _") }
        output.unicodeScalars.append(scalar)
        if scalar == ">" { return }
      }
    }
    if try modifiers() { return }
    throw PatternError(message: "`(?\(rest.prefix(1))` is not a group in ECMA-262")
  }

  /// `(?i:`, `(?-s:`: ES2025.
  private mutating func modifiers() throws(PatternError) -> Bool {
    var text = ""
    var ahead = index
    while ahead < source.count, "ims-".unicodeScalars.contains(source[ahead]) {
      text.unicodeScalars.append(source[ahead])
      ahead += 1
    }
    guard !text.isEmpty, ahead < source.count, source[ahead] == ":" else { return false }
    guard !text.contains("s") else {
      throw PatternError(message: "the modifier `s` is not supported; write [^] instead")
    }
    output += text + ":"
    index = ahead + 1
    return true
  }

  // MARK: Escapes

  private mutating func escape() throws(PatternError) {
    guard let scalar = next else { throw PatternError(message: "the expression ends in a backslash") }
    switch scalar {
    case "b", "B":
      index += 1
      output += "\\" + String(scalar)
      canRepeat = false
    case "1"..."9":
      var number = ""
      while let digit = next, ("0"..."9").contains(digit) {
        number.unicodeScalars.append(digit)
        index += 1
      }
      emit("\\g{\(number)}")
    case "k":
      index += 1
      guard skip("<") else { throw PatternError(message: "`\\k` needs the name of a group, as in `\\k<name>`") }
      output += "\\k<"
      while let character = advance() {
        output.unicodeScalars.append(character)
        if character == ">" { break }
      }
      canRepeat = true
    case "s":
      index += 1
      emit("[\(Self.space)]")
    case "S":
      index += 1
      emit("[^\(Self.space)]")
    default: emit(try sharedEscape())
    }
  }

  /// An escape that means the same in a class; the backslash is read already.
  private mutating func sharedEscape() throws(PatternError) -> String {
    guard let scalar = advance() else { throw PatternError(message: "the expression ends in a backslash") }
    switch scalar {
    case "d", "D", "w", "W", "t", "n", "r", "f": return "\\" + String(scalar)
    case "v": return "\\x{b}"
    case "0":
      if let digit = next, ("0"..."9").contains(digit) {
        throw PatternError(message: "octal escapes such as `\\0\(digit)` are not in ECMA-262; write \\x and two digits")
      }
      return "\\x{0}"
    case "c":
      guard let letter = advance(), letter.isASCII, letter.properties.isAlphabetic else {
        throw PatternError(message: "`\\c` needs a letter, as in `\\cJ`")
      }
      return "\\x{\(String(letter.value % 32, radix: 16))}"
    case "x":
      guard let code = hexadecimal(2) else { throw PatternError(message: "`\\x` needs two hexadecimal digits") }
      return "\\x{\(String(code, radix: 16))}"
    case "u": return "\\x{\(String(try codePoint(), radix: 16))}"
    case "p", "P": return try property(isNegated: scalar == "P")
    default:
      // Escaped punctuation is itself. A letter might mean something to another reader.
      guard !(scalar.isASCII && scalar.properties.isAlphabetic) else {
        throw PatternError(message: "`\\\(scalar)` is not an escape in ECMA-262")
      }
      return Self.literal(scalar)
    }
  }

  private mutating func hexadecimal(_ count: Int) -> UInt32? {
    guard index + count <= source.count else { return nil }
    let text = String(String.UnicodeScalarView(source[index..<index + count]))
    guard text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16) else { return nil }
    index += count
    return code
  }

  /// After `\u`: `{1F600}`, or four digits, which may be a surrogate pair with the next escape.
  private mutating func codePoint() throws(PatternError) -> UInt32 {
    if skip("{") {
      var text = ""
      while let scalar = advance(), scalar != "}" { text.unicodeScalars.append(scalar) }
      guard text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16), code <= 0x10FFFF else {
        throw PatternError(message: "`\\u{\(text.prefix(12))}` is not a code point")
      }
      return code
    }
    guard let high = hexadecimal(4) else { throw PatternError(message: "`\\u` needs four hexadecimal digits") }
    if high & 0xFC00 == 0xD800, index + 1 < source.count, source[index] == "\\", source[index + 1] == "u" {
      let start = index
      index += 2
      if let low = hexadecimal(4), low & 0xFC00 == 0xDC00 { return 0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF) }
      index = start
    }
    return high
  }

  private mutating func property(isNegated: Bool) throws(PatternError) -> String {
    guard skip("{") else { throw PatternError(message: "`\\p` needs a property in braces, as in `\\p{Letter}`") }
    var name = ""
    while let scalar = advance(), scalar != "}" { name.unicodeScalars.append(scalar) }
    guard let translated = UnicodeProperties.translate(name) else {
      throw PatternError(message: "`\\p{\(name.prefix(40))}` is not a Unicode property in ECMA-262")
    }
    return (isNegated ? "\\P{" : "\\p{") + translated + "}"
  }

  // MARK: Classes

  private mutating func characterClass() throws(PatternError) {
    output += "["
    if skip("^") { output += "^" }
    while let scalar = advance() {
      switch scalar {
      case "]":
        emit("]")
        return
      case "\\":
        guard let escaped = next else { break }
        switch escaped {
        case "b":
          index += 1
          output += "\\x{8}"
        case "-":
          index += 1
          output += "\\-"
        case "s":
          index += 1
          output += Self.space
        case "S":
          index += 1
          output += Self.notSpace
        case "1"..."9", "B", "k":
          throw PatternError(message: "`\\\(escaped)` has no meaning in a character class")
        default: output += try sharedEscape()
        }
      case "-": output += "-"
      default: output += Self.literal(scalar)
      }
    }
    throw PatternError(message: "a `[` is not closed by `]`")
  }

  /// White space and line ends, as ECMA-262 has them: more than PCRE2's `\s` without Unicode properties.
  private static let space =
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
  private static let notSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    + "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
}
