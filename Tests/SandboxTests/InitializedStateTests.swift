// What `_initialize` leaves behind, and why it is refused.
import Testing

@testable import Sandbox

@Suite("Initialized state", .timeLimit(.minutes(1)))
struct InitializedStateTests {
  private func module(_ body: String, imports: String = "", rest: String = "") throws -> [UInt8] {
    try wasm(reactor(Guests.done, imports: imports, rest: "\(rest) (func (export \"_initialize\") \(body))"))
  }

  @Test func memoryAndGlobalsAreReadAfterIt() throws {
    let state = try initializedState(
      of: module(
        """
        (i32.store (i32.const 100) (i32.const 0x01020304)) (drop (memory.grow (i32.const 1)))
        (global.set $a (i32.const -2)) (global.set $b (i64.const -3)) (global.set $c (f64.const 1.5)) (global.set $d (f32.const 2))
        """,
        rest: """
          (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (global $c (mut f64) (f64.const 0))
          (global $d (mut f32) (f32.const 0)) (global $e (mut i32) (i32.const 9))
          (export "atoll:global:1" (global $a)) (export "atoll:global:2" (global $b)) (export "atoll:global:3" (global $c))
          (export "atoll:global:4" (global $d)) (export "other" (global $e))
          """))
    #expect(state.memory.count == 131072)
    #expect(Array(state.memory[100..<104]) == [4, 3, 2, 1])
    #expect(
      state.globals == [
        "atoll:global:1": 0xFFFF_FFFE, "atoll:global:2": UInt64(bitPattern: -3), "atoll:global:3": (1.5).bitPattern,
        "atoll:global:4": UInt64(Float(2).bitPattern),
      ])
    #expect(!state.tableUse.changesTables)
  }

  @Test func callingTheHostIsRefusedByName() throws {
    let error = #expect(throws: SandboxError.self) {
      try initializedState(
        of: module(
          "(drop (call $now (i32.const 0)))",
          imports: "(import \"atoll:clock\" \"now\" (func $now (param i32) (result i64)))"))
    }
    #expect(error?.code == .initializationFailed)
    #expect(error?.message.contains("atoll:clock.now was called") == true)
  }

  @Test func aFunctionThatAlwaysAnswersTheSameMayBeCalled() throws {
    let state = try initializedState(
      of: module(
        "(i32.store (i32.const 8) (i32.const -1)) (i32.store (i32.const 0) (call $sizes (i32.const 8) (i32.const 12)))",
        imports: "(import \"wasi_snapshot_preview1\" \"environ_sizes_get\" (func $sizes (param i32 i32) (result i32)))")
    )
    #expect(state.memory[0..<16].allSatisfy { $0 == 0 })
  }

  @Test func aTrapIsAnErrorThatSaysWhere() throws {
    let error = #expect(throws: SandboxError.self) { try initializedState(of: module("unreachable")) }
    #expect(error?.message.contains("`_initialize` failed") == true)
    #expect(error?.message.contains("unreachable") == true)
  }

  @Test func anEndlessOneRunsIntoItsCap() throws {
    let error = #expect(throws: SandboxError.self) {
      try initializedState(of: module("(loop $l (br $l))"), limits: CallLimits(cpuMilliseconds: 30))
    }
    #expect(error?.message.contains("30 ms of processor time") == true)
  }

  @Test func memoryIsCappedToo() throws {
    let state = try initializedState(
      of: module("(i32.store (i32.const 0) (memory.grow (i32.const 64)))"), limits: CallLimits(memoryBytes: 1 << 20))
    #expect(state.memory.count == 65536)
    #expect(Array(state.memory[0..<4]) == [255, 255, 255, 255])
  }

  @Test func aModuleWithoutItIsRefused() throws {
    #expect(throws: SandboxError.self) { try initializedState(of: wasm(Guests.echo)) }
  }

  @Test func aTableThatTheCodeChangesIsSaid() throws {
    let state = try initializedState(
      of: module("(table.set (i32.const 0) (ref.null func))", rest: "(table 1 funcref)"))
    #expect(state.tableUse.changesTables)
  }

  @Test func aStartFunctionThatRunsIntoItsCapIsAnErrorToo() throws {
    let endless = try module("", rest: "(func $start (loop $l (br $l))) (start $start)")
    let error = #expect(throws: SandboxError.self) {
      try initializedState(of: endless, limits: CallLimits(cpuMilliseconds: 30))
    }
    #expect(error?.message.contains("its instantiation used more than 30 ms") == true)
  }
}
