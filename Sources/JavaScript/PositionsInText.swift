// Stack traces and messages with the author's positions in place of the bundled file's.

extension SourceMap {
  /// The text with each `worker.js:LINE:COLUMN` in it replaced by the place in the author's source. What stands in no
  /// source file is left as it is.
  public func mapped(_ text: String) -> String {
    var finder = PositionsInText(text)
    let bytes = finder.bytes
    var out: [UInt8] = []
    var done = 0
    while out.count < JavaScriptLimits.mappedTextBytesMax, let place = finder.next() {
      if let position = position(line: place.line, column: place.column) {
        out += bytes[done..<place.range.lowerBound]
        out += Array(position.description.utf8)
        done = place.range.upperBound
      }
    }
    if done == 0 { return text }
    out += bytes[done...]
    return String(decoding: out, as: UTF8.self)
  }

  /// The author's position of the first `worker.js:LINE:COLUMN` in the text that stands in a source file.
  public func firstPosition(in text: String) -> SourcePosition? {
    var finder = PositionsInText(text)
    while let place = finder.next() {
      if let position = position(line: place.line, column: place.column) { return position }
    }
    return nil
  }
}

/// Finds `worker.js:LINE:COLUMN`, where it is not the end of a longer name.
private struct PositionsInText: IteratorProtocol {
  struct Found {
    var range: Range<Int>
    var line: Int
    var column: Int
  }

  let bytes: [UInt8]
  private var at = 0
  private static let name = Array("\(SourceMap.bundledFile):".utf8)

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func next() -> Found? {
    let name = Self.name
    while at + name.count < bytes.count {
      let start = at
      at += 1
      guard bytes[start] == name[0], bytes[start..<start + name.count].elementsEqual(name),
        start == 0 || !Self.isPartOfAName(bytes[start - 1])
      else { continue }
      var cursor = start + name.count
      guard let line = number(&cursor), cursor < bytes.count, bytes[cursor] == UInt8(ascii: ":") else { continue }
      cursor += 1
      guard let column = number(&cursor) else { continue }
      at = cursor
      return Found(range: start..<cursor, line: line, column: column)
    }
    return nil
  }

  private func number(_ cursor: inout Int) -> Int? {
    let start = cursor
    var value = 0
    while cursor < bytes.count, cursor - start < 9, (0x30...0x39).contains(bytes[cursor]) {
      value = value * 10 + Int(bytes[cursor] - 0x30)
      cursor += 1
    }
    return cursor > start ? value : nil
  }

  private static func isPartOfAName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "/"), 0x80...:
      true
    default: false
    }
  }
}
