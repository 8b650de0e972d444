// A memory in few segments, and all of it.
@testable import Sandbox
import Testing

@Suite struct MemoryImageTests {
  @Test func runsBeginAndEndWithWhatIsNotZero() {
    var memory = [UInt8](repeating: 0, count: 1000)
    memory[0] = 1
    memory[10] = 1
    memory[73] = 1
    memory[74 + 64] = 1
    memory[999] = 1
    #expect(MemoryImage.runs(memory, gap: 64) == [0..<74, 138..<139, 999..<1000])
  }

  @Test func anEmptyMemoryHasNoSegment() {
    #expect(MemoryImage.dataSection([UInt8](repeating: 0, count: 65_536)) == [0])
    #expect(MemoryImage.dataSection([]) == [0])
  }

  @Test func theGapGrowsUntilTheSegmentsAreFewEnough() {
    var memory = [UInt8](repeating: 0, count: 65_536)
    for index in stride(from: 0, to: memory.count, by: 100) { memory[index] = 1 }
    #expect(MemoryImage.runs(memory, gap: 64).count == 656)
    #expect(MemoryImage.dataSection(memory, maxSegments: 656)[0...1] == [0x90, 0x05])
    #expect(MemoryImage.dataSection(memory, maxSegments: 655)[0] == 1)
  }

  @Test func addressesPast2GiBAreWrittenAsTheirBits() {
    var bytes: [UInt8] = []
    bytes.appendSignedLEB(Int64(Int32(truncatingIfNeeded: 0x8000_0000)))
    #expect(bytes == [0x80, 0x80, 0x80, 0x80, 0x78])
  }
}
