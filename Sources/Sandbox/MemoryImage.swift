// A memory as data segments: only what is not zero, in few pieces.

package enum MemoryImage {
  /// The data section that lays `memory` out. Runs of zeros shorter than the gap are stored, longer ones left out;
  /// the gap grows until there are no more segments than engines take.
  package static func dataSection(_ memory: [UInt8], maxSegments: Int = SandboxLimits.segmentsMax) -> [UInt8] {
    var gap = SandboxLimits.snapshotGapBytes
    var runs = runs(memory, gap: gap)
    while runs.count > maxSegments {
      gap *= 2
      runs = self.runs(memory, gap: gap)
    }
    var section: [UInt8] = []
    section.reserveCapacity(runs.reduce(16) { $0 + $1.count + 16 })
    section.appendLEB(runs.count)
    for run in runs {
      section += [0x00, 0x41]
      // The address is unsigned, the instruction's operand signed.
      section.appendSignedLEB(Int64(Int32(truncatingIfNeeded: run.lowerBound)))
      section.append(0x0B)
      section.appendLEB(run.count)
      section.append(contentsOf: memory[run])
    }
    return section
  }

  /// Ranges that begin and end with a byte that is not zero, at least `gap` apart.
  package static func runs(_ memory: [UInt8], gap: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    let bytes = memory.span
    var at = 0
    while at < bytes.count {
      guard bytes[at] != 0 else {
        at += 1
        continue
      }
      if let last = runs.last, at - last.upperBound < gap {
        runs[runs.count - 1] = last.lowerBound..<(at + 1)
      } else {
        runs.append(at..<(at + 1))
      }
      at += 1
    }
    return runs
  }
}
