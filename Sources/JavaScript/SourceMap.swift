// From positions in the bundled file to positions in the author's: a source map (ECMA-426), read, looked up, written.
internal import JSON

/// A place in a source file; line and column from 1.
public struct SourcePosition: Sendable, Equatable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int
  public var description: String { "\(file):\(line):\(column)" }

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// The positions of one bundled file. Immutable.
public struct SourceMap: Sendable {
  /// The name of the bundled file in every position that the engine gives.
  public static let bundledFile = "worker.js"

  /// From here on, up to the next mapping of the line: `source` −1 is code that stands in no source file.
  private struct Mapping {
    var column: Int32
    var source: Int32
    var sourceLine: Int32
    var sourceColumn: Int32
  }

  /// As they stand in positions.
  public let sources: [String]
  private let encodedMappings: [UInt8]
  private let mappings: [Mapping]
  /// Where each generated line's mappings begin; one more than there are lines.
  private let lines: [Int]

  /// - Parameters:
  ///   - json: a source map of version 3.
  ///   - rename: what a source is called in positions.
  /// - Throws: `.badSourceMap`, also for one that points outside of its own sources.
  public init(_ json: [UInt8], rename: (String) -> String = { $0 }) throws(JavaScriptError) {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(json) } catch {
      throw JavaScriptError(.badSourceMap, "the source map is not JSON: \(error)", cause: error)
    }
    let root = document.root
    guard let list = root["sources"], let text = root["mappings"]?.string else {
      throw JavaScriptError(.badSourceMap, "the source map lacks `sources` or `mappings`")
    }
    var sources: [String] = []
    var elements = list.elements
    while let element = elements.next() {
      let name = rename(element.string ?? "")
      guard sources.count < JavaScriptLimits.sourcesMax, name.utf8.count <= JavaScriptLimits.sourceNameBytesMax else {
        throw JavaScriptError(
          .badSourceMap,
          "the source map has more than \(JavaScriptLimits.sourcesMax) sources, or one whose name is longer than "
            + "\(JavaScriptLimits.sourceNameBytesMax) bytes")
      }
      sources.append(name)
    }
    self.sources = sources
    encodedMappings = Array(text.utf8)
    (mappings, lines) = try Self.decode(encodedMappings, sources: sources.count)
  }

  /// A source map with these sources and mappings, and nothing of the sources' text.
  public func encoded() -> [UInt8] {
    var writer = JSONWriter(reserving: encodedMappings.count + 256)
    writer.beginObject()
    writer.member("version", 3)
    writer.key("sources")
    writer.beginArray()
    for source in sources { writer.string(source) }
    writer.endArray()
    writer.key("names")
    writer.beginArray()
    writer.endArray()
    writer.member("mappings", String(decoding: encodedMappings, as: UTF8.self))
    writer.endObject()
    return writer.bytes
  }

  /// The author's position for one of the bundled file; nil where it is nobody's code.
  public func position(line: Int, column: Int) -> SourcePosition? {
    guard line >= 1, line < lines.count else { return nil }
    var low = lines[line - 1]
    var high = lines[line]
    let wanted = Int32(clamping: column - 1)
    let first = low
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].column <= wanted { low = middle + 1 } else { high = middle }
    }
    guard low > first else { return nil }
    let mapping = mappings[low - 1]
    guard mapping.source >= 0 else { return nil }
    return SourcePosition(
      file: sources[Int(mapping.source)], line: Int(mapping.sourceLine) + 1, column: Int(mapping.sourceColumn) + 1)
  }

  // MARK: Decoding

  private static func decode(_ text: [UInt8], sources: Int) throws(JavaScriptError) -> ([Mapping], [Int]) {
    var mappings: [Mapping] = []
    var lines = [0]
    var column: Int64 = 0
    var source: Int64 = 0
    var sourceLine: Int64 = 0
    var sourceColumn: Int64 = 0
    var reader = VLQReader(text)
    while !reader.isAtEnd {
      if reader.skip(UInt8(ascii: ";")) {
        guard lines.count < JavaScriptLimits.linesMax else {
          throw JavaScriptError(.badSourceMap, "the source map has more than \(JavaScriptLimits.linesMax) lines")
        }
        lines.append(mappings.count)
        column = 0
        continue
      }
      if reader.skip(UInt8(ascii: ",")) { continue }
      guard mappings.count < JavaScriptLimits.mappingsMax else {
        throw JavaScriptError(
          .badSourceMap, "the source map has more than \(JavaScriptLimits.mappingsMax) mappings")
      }
      column += try reader.number()
      var isMapped = false
      if !reader.isAtSegmentsEnd {
        source += try reader.number()
        sourceLine += try reader.number()
        sourceColumn += try reader.number()
        if !reader.isAtSegmentsEnd { _ = try reader.number() }
        isMapped = true
      }
      guard let narrow = Int32(exactly: column), narrow >= 0, (0..<Int64(max(1, sources))).contains(source),
        !isMapped || sources > 0, let line = Int32(exactly: sourceLine), line >= 0,
        let place = Int32(exactly: sourceColumn), place >= 0
      else { throw JavaScriptError(.badSourceMap, "the source map points to no place in its sources") }
      mappings.append(
        Mapping(column: narrow, source: isMapped ? Int32(source) : -1, sourceLine: line, sourceColumn: place))
    }
    lines.append(mappings.count)
    return (mappings, lines)
  }
}

/// Numbers in base64 VLQ.
private struct VLQReader {
  private let text: [UInt8]
  private var at = 0

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { at >= text.count }
  var isAtSegmentsEnd: Bool { isAtEnd || text[at] == UInt8(ascii: ",") || text[at] == UInt8(ascii: ";") }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard !isAtEnd, text[at] == byte else { return false }
    at += 1
    return true
  }

  mutating func number() throws(JavaScriptError) -> Int64 {
    var value: Int64 = 0
    for shift in stride(from: Int64(0), through: 30, by: 5) {
      guard !isAtEnd, let digit = Self.digit(text[at]) else { break }
      at += 1
      value |= Int64(digit & 31) << shift
      if digit & 32 == 0 { return value & 1 == 0 ? value >> 1 : -(value >> 1) }
    }
    throw JavaScriptError(.badSourceMap, "the source map's mappings are wrong at byte \(at)")
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
