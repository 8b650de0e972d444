// Modules written by hand, so that the tests need no compiler.
@testable import Bundles
import Sandbox

/// A reactor whose `_initialize` writes memory and globals; parts can be changed.
struct ModuleBytes {
  /// Contents by section id, in the order of the format.
  var sections: [(id: UInt8, contents: [UInt8])]

  static let types: [UInt8] = [2, 0x60, 0, 0, 0x60, 1, 0x7F, 1, 0x7E]

  /// Globals: 0 the stack pointer (mutable i32 1024), 1 a mutable i64, 2 `atoll_abi`, 3 a mutable f32, 4 a mutable f64.
  static let globals: [UInt8] =
    [5, 0x7F, 1, 0x41, 0x80, 0x08, 0x0B]
    + [0x7E, 1, 0x42, 0, 0x0B]
    + [0x7F, 0, 0x41, 1, 0x0B]
    + [0x7D, 1, 0x43, 0, 0, 0, 0, 0x0B]
    + [0x7C, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B]

  static func export(_ name: String, _ kind: UInt8, _ index: UInt8) -> [UInt8] {
    [UInt8(name.utf8.count)] + Array(name.utf8) + [kind, index]
  }

  static let exports: [UInt8] =
    [4] + export("memory", 2, 0) + export("_initialize", 0, 0) + export("atoll_call", 0, 1) + export("atoll_abi", 3, 2)

  /// `_initialize`: byte 2000 becomes 7, byte 100 (in the stack) 9, global 1 becomes -2, globals 3 and 4 become 1.
  static let initialize: [UInt8] =
    [0]
    + [0x41, 0xD0, 0x0F, 0x41, 7, 0x3A, 0, 0]
    + [0x41, 0xE4, 0x00, 0x41, 9, 0x3A, 0, 0]
    + [0x42, 0x7E, 0x24, 1]
    + [0x43, 0, 0, 0x80, 0x3F, 0x24, 3]
    + [0x44, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x24, 4]
    + [0x0B]
  /// `atoll_call`: answers the eight bytes at 2000, where it says they are.
  static let call: [UInt8] = [0, 0x42, 0x88, 0x80, 0x80, 0x80, 0x80, 0xFA, 0x01, 0x0B]

  static func code(_ bodies: [[UInt8]]) -> [UInt8] {
    bodies.reduce(into: [UInt8(bodies.count)]) { $0 += [UInt8($1.count)] + $1 }
  }

  static let reactor = ModuleBytes(sections: [
    (1, types),
    (3, [2, 0, 1]),
    (5, [1, 1, 1, 16]),
    (6, globals),
    (7, exports),
    (10, code([initialize, call])),
    (11, [1, 0, 0x41, 0x80, 0x10, 0x0B, 2, 0x68, 0x69]),
    (0, [4, 0x6E, 0x61, 0x6D, 0x65, 0xFF]),
  ])

  static let command = ModuleBytes(sections: [
    (1, types), (3, [1, 0]), (5, [1, 0, 1]), (7, [2] + export("memory", 2, 0) + export("_start", 0, 0)),
    (10, code([[0, 0x0B]])),
  ])

  /// The same with one section replaced or, where there was none, put in its place.
  func with(_ id: UInt8, _ contents: [UInt8]) -> ModuleBytes {
    var copy = self
    copy.sections.removeAll { $0.id == id }
    // The data count stands between elements and code.
    let rank = { (id: UInt8) in id == 12 ? 19 : id == 0 ? 255 : Int(id) * 2 }
    let at = copy.sections.firstIndex { rank($0.id) > rank(id) } ?? copy.sections.endIndex
    copy.sections.insert((id, contents), at: at)
    return copy
  }

  func without(_ id: UInt8) -> ModuleBytes {
    var copy = self
    copy.sections.removeAll { $0.id == id }
    return copy
  }

  var bytes: [UInt8] {
    sections.reduce(into: [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]) { wasm, section in
      wasm.append(section.id)
      wasm.appendLEB(section.contents.count)
      wasm += section.contents
    }
  }

  /// What `reactor`'s `_initialize` leaves.
  static let stateAfter: Snapshot.State = {
    var memory = [UInt8](repeating: 0, count: 65_536)
    memory[100] = 9
    memory[2000] = 7
    memory[2048] = 0x68
    memory[2049] = 0x69
    return Snapshot.State(
      memory: memory,
      globals: [
        "atoll:global:0": 1024, "atoll:global:1": UInt64(bitPattern: -2), "atoll:global:3": 0x3F80_0000,
        "atoll:global:4": 0x3FF0_0000_0000_0000,
      ])
  }()
}
