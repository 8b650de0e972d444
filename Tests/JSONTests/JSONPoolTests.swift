// The parser's memory is fixed.
import JSON
import Testing

@Suite struct JSONPoolTests {
  private func array(of count: Int) -> [UInt8] {
    Array(("[" + String(repeating: "1,", count: count - 1) + "1]").utf8)
  }

  @Test func whatDoesNotFitIsTooLarge() {
    let pool = JSONPool(bytes: 8192)
    #expect(readingError(array(of: 10), pool: pool) == nil)
    let error = readingError(array(of: 10_000), pool: pool)
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("8192 bytes") == true)
  }

  /// The worst document there is for its size, so that the stated size is enough for any.
  @Test(arguments: [1, 2, 100, 5000, 100_000])
  func statedSizeIsEnough(_ count: Int) {
    let bytes = array(of: count)
    #expect(readingError(bytes, pool: JSONPool(bytes: JSONPool.bytes(forInputOf: bytes.count))) == nil)
  }

  @Test func memoryComesBack() {
    let pool = JSONPool(bytes: 64 * 1024)
    let bytes = array(of: 1000)
    for _ in 0..<1000 {
      #expect(readingError(bytes, pool: pool) == nil)
      #expect(readingError(array(of: 20_000), pool: pool)?.code == .tooLarge)
      #expect(readingError(bytes + [0x78], pool: pool)?.code == .syntax)
      #expect(readingError(Array(String(repeating: "[", count: 70).utf8), pool: pool)?.code == .syntax)
    }
  }

  @Test func tooDeepDocumentsGiveTheirMemoryBack() {
    let pool = JSONPool(bytes: 8192)
    let deep = Array((String(repeating: "[", count: 70) + String(repeating: "]", count: 70)).utf8)
    for _ in 0..<1000 { #expect(readingError(deep, pool: pool)?.code == .tooDeep) }
  }

  @Test func documentsShareAPool() throws {
    let pool = JSONPool(bytes: 16 * 1024)
    let first = try JSONDocument(Array("[1,2,3]".utf8), pool: pool)
    let second = try JSONDocument(Array(#"{"a":"b"}"#.utf8), pool: pool)
    let count = first.root.count
    #expect(count == 3)
    let text = second.root["a"]?.string
    #expect(text == "b")
  }

  @Test func documentKeepsItsPool() throws {
    func make() throws -> JSONDocument { try JSONDocument(Array(#"["kept"]"#.utf8), pool: JSONPool(bytes: 8192)) }
    let document = try make()
    let text = document.root[0]?.string
    #expect(text == "kept")
  }
}
