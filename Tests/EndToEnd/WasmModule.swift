// WebAssembly modules written byte by byte, each wrong in one way.
import Foundation

struct WasmModule {
  var memoryPages = 1
  var abi = 1
  var imports: (module: String, name: String)?
  var exportsCall = true

  /// A worker of ABI version 1 that answers an empty text, but for what was changed.
  var bytes: [UInt8] {
    let functionIndex: UInt8 = imports == nil ? 0 : 1
    var exports = [Self.name("memory") + [2, 0], Self.name("atoll_abi") + [3, 0]]
    if exportsCall { exports.append(Self.name("atoll_call") + [0, functionIndex]) }
    // Types: (i32) → i64, the entry's; (i32, i32) → i32, that of `start` functions.
    var module: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    module += Self.section(1, [[0x60, 1, 0x7f, 1, 0x7e], [0x60, 2, 0x7f, 0x7f, 1, 0x7f]])
    if let imports { module += Self.section(2, [Self.name(imports.module) + Self.name(imports.name) + [0, 1]]) }
    module += Self.section(3, [[0]])
    module += Self.section(5, [[0] + Self.number(memoryPages)])
    module += Self.section(6, [[0x7f, 0, 0x41, UInt8(abi), 0x0b]])
    module += Self.section(7, exports)
    module += Self.section(10, [[4, 0, 0x42, 0, 0x0b]])
    return module
  }

  /// A worker's folder with these bytes as its module, of the name given.
  static func writeWorker(_ name: String, bytes: [UInt8], in folder: TemporaryFolder) throws -> String {
    try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
    try Data(bytes).write(to: URL(filePath: folder.file("\(name)/\(name).wasm")))
    _ = try folder.write(
      """
      name = "\(name)"
      version = "1.0.0"
      description = "A module made by hand"

      [source]
      language = "wasm"
      entry = "\(name).wasm"

      [limits]
      memory = "1MiB"

      [[tools]]
      name = "\(name)"
      description = "Made by hand"
      input = { type = "object" }

      """, to: "\(name)/atoll.toml")
    return folder.file(name)
  }

  private static func section(_ id: UInt8, _ items: [[UInt8]]) -> [UInt8] {
    let content = number(items.count) + items.joined()
    return [id] + number(content.count) + content
  }

  private static func name(_ text: String) -> [UInt8] { number(text.utf8.count) + Array(text.utf8) }

  /// LEB128.
  private static func number(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + number(value >> 7)
  }
}
