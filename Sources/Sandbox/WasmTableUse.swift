// Whether a module's code can change its tables or needs its passive segments: what decides whether the memory
// after `_initialize` may be snapshotted into a bundle.

extension WasmShape {
  /// What the code does that a snapshot of memory and globals would lose.
  public struct TableUse: Sendable, Equatable {
    /// `table.set`, `table.grow`, `table.fill`, `table.copy` or `table.init` occurs.
    public var changesTables = false
    /// `memory.init` or `data.drop` occurs: passive data is needed after start.
    public var usesPassiveData = false
    /// `elem.drop` or `table.init` occurs.
    public var usesPassiveElements = false
    /// An instruction that this scan does not know: take it that everything is used.
    public var isUnsure = false
  }

  /// Scans every function body once: about 5 ms a MiB.
  public func tableUse(in wasm: [UInt8]) throws(SandboxError) -> TableUse {
    var use = TableUse()
    guard !code.isEmpty else { return use }
    var section = WasmReader(wasm, code)
    for _ in 0..<(try section.count()) {
      let range = try section.take(Int(try section.unsigned32()))
      var body = WasmReader(wasm, range)
      for _ in 0..<(try body.count()) {
        _ = try body.unsigned32()
        _ = try body.byte()
      }
      while !body.isAtEnd, !use.isUnsure { try Self.scan(&body, &use) }
      if use.isUnsure { return use }
    }
    return use
  }

  private static func scan(_ body: inout WasmReader, _ use: inout TableUse) throws(SandboxError) {
    let operation = try body.byte()
    switch operation {
    case 0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, 0x45...0xC4, 0xD1: break
    case 0x02, 0x03, 0x04, 0x41, 0x42, 0xD0: _ = try body.signed64()
    case 0x0C, 0x0D, 0x10, 0x12, 0x20...0x25, 0xD2, 0x3F, 0x40: _ = try body.unsigned32()
    case 0x26:
      _ = try body.unsigned32()
      use.changesTables = true
    case 0x0E: for _ in 0...(try body.count()) { _ = try body.unsigned32() }
    case 0x11, 0x13:
      _ = try body.unsigned32()
      _ = try body.unsigned32()
    case 0x1C: try body.skip(try body.count())
    case 0x28...0x3E: try skipMemoryArgument(&body)
    case 0x43: try body.skip(4)
    case 0x44: try body.skip(8)
    case 0xFC: try scanBulk(&body, &use)
    case 0xFD: try scanVector(&body)
    default: use.isUnsure = true
    }
  }

  private static func skipMemoryArgument(_ body: inout WasmReader) throws(SandboxError) {
    let alignment = try body.unsigned32()
    if alignment & 0x40 != 0 { _ = try body.unsigned32() }
    _ = try body.unsigned64()
  }

  private static func scanBulk(_ body: inout WasmReader, _ use: inout TableUse) throws(SandboxError) {
    let operation = try body.unsigned32()
    var indices = 0
    switch operation {
    case 0...7: break
    case 8:
      indices = 2
      use.usesPassiveData = true
    case 9:
      indices = 1
      use.usesPassiveData = true
    case 10: indices = 2
    case 11, 16: indices = 1
    case 12:
      indices = 2
      use.changesTables = true
      use.usesPassiveElements = true
    case 13:
      indices = 1
      use.usesPassiveElements = true
    case 14:
      indices = 2
      use.changesTables = true
    case 15, 17:
      indices = 1
      use.changesTables = true
    default: use.isUnsure = true
    }
    for _ in 0..<indices { _ = try body.unsigned32() }
  }

  private static func scanVector(_ body: inout WasmReader) throws(SandboxError) {
    switch try body.unsigned32() {
    case 0...11, 92, 93: try skipMemoryArgument(&body)
    case 12, 13: try body.skip(16)
    case 21...34: try body.skip(1)
    case 84...91:
      try skipMemoryArgument(&body)
      try body.skip(1)
    default: break
    }
  }
}
