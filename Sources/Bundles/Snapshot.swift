// Running a reactor's `_initialize` once, at build: the memory and globals it leaves become the module's initial ones,
// and the export goes, so that no call pays for start-up.
internal import Sandbox

/// A module after its snapshot, or as it was, with the reason.
struct Snapshot: Equatable {
  /// What `_initialize` left behind.
  struct State: Equatable, Sendable {
    var memory: [UInt8]
    /// Bits of the exported mutable globals, by export name.
    var globals: [String: UInt64]
  }
  /// Instantiates a module, runs `_initialize` and reads its state.
  typealias Run = ([UInt8]) throws(BundleError) -> State

  var module: [UInt8]
  /// Why `_initialize` stayed, in words for the author; nil when it is gone or was never there.
  var reason: String?

  static let initialize = "_initialize"
  private static let globalPrefix = "atoll:global:"

  static func exportName(ofGlobal index: Int) -> String { "\(globalPrefix)\(index)" }

  /// - Parameter clearsStack: the module was linked with its stack first and the stack pointer as global 0, as our own
  ///   link lines do: what lies below the pointer is dead and becomes zero.
  static func take(_ wasm: [UInt8], clearsStack: Bool = false, run: Run) throws(BundleError) -> Snapshot {
    let shape = try self.shape(of: wasm)
    guard hasInitialize(shape) else { return Snapshot(module: wasm) }
    let obstacle: String?
    do throws(SandboxError) { obstacle = try self.obstacle(shape, wasm) } catch {
      throw BundleError(.badModule, error.message, cause: error)
    }
    if let obstacle { return Snapshot(module: wasm, reason: obstacle) }
    var parts = try malformedIsBadModule { () throws(MalformedBytes) in try Parts(wasm) }
    if parts.globals.contains(where: { $0.isMutable && !$0.isNumber }) {
      return Snapshot(module: wasm, reason: "it has a mutable global that holds a reference or vector")
    }
    if parts.exports.contains(where: { $0.name.hasPrefix(globalPrefix) }) {
      return Snapshot(module: wasm, reason: "it exports names that begin with `\(globalPrefix)`")
    }
    var state = try run(parts.instrumented())
    let initialPointer = clearsStack ? shape.globals.first?.constant : nil
    try parts.write(&state, stackBytes: initialPointer.map { Int(clamping: $0) } ?? 0)
    let module = parts.sections.encoded()
    // What was written is read once more, by the reader that nodes use.
    _ = try self.shape(of: module)
    return Snapshot(module: module)
  }

  /// Whether there is anything to run: then the module that goes into the bundle is another.
  static func mayRun(_ wasm: [UInt8]) throws(BundleError) -> Bool { hasInitialize(try shape(of: wasm)) }

  private static func hasInitialize(_ shape: WasmShape) -> Bool {
    // A command's start-up is part of its `_start`.
    shape.export("atoll_call") != nil && shape.export(initialize)?.kind == .function
  }

  private static func shape(of wasm: [UInt8]) throws(BundleError) -> WasmShape {
    do throws(SandboxError) { return try WasmShape(wasm) } catch {
      throw BundleError(.badModule, error.message, cause: error)
    }
  }

  /// What a snapshot of memory and globals would lose.
  private static func obstacle(_ shape: WasmShape, _ wasm: [UInt8]) throws(SandboxError) -> String? {
    if shape.hasStart { return "it has a start function, which runs at every instantiation" }
    if let other = shape.imports.first(where: { $0.kind != .function }) {
      return "it imports the \(other.kind) \(other.module).\(other.name)"
    }
    if shape.memories.count != 1 || shape.export("memory")?.kind != .memory { return "it does not export one `memory`" }
    let use = try shape.tableUse(in: wasm)
    if use.isUnsure { return "it has instructions that the build does not know" }
    if use.changesTables { return "its code changes a table, and tables are not part of a snapshot" }
    if use.usesPassiveData { return "its code still needs its passive data segments" }
    if use.usesPassiveElements { return "its code still needs its passive element segments" }
    return nil
  }
}

/// The sections that a snapshot touches, taken apart.
private struct Parts {
  var sections: ModuleSections
  var globals: [ModuleGlobal]
  let exports: [ModuleExport]

  init(_ wasm: [UInt8]) throws(MalformedBytes) {
    sections = try ModuleSections(wasm)
    globals = try ModuleGlobal.list(sections[ModuleSections.ID.global])
    exports = try ModuleExport.list(sections[ModuleSections.ID.export])
  }

  /// The module with every mutable global exported, so that its value can be read. No global is imported here, so
  /// that the index in the section is the index in the module.
  func instrumented() -> [UInt8] {
    let mutable = globals.indices.filter { globals[$0].isMutable }
    var section: [UInt8] = []
    section.appendLEB(exports.count + mutable.count)
    let exported = sections[ModuleSections.ID.export]
    for export in exports { section.append(contentsOf: exported[export.bytes]) }
    for index in mutable {
      let name = Array(Snapshot.exportName(ofGlobal: index).utf8)
      section.appendLEB(name.count)
      section += name + [0x03]
      section.appendLEB(index)
    }
    var copy = sections
    copy.replace(ModuleSections.ID.export, with: section)
    return copy.encoded()
  }

  mutating func write(_ state: inout Snapshot.State, stackBytes: Int) throws(BundleError) {
    for index in globals.indices where globals[index].isMutable {
      guard let bits = state.globals[Snapshot.exportName(ofGlobal: index)] else {
        throw BundleError(.badModule, "global \(index) could not be read after `_initialize`")
      }
      globals[index].set(bits: bits)
    }
    // A call that had moved the stack pointer would still be using the stack.
    if stackBytes > 0, stackBytes <= state.memory.count,
      state.globals[Snapshot.exportName(ofGlobal: 0)] == UInt64(stackBytes)
    {
      state.memory.replaceSubrange(0..<stackBytes, with: repeatElement(0, count: stackBytes))
    }
    if !globals.isEmpty { sections.replace(ModuleSections.ID.global, with: ModuleGlobal.encode(globals)) }
    let kept = exports.filter { $0.name != Snapshot.initialize }
    var section: [UInt8] = []
    section.appendLEB(kept.count)
    let exported = sections[ModuleSections.ID.export]
    for export in kept { section.append(contentsOf: exported[export.bytes]) }
    sections.replace(ModuleSections.ID.export, with: section)
    let memory = try malformedIsBadModule { () throws(MalformedBytes) in
      try resized(sections[ModuleSections.ID.memory], bytes: state.memory.count)
    }
    sections.replace(ModuleSections.ID.memory, with: memory)
    sections.remove(ModuleSections.ID.dataCount)
    sections.remove(ModuleSections.ID.data)
    sections.appendData(MemoryImage.dataSection(state.memory))
  }

  /// The memory section with another minimum; flags and maximum stay.
  private func resized(_ section: [UInt8], bytes: Int) throws(MalformedBytes) -> [UInt8] {
    var cursor = ByteCursor(section)
    guard try cursor.unsigned32() == 1 else { throw MalformedBytes(offset: 0) }
    let flags = try cursor.byte()
    try cursor.skipLEB()
    var out: [UInt8] = [1, flags]
    out.appendLEB(bytes / BundleLimits.pageBytes)
    return out + section[cursor.at...]
  }
}

private func malformedIsBadModule<T>(_ body: () throws(MalformedBytes) -> T) throws(BundleError) -> T {
  do throws(MalformedBytes) { return try body() } catch {
    throw BundleError(
      .badModule, "not a valid WebAssembly module: one of its sections is wrong at byte \(error.offset)")
  }
}
