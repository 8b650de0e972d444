// A module that is a memory and its contents, and nothing else.
internal import Sandbox

enum ImageModule {
  /// The image of a memory after an evaluation. What lies below the stack pointer is dead and left out.
  static func encode(_ memory: consuming [UInt8], stackPointer: Int) -> [UInt8] {
    memory.replaceSubrange(0..<stackPointer, with: repeatElement(0, count: stackPointer))
    return encode(
      pages: memory.count / JavaScriptLimits.pageBytes, dataSection: MemoryImage.dataSection(memory))
  }

  /// No maximum: `limits.memory` is what binds, and it may be raised without a build.
  static func encode(pages: Int, dataSection: [UInt8]) -> [UInt8] {
    var memory: [UInt8] = [1, 0]
    memory.appendLEB(pages)
    let export: [UInt8] = [1, 6] + Array("memory".utf8) + [2, 0]
    var wasm = ModuleSections.header
    wasm.reserveCapacity(dataSection.count + 64)
    for (id, contents) in [
      (ModuleSections.ID.memory, memory), (ModuleSections.ID.export, export), (ModuleSections.ID.data, dataSection),
    ] {
      wasm.append(id)
      wasm.appendLEB(contents.count)
      wasm += contents
    }
    return wasm
  }
}
