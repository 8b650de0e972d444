// One tool for each cap: what a guest can do wrong, on purpose.
import AtollWorker

@main struct Limits: Worker {
  static let tools = [
    // Memory: block after block, until the cap refuses one.
    Tool("grow") { _ throws(ToolError) in
      var blocks: [[UInt8]] = []
      while true { blocks.append([UInt8](repeating: 1, count: 64 << 10)) }
    },
    // Memory: one block that no cap allows; refused while nearly all of the cap is still free.
    Tool("allocate") { arguments throws(ToolError) in
      let bytes = try arguments.integerIfPresent("bytes") ?? 512 << 20
      let block = [UInt8](repeating: 1, count: Int(bytes))
      return .text("allocated \(block.count) bytes")
    },
    // One bulk instruction over 16 MiB: the engine cannot interrupt it, only what comes between two of them.
    Tool("fill") { arguments throws(ToolError) in
      let count = 16 << 20
      let block = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
      let times = try arguments.integerIfPresent("times") ?? 1
      for time in 0..<times { fill(block, UInt8(truncatingIfNeeded: time), count) }
      return .text("filled \(count) bytes \(times) times")
    },
    // CPU time: never ends.
    Tool("loop") { _ throws(ToolError) in
      while true { turns &+= 1 }
    },
    // Wall time: sleeps, and uses no CPU time.
    Tool("sleep") { arguments throws(ToolError) in
      let milliseconds = try arguments.integerIfPresent("milliseconds") ?? 60_000
      sleep(milliseconds: Int(milliseconds))
      return .text("slept \(milliseconds) ms")
    },
    // Output: an answer of this many bytes.
    Tool("flood") { arguments throws(ToolError) in
      let bytes = try arguments.integerIfPresent("bytes") ?? 1 << 20
      return .text(String(decoding: [UInt8](repeating: UInt8(ascii: "a"), count: Int(bytes)), as: UTF8.self))
    },
    // Host calls: one after another.
    Tool("host_calls") { arguments throws(ToolError) in
      let count = try arguments.integerIfPresent("count") ?? 1_000_000
      for _ in 0..<count { _ = Clock.monotonic }
      return .text("asked for the time \(count) times")
    },
    // Trap: what the standard library, or `fatalError`, does where a program cannot go on.
    Tool("trap") { arguments throws(ToolError) in
      let message = try arguments.stringIfPresent("message") ?? "asked to trap"
      fatalError(message)
    },
    // Trap: the stack is used up.
    Tool("recurse") { _ throws(ToolError) in
      .text("reached the bottom after \(depth(below: 0)) levels")
    },
    // No cap at all: an error that the tool knows, for comparison.
    Tool("fail") { arguments throws(ToolError) in
      throw ToolError(try arguments.stringIfPresent("message") ?? "asked to fail")
    },
  ]
}

/// Seen by the optimiser as an effect, so that the loop stays.
nonisolated(unsafe) var turns: UInt64 = 0

/// Becomes one `memory.fill`.
@inline(never)
func fill(_ block: UnsafeMutableRawPointer, _ byte: UInt8, _ count: Int) {
  block.initializeMemory(as: UInt8.self, repeating: byte, count: count)
}

/// Calls itself deeper than any stack goes; what it does after the call keeps it from becoming a loop.
@inline(never)
func depth(below: UInt64) -> UInt64 {
  if below == .max { return 0 }
  turns &+= below
  let deeper = depth(below: below &+ turns)
  return deeper ^ (turns &+ below)
}
