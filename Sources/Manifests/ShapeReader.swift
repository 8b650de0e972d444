// Holds a TOML document against its shape: one walk that refuses what the shape does not know and fills in what the
// author left out. What comes out needs no further check of types or ranges.
internal import TOMLKit

/// A table that obeys its shape.
struct CheckedTable {
  enum Value {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case texts([String])
    case pairs([(name: String, value: String)])
    case schema(SchemaText)
    case table(CheckedTable)
    case tables([CheckedTable])
  }
  /// A schema as the author gave it.
  enum SchemaText {
    case file(path: String, line: Int?)
    case inline([UInt8], line: Int?)
  }

  let shape: TableShape
  let path: [PathStep]
  let line: Int?
  fileprivate(set) var values: [String: Value] = [:]
  fileprivate var written: Set<String> = []

  /// Whether the author wrote the key.
  func isWritten(_ name: String) -> Bool { written.contains(name) }

  func text(_ name: String) -> String? {
    if case .text(let text)? = values[name] { text } else { nil }
  }
  func integer(_ name: String) -> Int? {
    if case .integer(let number)? = values[name] { number } else { nil }
  }
  func number(_ name: String) -> Double? {
    if case .number(let number)? = values[name] { number } else { nil }
  }
  func boolean(_ name: String) -> Bool? {
    if case .boolean(let flag)? = values[name] { flag } else { nil }
  }
  func texts(_ name: String) -> [String]? {
    if case .texts(let texts)? = values[name] { texts } else { nil }
  }
  /// In the order of the names.
  func pairs(_ name: String) -> [(name: String, value: String)] {
    if case .pairs(let pairs)? = values[name] { pairs } else { [] }
  }
  func schema(_ name: String) -> SchemaText? {
    if case .schema(let schema)? = values[name] { schema } else { nil }
  }
  func table(_ name: String) -> CheckedTable? {
    if case .table(let table)? = values[name] { table } else { nil }
  }
  func tables(_ name: String) -> [CheckedTable] {
    if case .tables(let tables)? = values[name] { tables } else { [] }
  }
}

/// Reads one document.
struct ShapeReader {
  let file: String
  let locator: TOMLLocator
  private let root: TOMLTable

  /// Parses `text`; throws `.syntax` with line and column where it is not TOML.
  init(_ text: String, file: String) throws(ManifestError) {
    self.file = file
    guard text.utf8.count <= Bounds.fileBytes else {
      throw ManifestError(
        .unreadable, file: file,
        message:
          """
          the file has \(text.utf8.count) bytes, more than \(ByteSize.format(Bounds.fileBytes)); \
          move schemas to files of their own
          """
      )
    }
    if let nul = text.utf8.firstIndex(of: 0) {
      let line = text.utf8[..<nul].count(where: { $0 == UInt8(ascii: "\n") }) + 1
      throw ManifestError(
        .syntax, file: file, line: line, message: "there is a NUL byte; save the file as plain UTF-8 text")
    }
    do {
      root = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw ManifestError(
        .syntax, file: file, line: error.source.begin.line, column: error.source.begin.column,
        message: "not TOML: \(Self.sentence(error.description))")
    } catch {
      throw ManifestError(.syntax, file: file, message: "not TOML: \(error)")
    }
    locator = TOMLLocator(text)
    if let line = locator.nulLine {
      throw ManifestError(
        .badValue, file: file, line: line, message: "a string has the character NUL; remove the \\u0000")
    }
  }

  /// The string at a path of keys, before any check; nil where there is none.
  func text(at keys: [String]) -> String? {
    var value: TOMLValue? = root.tomlValue
    for key in keys { value = value?.table?[key]?.tomlValue }
    return value?.string
  }

  func read(_ shape: TableShape) throws(ManifestError) -> CheckedTable {
    try read(root, shape, at: [])
  }

  private func read(_ table: TOMLTable, _ shape: TableShape, at path: [PathStep]) throws(ManifestError) -> CheckedTable
  {
    var checked = CheckedTable(shape: shape, path: path, line: locator.line(of: path))
    for key in inFileOrder(table.keys, at: path) where shape[key] == nil { throw unknown(key, in: shape, at: path) }
    for key in shape.keys {
      if let value = table[key.name] {
        checked.written.insert(key.name)
        checked.values[key.name] = try self.value(value.tomlValue, key, at: path + [.key(key.name)])
      } else if key.isRequired {
        throw missing(key, in: shape, at: path)
      } else {
        checked.values[key.name] = try standard(key, at: path)
      }
    }
    return checked
  }

  private func standard(_ key: KeyShape, at path: [PathStep]) throws(ManifestError) -> CheckedTable.Value? {
    switch (key.standard, key.kind) {
    case (.text(let text)?, _): .text(text)
    case (.integer(let number)?, _): .integer(number)
    case (.number(let number)?, _): .number(number)
    // An optional table that is left out still has its defaults.
    case (nil, .table(let shape)) where !shape.keys.contains(where: \.isRequired):
      .table(try read(TOMLTable(), shape, at: path + [.key(key.name)]))
    default: nil
    }
  }

  private func value(
    _ value: TOMLValue, _ key: KeyShape, at path: [PathStep]
  ) throws(ManifestError) -> CheckedTable.Value {
    switch key.kind {
    case .text(let maxBytes, let check):
      guard let text = value.string else { throw wrongType(value, wants: "a string", key, at: path) }
      try require(text, maxBytes: maxBytes, check, at: path)
      return .text(text)
    case .choice(let words):
      guard let text = value.string else { throw wrongType(value, wants: "a string", key, at: path) }
      guard words.contains(text) else {
        let all = words.map(Words.quoted).joined(separator: ", ")
        let meant = Spelling.nearest(to: text, among: words).map { "; did you mean \(Words.quoted($0))?" } ?? ""
        throw error(.badValue, at: path, "`\(name(path))` is \(Words.quoted(text)), but must be one of \(all)\(meant)")
      }
      return .text(text)
    case .integer(let range):
      guard let number = value.int else { throw wrongType(value, wants: "a whole number", key, at: path) }
      guard range.contains(number) else {
        throw error(
          .badValue, at: path,
          """
          `\(name(path))` is \(number), but must be \(range.lowerBound) to \(range.upperBound); \
          write \(number < range.lowerBound ? range.lowerBound : range.upperBound)
          """
        )
      }
      return .integer(number)
    case .number(let range): return .number(try number(value, range, key, at: path))
    case .byteSize(let range): return .integer(try byteSize(value, range, key, at: path))
    case .duration(let range): return .integer(try duration(value, range, key, at: path))
    case .pairs(let maxCount, let check): return .pairs(try pairs(value, maxCount, check, key, at: path))
    case .boolean:
      guard let flag = value.bool else { throw wrongType(value, wants: "true or false", key, at: path) }
      return .boolean(flag)
    case .texts(let maxCount, let check):
      let wants = "an array of strings"
      guard let array = value.array else { throw wrongType(value, wants: wants, key, at: path) }
      try require(count: array.count, maxCount, at: path)
      var texts: [String] = []
      for index in 0..<array.count {
        let element = path + [.index(index)]
        guard let text = array[index].string else {
          throw wrongType(array[index].tomlValue, wants: "a string", key, at: element)
        }
        try require(text, maxBytes: Bounds.pathBytes, check, at: element)
        texts.append(text)
      }
      return .texts(texts)
    case .schema: return .schema(try schema(value, key, at: path))
    case .table(let shape):
      guard let table = value.table else {
        throw wrongType(
          value, wants: "a table", key, at: path, write: "[\(key.name)] on a line of its own, and its keys below")
      }
      return .table(try read(table, shape, at: path))
    case .tables(let shape, let maxCount):
      let write = "[[\(key.name)]] on a line of its own, and its keys below"
      guard let array = value.array else {
        throw wrongType(value, wants: "an array of tables", key, at: path, write: write)
      }
      try require(count: array.count, maxCount, at: path)
      var tables: [CheckedTable] = []
      for index in 0..<array.count {
        let element = path + [.index(index)]
        guard let table = array[index].table else {
          throw wrongType(array[index].tomlValue, wants: "a table", key, at: element, write: write)
        }
        tables.append(try read(table, shape, at: element))
      }
      if key.isRequired, tables.isEmpty {
        throw error(.missingKey, at: path, "`\(name(path))` is empty; write at least one [[\(key.name)]]")
      }
      return .tables(tables)
    }
  }

  private func number(
    _ value: TOMLValue, _ range: ClosedRange<Double>, _ key: KeyShape, at path: [PathStep]
  ) throws(ManifestError) -> Double {
    guard let number = value.double ?? value.int.map(Double.init) else {
      throw wrongType(value, wants: "a number", key, at: path)
    }
    // What is no number at all is in no range either.
    guard range.contains(number) else {
      let nearest = Words.number(number < range.lowerBound ? range.lowerBound : range.upperBound)
      throw error(
        .badValue, at: path,
        """
        `\(name(path))` is \(number), but must be \(Words.number(range.lowerBound)) to \
        \(Words.number(range.upperBound)); write \(number.isFinite ? nearest : key.example)
        """
      )
    }
    return number
  }

  private func byteSize(
    _ value: TOMLValue, _ range: ClosedRange<Int>, _ key: KeyShape, at path: [PathStep]
  ) throws(ManifestError) -> Int {
    guard let text = value.string else { throw wrongType(value, wants: "a size in quotes", key, at: path) }
    guard let bytes = ByteSize.parse(text) else {
      throw error(
        .badValue, at: path,
        """
        `\(name(path))` is \(Words.quoted(text)), which is no size; write a whole number and KiB or MiB, \
        such as \(Words.quoted(ByteSize.suggestion(for: text)))
        """
      )
    }
    guard range.contains(bytes) else {
      let (low, high) = (ByteSize.format(range.lowerBound), ByteSize.format(range.upperBound))
      throw error(
        .badValue, at: path,
        """
        `\(name(path))` is \(Words.quoted(text)), but must be \(low) to \(high); \
        write \(Words.quoted(bytes < range.lowerBound ? low : high))
        """
      )
    }
    return bytes
  }

  private func duration(
    _ value: TOMLValue, _ range: ClosedRange<Int>, _ key: KeyShape, at path: [PathStep]
  ) throws(ManifestError) -> Int {
    guard let text = value.string else { throw wrongType(value, wants: "a time in quotes", key, at: path) }
    guard let milliseconds = TimeSpan.parse(text) else {
      throw error(
        .badValue, at: path,
        """
        `\(name(path))` is \(Words.quoted(text)), which is no time; write a whole number and ms, s, m, h or d, \
        such as \(key.example)
        """
      )
    }
    guard range.contains(milliseconds) else {
      let (low, high) = (TimeSpan.format(range.lowerBound), TimeSpan.format(range.upperBound))
      throw error(
        .badValue, at: path,
        """
        `\(name(path))` is \(Words.quoted(text)), but must be \(low) to \(high); \
        write \(Words.quoted(milliseconds < range.lowerBound ? low : high))
        """
      )
    }
    return milliseconds
  }

  private func pairs(
    _ value: TOMLValue, _ maxCount: Int, _ check: (String, String) -> String?, _ key: KeyShape, at path: [PathStep]
  ) throws(ManifestError) -> [(name: String, value: String)] {
    guard let table = value.table else { throw wrongType(value, wants: "a table of strings", key, at: path) }
    try require(count: table.keys.count, maxCount, at: path)
    var pairs: [(name: String, value: String)] = []
    for pairName in inFileOrder(table.keys, at: path) {
      let place = path + [.key(pairName)]
      guard let text = table[pairName]?.tomlValue.string else {
        throw error(.wrongType, at: place, "`\(name(place))` must be a string; write \(key.name) = \(key.example)")
      }
      guard text.utf8.count <= Bounds.pairBytes, pairName.utf8.count <= Bounds.pairBytes else {
        throw error(.badValue, at: place, "`\(name(place))` has over \(Bounds.pairBytes) bytes; write less")
      }
      // The value may be a secret that was written in by mistake: it is not repeated.
      if let wrong = check(pairName, text) { throw error(.badValue, at: place, "`\(name(place))`: \(wrong)") }
      pairs.append((pairName, text))
    }
    return pairs.sorted { $0.name < $1.name }
  }

  private func schema(_ value: TOMLValue, _ key: KeyShape, at path: [PathStep]) throws(ManifestError)
    -> CheckedTable.SchemaText
  {
    let line = locator.line(of: path)
    if let text = value.string {
      try require(text, maxBytes: Bounds.pathBytes, Words.relativePath, at: path)
      return .file(path: text, line: line)
    }
    guard let table = value.table else {
      throw wrongType(value, wants: "a schema: a file's path, or an inline table", key, at: path)
    }
    var json = InlineSchema(file: file, locator: locator)
    return .inline(try json.bytes(of: table, at: path), line: line)
  }

  // MARK: Errors

  private func require(
    _ text: String, maxBytes: Int, _ check: (String) -> String?, at path: [PathStep]
  ) throws(ManifestError) {
    guard text.utf8.count <= maxBytes else {
      throw error(.badValue, at: path, "`\(name(path))` has \(text.utf8.count) bytes; write at most \(maxBytes)")
    }
    if let wrong = check(text) {
      throw error(.badValue, at: path, "`\(name(path))` is \(Words.quoted(text)): \(wrong)")
    }
  }

  private func require(count: Int, _ maxCount: Int, at path: [PathStep]) throws(ManifestError) {
    guard count <= maxCount else {
      throw error(.badValue, at: path, "`\(name(path))` has \(count) entries; write at most \(maxCount)")
    }
  }

  private func unknown(_ key: String, in shape: TableShape, at path: [PathStep]) -> ManifestError {
    let full = path + [.key(key)]
    var message = "unknown key `\(name(full))`"
    if shape.later.contains(key) {
      message = "`\(name(full))` is not enforced by this version of Atoll, so it is refused; remove it"
    } else if let meant = Spelling.nearest(to: key, among: shape.keys.map(\.name)) {
      message += "; did you mean `\(meant)`?"
    } else if let (table, meant) = elsewhere(key, than: shape) {
      message += "; did you mean `\(meant)` in [\(table)]?"
    } else {
      message +=
        "; \(shape.name.isEmpty ? "the file" : "[\(shape.name)]") knows "
        + shape.keys.map { "`\($0.name)`" }.joined(separator: ", ")
    }
    return error(.unknownKey, at: full, message)
  }

  /// A key of this name in a neighbouring table: `memory` at the top is meant for `[limits]`.
  private func elsewhere(_ key: String, than shape: TableShape) -> (table: String, key: String)? {
    for candidate in shape.keys {
      switch candidate.kind {
      case .table(let inner):
        if let meant = Spelling.nearest(to: key, among: inner.keys.map(\.name)) { return (inner.name, meant) }
      case .tables(let inner, _):
        if let meant = Spelling.nearest(to: key, among: inner.keys.map(\.name)) { return ("[\(inner.name)]", meant) }
      default: continue
      }
    }
    return nil
  }

  private func missing(_ key: KeyShape, in shape: TableShape, at path: [PathStep]) -> ManifestError {
    let write: String
    switch key.kind {
    case .table: write = "[\(key.name)]"
    case .tables: write = "[[\(key.name)]]"
    default: write = "\(key.name) = \(key.example)"
    }
    let place: String
    if let index = path.last, case .index(let number) = index {
      place = "[[\(shape.name)]] number \(number + 1)"
    } else {
      place = path.isEmpty ? "the file" : "[\(name(path))]"
    }
    return error(.missingKey, at: path, "\(place) has no `\(key.name)`; write \(write)")
  }

  private func wrongType(
    _ value: TOMLValue, wants: String, _ key: KeyShape, at path: [PathStep], write: String? = nil
  ) -> ManifestError {
    let write = write ?? "\(key.name) = \(key.example)"
    return error(
      .wrongType, at: path, "`\(name(path))` must be \(wants), but is \(Self.noun(value.type)); write \(write)")
  }

  func error(_ code: ManifestError.Code, at path: [PathStep], _ message: String) -> ManifestError {
    ManifestError(code, file: file, line: locator.line(of: path), message: message)
  }

  private func inFileOrder(_ keys: [String], at path: [PathStep]) -> [String] {
    keys.sorted { order(path, $0) < order(path, $1) }
  }

  private func order(_ path: [PathStep], _ key: String) -> Int { locator.place(of: path + [.key(key)])?.order ?? .max }

  /// `limits.memory`, `tools[1].name`: counted from 1, as people count.
  private func name(_ path: [PathStep]) -> String {
    path.reduce(into: "") { text, step in
      switch step {
      case .key(let key):
        if !text.isEmpty { text += "." }
        text +=
          !key.isEmpty && key.utf8.allSatisfy { Words.isToolNameByte($0) && $0 != UInt8(ascii: ".") }
          ? key : Words.quoted(key)
      case .index(let index): text += "[\(index + 1)]"
      }
    }
  }

  static func noun(_ type: TOMLType) -> String {
    switch type {
    case .table: "a table"
    case .array: "an array"
    case .string: "a string"
    case .int: "a whole number"
    case .double: "a number with a point"
    case .bool: "true or false"
    case .date, .time, .dateTime: "a date or time"
    }
  }

  /// The parser's messages end in what it saw, on one line.
  private static func sentence(_ text: String) -> String {
    String(text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300))
  }
}
