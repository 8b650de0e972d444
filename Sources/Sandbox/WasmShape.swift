// What a module is made of, read from its bytes: imports, exports, memories, and what the ABI has rules about.

/// The outline of a core WebAssembly module. Code is not looked at; see `WasmShape.tableUse(in:)` for that.
public struct WasmShape: Sendable {
  /// A function's type; value types as the format's bytes (0x7F i32, 0x7E i64, 0x7D f32, 0x7C f64).
  public struct FunctionType: Sendable, Equatable {
    public var parameters: [UInt8]
    public var results: [UInt8]
    public init(_ parameters: [UInt8], _ results: [UInt8]) {
      self.parameters = parameters
      self.results = results
    }
  }
  public struct Bounds: Sendable, Equatable {
    public var minimum: UInt64
    public var maximum: UInt64?
    public var is64 = false
    public var isShared = false
  }
  public struct Global: Sendable, Equatable {
    public var type: UInt8
    public var isMutable: Bool
    /// The bits of a constant initial value; nil where it is imported or computed.
    public var constant: UInt64?
  }
  public enum Kind: UInt8, Sendable { case function, table, memory, global, tag }
  public struct Import: Sendable, Equatable {
    public var module: String
    public var name: String
    public var kind: Kind
    /// The type, for a function.
    public var function: FunctionType?
  }
  public struct Export: Sendable, Equatable {
    public var name: String
    public var kind: Kind
    public var index: Int
  }

  public internal(set) var imports: [Import] = []
  public internal(set) var exports: [Export] = []
  /// An imported one first.
  public internal(set) var memories: [Bounds] = []
  public internal(set) var tables: [Bounds] = []
  public internal(set) var globals: [Global] = []
  public internal(set) var hasStart = false
  /// Tags, imported or not: what exceptions are thrown with.
  public internal(set) var tags = 0
  public internal(set) var passiveElementSegments = 0
  public internal(set) var passiveDataSegments = 0
  private var elementSegments = 0
  /// Data segments, active and passive.
  public internal(set) var dataSegments = 0
  /// Where the code section's contents lie; empty where there is none.
  public internal(set) var code = 0..<0
  var types: [FunctionType] = []
  /// Type index of every function, imported ones first.
  var functions: [Int] = []

  /// - Throws: `.malformedModule` with the offset; `.unsupportedFeature` for a component.
  public init(_ wasm: [UInt8]) throws(SandboxError) {
    var reader = WasmReader(wasm)
    guard wasm.count >= 8, wasm[0] == 0, wasm[1] == 0x61, wasm[2] == 0x73, wasm[3] == 0x6D else {
      throw SandboxError(
        .malformedModule, "not a WebAssembly module: it does not begin with \\0asm; is it the right file?")
    }
    if wasm[4] == 0x0D || wasm[6] == 1 {
      throw SandboxError(
        .unsupportedFeature,
        "this is a WebAssembly component; Atoll runs core modules: build for wasm32-wasip1 instead of wasm32-wasip2")
    }
    guard wasm[4] == 1, wasm[5] == 0, wasm[6] == 0, wasm[7] == 0 else {
      throw SandboxError(.malformedModule, "WebAssembly binary version \(wasm[4]); only version 1 is known")
    }
    try reader.skip(8)
    while !reader.isAtEnd {
      let id = try reader.byte()
      let range = try reader.take(Int(try reader.unsigned32()))
      var section = WasmReader(wasm, range)
      switch id {
      case 1: try readTypes(&section)
      case 2: try readImports(&section)
      case 3:
        let count = try section.count(of: "functions", after: functions.count, atMost: SandboxLimits.functionsMax)
        for _ in 0..<count { functions.append(Int(try section.unsigned32())) }
      case 4: try readTables(&section)
      case 5:
        let count = try section.count(of: "memories", after: memories.count, atMost: SandboxLimits.memoriesMax)
        for _ in 0..<count { memories.append(try Self.bounds(&section)) }
      case 6: try readGlobals(&section)
      case 7: try readExports(&section)
      case 8: hasStart = true
      case 9: try readElements(&section)
      case 10: code = range
      case 11: try readData(&section)
      case 13: tags += try section.count(of: "tags", after: tags, atMost: SandboxLimits.tagsMax)
      default: break
      }
    }
  }

  /// Functions, imported ones included.
  public var functionCount: Int { functions.count }

  /// The export of that name.
  public func export(_ name: String) -> Export? { exports.first { $0.name == name } }

  /// The type of an exported function; nil where there is none of that name.
  public func exportedFunction(_ name: String) -> FunctionType? {
    guard let export = export(name), export.kind == .function, functions.indices.contains(export.index),
      types.indices.contains(functions[export.index])
    else { return nil }
    return types[functions[export.index]]
  }

  /// The exported global of that name.
  public func exportedGlobal(_ name: String) -> Global? {
    guard let export = export(name), export.kind == .global, globals.indices.contains(export.index) else { return nil }
    return globals[export.index]
  }
}

extension WasmShape {
  private mutating func readTypes(_ section: inout WasmReader) throws(SandboxError) {
    for _ in 0..<(try section.count(of: "types", after: types.count, atMost: SandboxLimits.typesMax)) {
      guard try section.byte() == 0x60 else {
        throw SandboxError(.unsupportedFeature, "the module declares garbage-collected types, which Atoll refuses")
      }
      var lists: [[UInt8]] = []
      for _ in 0..<2 {
        var list: [UInt8] = []
        let count = try section.count(of: "parameters or results", after: 0, atMost: SandboxLimits.valuesMax)
        for _ in 0..<count { list.append(try section.byte()) }
        lists.append(list)
      }
      types.append(FunctionType(lists[0], lists[1]))
    }
  }

  private mutating func readImports(_ section: inout WasmReader) throws(SandboxError) {
    for _ in 0..<(try section.count(of: "imports", after: imports.count, atMost: SandboxLimits.importsMax)) {
      let module = try section.name()
      let name = try section.name()
      guard let kind = Kind(rawValue: try section.byte()) else { throw section.failure("an import of unknown kind") }
      var function: FunctionType?
      switch kind {
      case .function:
        let index = Int(try section.unsigned32())
        guard types.indices.contains(index) else { throw section.failure("an import with a type that is not there") }
        functions.append(index)
        function = types[index]
      case .table:
        _ = try section.byte()
        tables.append(try Self.bounds(&section))
      case .memory: memories.append(try Self.bounds(&section))
      case .global:
        let type = try section.byte()
        globals.append(Global(type: type, isMutable: try section.byte() == 1, constant: nil))
      case .tag:
        tags += 1
        _ = try section.byte()
        _ = try section.unsigned32()
      }
      imports.append(Import(module: module, name: name, kind: kind, function: function))
    }
  }

  private static func bounds(_ section: inout WasmReader) throws(SandboxError) -> Bounds {
    let flags = try section.byte()
    var bounds = Bounds(minimum: 0, maximum: nil)
    bounds.isShared = flags & 2 != 0
    bounds.is64 = flags & 4 != 0
    bounds.minimum = try section.unsigned64()
    if flags & 1 != 0 { bounds.maximum = try section.unsigned64() }
    if flags & 8 != 0 {
      throw SandboxError(.unsupportedFeature, "the module has a memory with custom page sizes, which Atoll refuses")
    }
    return bounds
  }

  private mutating func readTables(_ section: inout WasmReader) throws(SandboxError) {
    for _ in 0..<(try section.count(of: "tables", after: tables.count, atMost: SandboxLimits.tablesMax)) {
      let type = try section.byte()
      guard type != 0x40 else {
        throw SandboxError(
          .unsupportedFeature, "the module has a table with an initial expression, which Atoll refuses")
      }
      tables.append(try Self.bounds(&section))
    }
  }

  private mutating func readGlobals(_ section: inout WasmReader) throws(SandboxError) {
    for _ in 0..<(try section.count(of: "globals", after: globals.count, atMost: SandboxLimits.globalsMax)) {
      let type = try section.byte()
      let isMutable = try section.byte() == 1
      globals.append(Global(type: type, isMutable: isMutable, constant: try Self.constant(&section)))
    }
  }

  private mutating func readExports(_ section: inout WasmReader) throws(SandboxError) {
    for _ in 0..<(try section.count(of: "exports", after: exports.count, atMost: SandboxLimits.exportsMax)) {
      let name = try section.name()
      guard let kind = Kind(rawValue: try section.byte()) else { throw section.failure("an export of unknown kind") }
      exports.append(Export(name: name, kind: kind, index: Int(try section.unsigned32())))
    }
  }

  private mutating func readElements(_ section: inout WasmReader) throws(SandboxError) {
    let count = try section.count(
      of: "element segments", after: elementSegments, atMost: SandboxLimits.segmentsMax)
    elementSegments += count
    for _ in 0..<count {
      let flags = try section.unsigned32()
      guard flags < 8 else { throw section.failure("an element segment of unknown kind") }
      if flags & 3 == 1 { passiveElementSegments += 1 }
      if flags & 1 == 0 {
        if flags & 2 != 0 { _ = try section.unsigned32() }
        _ = try Self.constant(&section)
      }
      if flags & 3 != 0 { _ = try section.byte() }
      for _ in 0..<(try section.count()) {
        if flags & 4 != 0 { _ = try Self.constant(&section) } else { _ = try section.unsigned32() }
      }
    }
  }

  private mutating func readData(_ section: inout WasmReader) throws(SandboxError) {
    let count = try section.count(of: "data segments", after: dataSegments, atMost: SandboxLimits.segmentsMax)
    dataSegments += count
    for _ in 0..<count {
      let flags = try section.unsigned32()
      guard flags < 3 else { throw section.failure("a data segment of unknown kind") }
      if flags == 1 { passiveDataSegments += 1 }
      if flags == 2 { _ = try section.unsigned32() }
      if flags != 1 { _ = try Self.constant(&section) }
      try section.skip(Int(try section.unsigned32()))
    }
  }

  /// Moves past an initial expression; its bits where it is one constant.
  private static func constant(_ section: inout WasmReader) throws(SandboxError) -> UInt64? {
    var value: UInt64?
    var operators = 0
    while true {
      let operation = try section.byte()
      if operation == 0x0B { return operators == 1 ? value : nil }
      operators += 1
      switch operation {
      case 0x41: value = UInt64(UInt32(truncatingIfNeeded: try section.signed64()))
      case 0x42: value = UInt64(bitPattern: try section.signed64())
      case 0x43: value = try fixed(&section, 4)
      case 0x44: value = try fixed(&section, 8)
      case 0x23, 0xD2: _ = try section.unsigned32()
      case 0xD0: _ = try section.signed64()
      case 0xFD:
        guard try section.unsigned32() == 12 else { throw section.failure("an initial value that is not constant") }
        try section.skip(16)
      case 0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E: break
      default: throw section.failure("an initial value that is not constant")
      }
    }
  }

  private static func fixed(_ section: inout WasmReader, _ count: Int) throws(SandboxError) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(try section.byte()) << UInt64(8 * index) }
    return value
  }
}
