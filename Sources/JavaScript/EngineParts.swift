// The engine as it was linked, taken apart: its code, which all workers share, and its memory before anything ran.
internal import Sandbox

/// The two modules of the split form, made from one.
struct EngineParts {
  /// Code that imports its memory and holds no data.
  let code: [UInt8]
  /// The memory as it was linked: what an evaluation starts from.
  let image: [UInt8]

  /// - Throws: `.engineFailed` for a module that is not built as `Scripts/bootstrap` builds it.
  init(_ wasm: [UInt8]) throws(JavaScriptError) {
    let shape: WasmShape
    var sections: ModuleSections
    do {
      shape = try WasmShape(wasm)
      sections = try ModuleSections(wasm)
    } catch {
      throw JavaScriptError(.engineFailed, "the JavaScript engine is no WebAssembly module: \(error)", cause: error)
    }
    guard let memory = shape.memories.first, shape.imports.contains(where: { $0.kind == .memory }),
      shape.passiveDataSegments == 0
    else {
      throw JavaScriptError(
        .engineFailed,
        "the JavaScript engine must import its memory and have active data only; run Scripts/bootstrap again")
    }
    let data = sections[ModuleSections.ID.data]
    sections.remove(ModuleSections.ID.data)
    sections.remove(ModuleSections.ID.dataCount)
    // wasm-ld zeroes .bss there, since it cannot know what an imported memory holds: the first image's is zero, and in
    // a worker's image its variables stand there.
    sections.remove(ModuleSections.ID.start)
    code = sections.encoded()
    image = ImageModule.encode(pages: Int(clamping: memory.minimum), dataSection: data.isEmpty ? [0] : data)
  }
}
