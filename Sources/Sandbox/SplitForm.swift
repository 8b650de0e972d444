// The split form of a worker: an image, which is a memory with its contents, and an engine, which is code for it.
//
// Many workers share one engine, so that its code is compiled once and stays in the processor's caches. Each call
// instantiates the image, and then the engine over the image's memory.

extension ProgramCheck {
  /// An image is a memory with active segments, exported, and nothing else.
  func image() throws(SandboxError) {
    guard shape.imports.isEmpty, shape.functionCount == 0, shape.tables.isEmpty, shape.globals.isEmpty, !shape.hasStart,
      shape.passiveDataSegments == 0, shape.exports.count == 1
    else {
      throw error(
        .malformedModule,
        "has an image that is more than a memory with its contents; build it again with `atoll build`")
    }
  }

  /// An engine imports its memory and holds no data: data of its own would overwrite the image's.
  func engine(over image: WasmShape) throws(SandboxError) {
    let memories = shape.imports.filter { $0.kind == .memory }
    guard memories.count == 1, memories[0].module == "env", memories[0].name == "memory", shape.memories.count == 1,
      shape.dataSegments == 0, !shape.hasStart, shape.export("atoll_call") != nil
    else {
      throw error(
        .malformedModule,
        "has an engine that does not fit: it must be a reactor that imports env.memory, without data and start section")
    }
    guard let memory = image.memories.first, memory.minimum >= shape.memories[0].minimum,
      shape.memories[0].maximum == nil
    else {
      throw error(
        .malformedModule,
        "has an image smaller than its engine's memory; build it again with `atoll build`")
    }
  }
}
