// A CallToolResult written piece by piece into one buffer: constants, slices of the guest's answer, constants.
internal import JSON

struct ResultWriter {
  private var bytes: [UInt8] = []
  private let catalog: Catalog
  private let revision: Revision
  private var hasBlocks = false
  /// Members that the guest adds to `_meta`, as raw JSON without the braces.
  private var guestMeta: [ArraySlice<UInt8>] = []

  private static let start = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
  private static let legacyResult = Array(#","result":{"content":"#.utf8)
  private static let modernResult = Array(#","result":{"resultType":"complete","content":"#.utf8)
  private static let text = Array(#"{"type":"text","text":"#.utf8)
  private static let structured = Array(#","structuredContent":"#.utf8)
  private static let error = Array(#","isError":true"#.utf8)
  private static let meta = Array(#","_meta":{"#.utf8)

  /// - Parameter expected: bytes that will be added for content and structured content.
  init(id: ArraySlice<UInt8>, catalog: Catalog, revision: Revision, reserving expected: Int) {
    self.catalog = catalog
    self.revision = revision
    bytes.reserveCapacity(128 + id.count + expected + catalog.serverInfoMember.count)
    bytes.append(contentsOf: ResultWriter.start)
    bytes.append(contentsOf: id)
    bytes.append(contentsOf: revision.isModern ? ResultWriter.modernResult : ResultWriter.legacyResult)
  }

  /// The whole array as the guest wrote it.
  mutating func content(_ json: ArraySlice<UInt8>) { bytes.append(contentsOf: json) }

  mutating func beginContent() { bytes.append(UInt8(ascii: "[")) }
  mutating func endContent() { bytes.append(UInt8(ascii: "]")) }

  mutating func block(_ json: ArraySlice<UInt8>) {
    separate()
    bytes.append(contentsOf: json)
  }

  mutating func textBlock(_ text: String) {
    beginText()
    JSONWriter.append(text, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  /// A text block of UTF-8 that was checked: JSON as text, or a command's output.
  mutating func textBlock(utf8 text: Span<UInt8>) {
    beginText()
    JSONWriter.append(utf8: text, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  /// A text block of a JSON string as written, quotes and escapes included.
  mutating func textBlock(jsonString: ArraySlice<UInt8>) {
    beginText()
    bytes.append(contentsOf: jsonString)
    bytes.append(UInt8(ascii: "}"))
  }

  mutating func structuredContent(_ json: ArraySlice<UInt8>) {
    bytes.append(contentsOf: ResultWriter.structured)
    bytes.append(contentsOf: json)
  }

  mutating func markError() { bytes.append(contentsOf: ResultWriter.error) }

  mutating func metaMember(_ json: ArraySlice<UInt8>) { guestMeta.append(json) }

  /// The body of the answer.
  consuming func finished() -> [UInt8] {
    if revision.isModern || !guestMeta.isEmpty {
      bytes.append(contentsOf: ResultWriter.meta)
      var needsComma = false
      if revision.isModern {
        bytes.append(contentsOf: catalog.serverInfoMember)
        needsComma = true
      }
      for member in guestMeta {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: member)
        needsComma = true
      }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private mutating func beginText() {
    separate()
    bytes.append(contentsOf: ResultWriter.text)
  }

  private mutating func separate() {
    if hasBlocks { bytes.append(UInt8(ascii: ",")) }
    hasBlocks = true
  }
}
