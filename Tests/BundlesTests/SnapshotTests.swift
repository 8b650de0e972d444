// What `_initialize` leaves becomes the module's beginning; what cannot be snapshotted stays and says why.
@testable import Bundles
import Sandbox
import Testing

@Suite struct SnapshotTests {
  /// Contents of a data section as a memory.
  static func memory(of wasm: [UInt8]) throws -> [UInt8] {
    let sections = try ModuleSections(wasm)
    let pages = try WasmShape(wasm).memories[0].minimum
    var memory = [UInt8](repeating: 0, count: Int(pages) * 65_536)
    let data = sections[ModuleSections.ID.data]
    var cursor = ByteCursor(data)
    for _ in 0..<(try cursor.unsigned32()) {
      #expect(try cursor.byte() == 0)
      #expect(try cursor.byte() == 0x41)
      // Addresses here are below 2^31, so that the signed operand is the address.
      var (address, shift) = (0, 0)
      while true {
        let byte = try cursor.byte()
        address |= Int(byte & 0x7F) << shift
        shift += 7
        if byte & 0x80 == 0 { break }
      }
      #expect(try cursor.byte() == 0x0B)
      let bytes = try cursor.counted()
      memory.replaceSubrange(address..<(address + bytes.count), with: data[bytes])
    }
    #expect(cursor.isAtEnd)
    return memory
  }

  @Test func memoryAndGlobalsAreWrittenBack() throws {
    var instrumented: [UInt8] = []
    let snapshot = try Snapshot.take(ModuleBytes.reactor.bytes) { wasm throws(BundleError) in
      instrumented = wasm
      return ModuleBytes.stateAfter
    }
    #expect(snapshot.reason == nil)
    let shape = try WasmShape(snapshot.module)
    #expect(shape.exports.map(\.name) == ["memory", "atoll_call", "atoll_abi"])
    #expect(shape.globals.map(\.constant) == [1024, UInt64(bitPattern: -2), 1, 0x3F80_0000, 0x3FF0_0000_0000_0000])
    #expect(shape.memories.map(\.minimum) == [1])
    #expect(shape.memories.map(\.maximum) == [16])
    #expect(try Self.memory(of: snapshot.module) == ModuleBytes.stateAfter.memory)

    let seen = try WasmShape(instrumented)
    #expect(
      seen.exports.map(\.name).suffix(4) == ["atoll:global:0", "atoll:global:1", "atoll:global:3", "atoll:global:4"])
    #expect(seen.exports.suffix(4).map(\.index) == [0, 1, 3, 4])
  }

  @Test func whatIsBelowTheStackPointerIsDead() throws {
    let snapshot = try Snapshot.take(ModuleBytes.reactor.bytes, clearsStack: true) { _ throws(BundleError) in
      ModuleBytes.stateAfter
    }
    let memory = try Self.memory(of: snapshot.module)
    #expect(memory[100] == 0)
    #expect(memory[2000] == 7)
  }

  @Test func aStackThatIsStillInUseIsKept() throws {
    var state = ModuleBytes.stateAfter
    state.globals["atoll:global:0"] = 1000
    let snapshot = try Snapshot.take(ModuleBytes.reactor.bytes, clearsStack: true) { _ throws(BundleError) in state }
    #expect(try Self.memory(of: snapshot.module)[100] == 9)
  }

  @Test func aMemoryThatGrewStartsGrown() throws {
    var state = ModuleBytes.stateAfter
    state.memory += [UInt8](repeating: 0, count: 65_536) + [UInt8](repeating: 3, count: 65_536)
    let snapshot = try Snapshot.take(ModuleBytes.reactor.bytes) { _ throws(BundleError) in state }
    let memory = try WasmShape(snapshot.module).memories[0]
    #expect(memory.minimum == 3)
    #expect(memory.maximum == 16)
    #expect(try Self.memory(of: snapshot.module) == state.memory)
  }

  @Test func withoutInitializeNothingChangesAndNothingRuns() throws {
    for module in [ModuleBytes.command.bytes, try snapshotted()] {
      let snapshot = try Snapshot.take(module) { _ throws(BundleError) in
        Issue.record("ran a module that has no _initialize")
        return ModuleBytes.stateAfter
      }
      #expect(snapshot == Snapshot(module: module))
    }
  }

  private func snapshotted() throws -> [UInt8] {
    try Snapshot.take(ModuleBytes.reactor.bytes) { _ throws(BundleError) in ModuleBytes.stateAfter }.module
  }

  @Test func twoSnapshotsAreEqual() throws {
    #expect(try snapshotted() == snapshotted())
  }

  @Test func theErrorOfTheRunIsTheErrorOfTheSnapshot() {
    let error = #expect(throws: BundleError.self) {
      try Snapshot.take(ModuleBytes.reactor.bytes) { _ throws(BundleError) in
        throw BundleError(.badModule, "it trapped")
      }
    }
    #expect(error?.message == "it trapped")
  }

  struct Obstacle: Sendable, CustomTestStringConvertible {
    let reason: String
    let module: [UInt8]
    var testDescription: String { reason }
  }

  static let obstacles: [Obstacle] = {
    let reactor = ModuleBytes.reactor
    let body = { (instructions: [UInt8]) in ModuleBytes.code([[0] + instructions + [0x0B], ModuleBytes.call]) }
    let table: [UInt8] = [1, 0x70, 0, 1]
    return [
      Obstacle(reason: "start function", module: reactor.with(8, [0]).bytes),
      Obstacle(
        reason: "imports the global env.base",
        module: reactor.with(2, [1, 3, 0x65, 0x6E, 0x76, 4, 0x62, 0x61, 0x73, 0x65, 3, 0x7F, 0]).bytes),
      Obstacle(
        reason: "does not export one `memory`",
        module: reactor.with(7, [2] + ModuleBytes.export("_initialize", 0, 0) + ModuleBytes.export("atoll_call", 0, 1))
          .bytes),
      Obstacle(
        reason: "its code changes a table",
        module: reactor.with(4, table).with(10, body([0x41, 0, 0xD2, 0, 0x26, 0])).bytes),
      Obstacle(
        reason: "passive data segments",
        module: reactor.with(12, [1]).with(11, [1, 1, 1, 0x41]).with(
          10, body([0x41, 0, 0x41, 0, 0x41, 1, 0xFC, 8, 0, 0])
        ).bytes),
      Obstacle(
        reason: "passive element segments",
        module: reactor.with(4, table).with(9, [1, 1, 0, 1, 0]).with(10, body([0xFC, 13, 0])).bytes),
      Obstacle(
        reason: "holds a reference or vector",
        module: reactor.with(6, [1, 0x70, 1, 0xD0, 0x70, 0x0B]).with(
          7,
          [3] + ModuleBytes.export("memory", 2, 0) + ModuleBytes.export("_initialize", 0, 0)
            + ModuleBytes.export("atoll_call", 0, 1)
        ).bytes),
      Obstacle(
        reason: "it exports names that begin with `atoll:global:`",
        module: reactor.with(
          7,
          [4] + ModuleBytes.export("memory", 2, 0) + ModuleBytes.export("_initialize", 0, 0)
            + ModuleBytes.export("atoll_call", 0, 1)
            + ModuleBytes.export("atoll:global:0", 3, 0)
        ).bytes),
      Obstacle(
        reason: "instructions that the build does not know", module: reactor.with(10, body([0xFE, 3, 0])).bytes),
    ]
  }()

  @Test(arguments: obstacles)
  func whatASnapshotWouldLoseKeepsInitialize(obstacle: Obstacle) throws {
    let snapshot = try Snapshot.take(obstacle.module) { _ throws(BundleError) in
      Issue.record("ran a module that cannot be snapshotted")
      return ModuleBytes.stateAfter
    }
    #expect(snapshot.module == obstacle.module)
    #expect(snapshot.reason?.contains(obstacle.reason) == true, "\(snapshot.reason ?? "no reason")")
  }

  /// Cut anywhere, a module is refused or has nothing to snapshot; it never traps the build.
  @Test func everyCutIsSurvived() {
    let whole = ModuleBytes.reactor.bytes
    var refused = 0
    for count in 0..<whole.count {
      do {
        _ = try Snapshot.take(Array(whole[..<count])) { _ throws(BundleError) in ModuleBytes.stateAfter }
      } catch {
        refused += 1
        #expect(error.code == .badModule)
      }
    }
    #expect(refused > whole.count / 2)
  }

  @Test func everyFlippedByteIsSurvived() {
    let whole = ModuleBytes.reactor.bytes
    for index in whole.indices {
      for mask in [UInt8(0x01), 0x80, 0xFF] {
        var copy = whole
        copy[index] ^= mask
        do { _ = try Snapshot.take(copy) { _ throws(BundleError) in ModuleBytes.stateAfter } } catch {
          #expect(!error.message.isEmpty)
        }
      }
    }
  }
}
