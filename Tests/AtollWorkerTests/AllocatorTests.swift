// The allocator of Swift workers: blocks that never overlap, memory that is used again, a cap that is reported.
import CWorkerAllocator
import Testing

/// One arena: the tests take turns.
@Suite(.serialized) struct AllocatorTests {
  @Test(.timeLimit(.minutes(1))) func blocksKeepTheirBytesUnderRandomUse() throws {
    arena_reset(1, 512)
    var random = SplitMix64(state: 7)
    var live: [(block: UnsafeMutableRawPointer, count: Int, fill: UInt8)] = []

    func check(_ entry: (block: UnsafeMutableRawPointer, count: Int, fill: UInt8)) -> Bool {
      UnsafeRawBufferPointer(start: entry.block, count: entry.count).allSatisfy { $0 == entry.fill }
    }

    for step in 0..<50_000 {
      let fill = UInt8(truncatingIfNeeded: step)
      let count = Int.random(in: 0...(Int.random(in: 0..<8, using: &random) == 0 ? 9000 : 600), using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0...2 where live.count < 300:
        let block = try #require(arena_malloc(count))
        #expect(UInt(bitPattern: block) % 16 == 0)
        block.initializeMemory(as: UInt8.self, repeating: fill, count: count)
        live.append((block, count, fill))
      case 3 where !live.isEmpty:
        let index = live.indices.randomElement(using: &random)!
        let entry = live[index]
        let block = try #require(arena_realloc(entry.block, max(count, 1)))
        #expect(check((block, min(entry.count, count), entry.fill)))
        block.initializeMemory(as: UInt8.self, repeating: fill, count: count)
        live[index] = (block, count, fill)
      default:
        guard let index = live.indices.randomElement(using: &random) else { continue }
        let entry = live.remove(at: index)
        #expect(check(entry))
        arena_free(entry.block)
      }
    }
    #expect(live.allSatisfy(check))
    #expect(arena_pages() < 128)
  }

  /// At each size where a class ends, the block holds what was asked for and the next one begins behind it.
  @Test func everySizeFitsItsClass() throws {
    arena_reset(1, 512)
    for size in Array(0...2000) + [4091, 4092, 4093, 65531, 65532, 65533, 1 << 20] {
      let block = try #require(arena_malloc(size))
      let next = try #require(arena_malloc(1))
      #expect(next - block >= size + 4, "size \(size)")
      #expect(next - block < max(size + size / 4, size + 16) + 4 + 16, "size \(size)")
      if size < 500 || size > 1 << 16 { #expect(next - block < size + 4 + 16, "size \(size)") }
      arena_free(next)
      arena_free(block)
    }
    #expect(arena_pages() <= 22)
  }

  @Test func freedBlocksAreUsedAgain() throws {
    arena_reset(1, 512)
    let first = try #require(arena_malloc(100))
    let second = try #require(arena_malloc(100))
    arena_free(first)
    #expect(arena_malloc(108) == first)  // the same list: 112 bytes with the head
    arena_free(second)
    #expect(arena_malloc(100) == second)
    for _ in 0..<100_000 {
      let large = try #require(arena_malloc(3000))
      let small = try #require(arena_malloc(30))
      arena_free(large)
      arena_free(small)
    }
    #expect(arena_pages() == 1)
  }

  @Test func aLargeBlockServesItsOwnSizeAndSmallerOnesOfItsList() throws {
    arena_reset(1, 512)
    let large = try #require(arena_malloc(1_000_000))
    let behind = try #require(arena_malloc(1))
    arena_free(large)
    let larger = try #require(arena_malloc(1_000_100))
    #expect(larger > behind)  // the freed one is too small, although it is in the same list
    #expect(arena_malloc(1_000_000) == large)
    arena_free(large)
    #expect(arena_malloc(900_000) == large)  // the list below
    arena_free(large)
    #expect(arena_malloc(100) != large)  // not wasted on little
  }

  @Test func alignmentIsKept() throws {
    arena_reset(1, 512)
    for alignment in [1, 2, 4, 8, 16, 32, 64, 256, 4096] {
      for size in [1, 16, 100, 5000] {
        let block = try #require(arena_aligned_alloc(alignment, size))
        #expect(UInt(bitPattern: block) % UInt(alignment) == 0)
        arena_free(block)
        let plain = try #require(arena_malloc(size))
        #expect(UInt(bitPattern: plain) % 16 == 0)
      }
    }
  }

  @Test func callocClearsUsedMemory() throws {
    arena_reset(1, 512)
    let used = try #require(arena_malloc(200))
    let behind = try #require(arena_malloc(1))
    used.initializeMemory(as: UInt8.self, repeating: 0xFF, count: 200)
    arena_free(used)
    let cleared = try #require(arena_calloc(20, 10))
    #expect(cleared == used)
    #expect(UnsafeRawBufferPointer(start: cleared, count: 200).allSatisfy { $0 == 0 })
    arena_free(behind)
    #expect(arena_calloc(Int.max, 3) == nil)
  }

  @Test func theCapIsReachedToTheLastBlockAndReported() throws {
    arena_reset(1, 16)
    var blocks: [UnsafeMutableRawPointer] = []
    while let block = arena_malloc(65_536 - 4) { blocks.append(block) }
    #expect(arena_pages() == 16)
    #expect(blocks.count == 15)
    #expect(arena_malloc(1 << 20) == nil)
    // What was given back serves smaller requests, although no memory is left at the end.
    arena_free(blocks[3])
    while arena_malloc(4000) != nil {}
    #expect(arena_malloc(65_000) == nil)
    arena_free(blocks[5])
    #expect(arena_malloc(65_000) == blocks[5])
  }

  @Test(arguments: [1 << 30, 1 << 30 + 1, Int(UInt32.max), Int.max])
  func anImpossibleSizeIsReportedAndHarmsNothing(size: Int) throws {
    arena_reset(1, 16)
    let before = try #require(arena_malloc(10))
    #expect(arena_malloc(size) == nil)
    let after = try #require(arena_malloc(10))
    #expect(after - before == 16)
  }
}
