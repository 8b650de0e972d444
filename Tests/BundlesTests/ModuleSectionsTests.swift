// Sections apart and together again.
@testable import Sandbox
import Testing

@Suite struct ModuleSectionsTests {
  @Test func whatIsReadIsWrittenAlike() throws {
    for module in [ModuleBytes.reactor.bytes, ModuleBytes.command.bytes, ModuleSections.header] {
      #expect(try ModuleSections(module).encoded() == module)
    }
  }

  @Test func dataGoesBeforeTheNames() throws {
    var sections = try ModuleSections(ModuleBytes.reactor.bytes)
    sections.remove(ModuleSections.ID.data)
    sections.appendData([0])
    #expect(sections.sections.map(\.id) == [1, 3, 5, 6, 7, 10, 11, 0])
  }

  @Test func globalsRoundTrip() throws {
    let globals = try ModuleGlobal.list(ModuleBytes.globals)
    #expect(globals.map(\.isMutable) == [true, true, false, true, true])
    #expect(ModuleGlobal.encode(globals) == ModuleBytes.globals)
  }

  @Test(
    arguments: [
      (0x7F, 0xFFFF_FFFF, [0x41, 0x7F, 0x0B]), (0x7E, UInt64.max, [0x42, 0x7F, 0x0B]),
      (0x7D, 0x8000_0001, [0x43, 1, 0, 0, 0x80, 0x0B]), (0x7C, 1, [0x44, 1, 0, 0, 0, 0, 0, 0, 0, 0x0B]),
    ] as [(UInt8, UInt64, [UInt8])])
  func valuesBecomeConstants(type: UInt8, bits: UInt64, expression: [UInt8]) {
    var global = ModuleGlobal(type: type, isMutable: true, initial: [])
    global.set(bits: bits)
    #expect(global.initial == expression)
  }

  @Test(
    arguments: [
      [0x02], [0x02, 0x7F, 0x01, 0x41], [0x01, 0x7F, 0x01, 0x10, 0x00, 0x0B], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    ] as [[UInt8]])
  func globalsThatAreCutOrStrangeAreRefused(section: [UInt8]) {
    #expect(throws: MalformedBytes.self) { try ModuleGlobal.list(section) }
  }
}
