// A module as its raw sections: what the snapshot rewrites, and nothing more. `WasmShape` says what they mean.

/// The sections of a core module, in order.
package struct ModuleSections {
  /// The ids of the binary format that are rewritten or left out.
  package enum ID {
    package static let custom: UInt8 = 0
    package static let memory: UInt8 = 5
    package static let global: UInt8 = 6
    package static let export: UInt8 = 7
    package static let start: UInt8 = 8
    package static let code: UInt8 = 10
    package static let data: UInt8 = 11
    package static let dataCount: UInt8 = 12
  }

  package static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]

  package private(set) var sections: [(id: UInt8, contents: [UInt8])] = []

  package init(_ wasm: [UInt8]) throws(MalformedBytes) {
    guard wasm.starts(with: Self.header) else { throw MalformedBytes(offset: 0) }
    var cursor = ByteCursor(wasm, Self.header.count..<wasm.count)
    while !cursor.isAtEnd {
      let id = try cursor.byte()
      sections.append((id, Array(wasm[try cursor.counted()])))
    }
  }

  /// The contents of the section with this id; empty where there is none.
  package subscript(id: UInt8) -> [UInt8] { sections.first { $0.id == id }?.contents ?? [] }

  package mutating func replace(_ id: UInt8, with contents: [UInt8]) {
    for index in sections.indices where sections[index].id == id { sections[index].contents = contents }
  }

  package mutating func remove(_ id: UInt8) { sections.removeAll { $0.id == id } }

  /// The data section is the last that is not custom.
  package mutating func appendData(_ contents: [UInt8]) {
    let last = sections.lastIndex { $0.id != ID.custom } ?? sections.endIndex - 1
    sections.insert((ID.data, contents), at: last + 1)
  }

  package func encoded() -> [UInt8] {
    var wasm = Self.header
    wasm.reserveCapacity(sections.reduce(64) { $0 + $1.contents.count + 8 })
    for (id, contents) in sections {
      wasm.append(id)
      wasm.appendLEB(contents.count)
      wasm.append(contentsOf: contents)
    }
    return wasm
  }
}

/// An entry of the export section, with the bytes it came from.
package struct ModuleExport {
  package let name: String
  package let bytes: Range<Int>

  package static func list(_ section: [UInt8]) throws(MalformedBytes) -> [ModuleExport] {
    guard !section.isEmpty else { return [] }
    var cursor = ByteCursor(section)
    var exports: [ModuleExport] = []
    for _ in 0..<(try cursor.unsigned32()) {
      let start = cursor.at
      let name = String(decoding: section[try cursor.counted()], as: UTF8.self)
      _ = try cursor.byte()
      _ = try cursor.unsigned32()
      exports.append(ModuleExport(name: name, bytes: start..<cursor.at))
    }
    return exports
  }
}

/// An entry of the global section.
package struct ModuleGlobal {
  package let type: UInt8
  package let isMutable: Bool
  /// The initial expression, its end included.
  package var initial: [UInt8]

  package enum ValueType {
    package static let i32: UInt8 = 0x7F
    package static let i64: UInt8 = 0x7E
    package static let f32: UInt8 = 0x7D
    package static let f64: UInt8 = 0x7C
  }

  package var isNumber: Bool { (ValueType.f64...ValueType.i32).contains(type) }

  /// `i32.const` and its kin, for the bits of a value.
  package mutating func set(bits: UInt64) {
    switch type {
    case ValueType.i32:
      initial = [0x41]
      initial.appendSignedLEB(Int64(Int32(truncatingIfNeeded: bits)))
    case ValueType.i64:
      initial = [0x42]
      initial.appendSignedLEB(Int64(bitPattern: bits))
    case ValueType.f32:
      initial = [0x43]
      initial.appendFixed(UInt32(truncatingIfNeeded: bits))
    default:
      initial = [0x44]
      initial.appendFixed(bits)
    }
    initial.append(0x0B)
  }

  package static func list(_ section: [UInt8]) throws(MalformedBytes) -> [ModuleGlobal] {
    guard !section.isEmpty else { return [] }
    var cursor = ByteCursor(section)
    var globals: [ModuleGlobal] = []
    for _ in 0..<(try cursor.unsigned32()) {
      let type = try cursor.byte()
      // A reference with an explicit heap type has one more number.
      if type == 0x63 || type == 0x64 { try cursor.skipLEB() }
      let isMutable = try cursor.byte() == 1
      let start = cursor.at
      try skipExpression(&cursor)
      globals.append(ModuleGlobal(type: type, isMutable: isMutable, initial: Array(section[start..<cursor.at])))
    }
    return globals
  }

  package static func encode(_ globals: [ModuleGlobal]) -> [UInt8] {
    var section: [UInt8] = []
    section.appendLEB(globals.count)
    for global in globals { section += [global.type, global.isMutable ? 1 : 0] + global.initial }
    return section
  }

  private static func skipExpression(_ cursor: inout ByteCursor) throws(MalformedBytes) {
    while true {
      switch try cursor.byte() {
      case 0x0B: return
      case 0x41, 0x42, 0x23, 0xD0, 0xD2: try cursor.skipLEB()
      case 0x43: _ = try cursor.take(4)
      case 0x44: _ = try cursor.take(8)
      case 0xFD:
        // `v128.const`, the one vector instruction that is constant.
        guard try cursor.unsigned32() == 12 else { throw MalformedBytes(offset: cursor.at) }
        _ = try cursor.take(16)
      case 0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E: continue
      default: throw MalformedBytes(offset: cursor.at - 1)
      }
    }
  }
}
