// What is refused at load, and with which words.
import Sandbox
import Testing

@Suite("Programs")
struct ProgramTests {
  private func refusal(_ text: String, limits: CallLimits = CallLimits()) throws -> SandboxError? {
    do {
      _ = try program(text, limits: limits, name: "weather")
      return nil
    } catch let error as SandboxError { return error }
  }

  @Test func bothKindsAreTold() throws {
    #expect(try program(Guests.echo).kind == .reactor)
    #expect(try program(command("")).kind == .command)
  }

  @Test(arguments: [
    ("atoll:kv", "under `[permissions]`"), ("atoll:session", "`[session]`"), ("atoll:fetch", "`[[upstreams]]`"),
    ("env", "nothing defined"), ("wasi_unstable", "preview 1"), ("wasi:cli/run", "preview 2"),
    ("atoll:teleport", "no capability"), ("gopher", "docs/abi.md"),
  ])
  func animportThatIsNotGrantedIsNamedWithTheLineToAdd(_ module: String, _ words: String) throws {
    let error = try refusal(
      reactor(Guests.done, imports: "(import \"\(module)\" \"start\" (func (param i32 i32) (result i32)))"))
    #expect(error?.code == .importDenied)
    #expect(error?.message.contains("worker `weather` imports \(module).start") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func aFunctionThatAModuleDoesNotHaveIsNamed() throws {
    let error = try refusal(reactor(Guests.done, imports: "(import \"atoll:io\" \"teleport\" (func))"))
    #expect(error?.message.contains("atoll:io has no such function") == true)
  }

  @Test func aFunctionOfAnotherTypeIsRefused() throws {
    let error = try refusal(
      reactor(Guests.done, imports: "(import \"atoll:io\" \"wait\" (func (param i64) (result i32)))"))
    #expect(error?.code == .importDenied)
    #expect(error?.message.contains("another type") == true)
  }

  @Test(arguments: [
    "(import \"env\" \"g\" (global i32))", "(import \"env\" \"t\" (table 1 funcref))",
  ])
  func onlyFunctionsAreImported(_ imported: String) throws {
    #expect(try refusal(reactor(Guests.done, imports: imported))?.code == .importDenied)
  }

  @Test func anImportedMemoryIsRefused() throws {
    let text = """
      (module (import "env" "memory" (memory 1)) (export "memory" (memory 0)) (func (export "_start")))
      """
    #expect(try refusal(text)?.message.contains("--import-memory") == true)
  }

  @Test(arguments: [
    ("(module (memory (export \"memory\") 1))", "neither `atoll_call`"),
    ("(module (func (export \"_start\")))", "export it as `memory`"),
    ("(module (memory 1) (func (export \"_start\")))", "export it as `memory`"),
    ("(module (memory (export \"memory\") 1) (func (export \"_start\") (param i32)))", "`_start`"),
    (
      "(module (memory (export \"memory\") 1) (func (export \"atoll_call\") (param i32) (result i64) (i64.const 0)))",
      "`atoll_abi`"
    ),
    ("(module (memory (export \"memory\") 1) (global (export \"atoll_abi\") i32 (i32.const 1)))", "`atoll_call`"),
    (
      "(module (memory (export \"memory\") 1) (global (export \"atoll_abi\") i32 (i32.const 1)) (func (export \"atoll_call\") (param i32) (result i32) (i32.const 0)))",
      "(i32) -> i64"
    ),
  ])
  func aMissingExportIsNamed(_ text: String, _ words: String) throws {
    let error = try refusal(text)
    #expect(error?.code == .missingExport)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [0, 2, -1])
  func anotherVersionOfTheABIIsRefused(_ version: Int) throws {
    let error = try refusal(reactor(Guests.done, abi: version))
    #expect(error?.code == .wrongABI)
    #expect(error?.message.contains("version \(version) of the ABI") == true)
  }

  @Test func aMutableABIVersionIsRefused() throws {
    let text = """
      (module (memory (export "memory") 1) (global (export "atoll_abi") (mut i32) (i32.const 1))
        (func (export "atoll_call") (param i32) (result i64) (i64.const 0)))
      """
    #expect(try refusal(text)?.code == .wrongABI)
  }

  @Test func aMemoryThatStartsOverTheCapIsRefusedAndOneAtTheCapIsNot() throws {
    let error = try refusal(reactor(Guests.done, pages: 17), limits: CallLimits(memoryBytes: 1 << 20))
    #expect(error?.code == .limitTooSmall)
    #expect(error?.message.contains("limits.memory") == true)
    #expect(try refusal(reactor(Guests.done, pages: 16), limits: CallLimits(memoryBytes: 1 << 20)) == nil)
    #expect(try refusal(reactor(Guests.done, pages: 1025))?.message.contains("1025 pages") == true)
  }

  @Test func aCapOverTheNodesCeilingIsRefused() throws {
    let error = try refusal(reactor(Guests.done), limits: CallLimits(memoryBytes: (64 << 20) + 1))
    #expect(error?.code == .limitTooLarge)
    #expect(error?.message.contains("64MiB") == true)
  }

  @Test func aLimitOfNothingIsRefused() throws {
    var limits = CallLimits()
    limits.cpuMilliseconds = 0
    #expect(try refusal(reactor(Guests.done), limits: limits)?.message.contains("limits.cpu_ms") == true)
  }

  @Test(arguments: [
    ("(module (memory (export \"memory\") i64 1) (func (export \"_start\")))", "64-bit"),
    ("(module (memory (export \"memory\") 1) (memory 1) (func (export \"_start\")))", "2 memories"),
    ("(module (memory (export \"memory\") 1 2 shared) (func (export \"_start\")))", "shared"),
    ("(module (memory (export \"memory\") 1) (tag) (func (export \"_start\") (throw 0)))", "exceptions"),
    ("(module (type (struct)) (memory (export \"memory\") 1) (func (export \"_start\")))", ""),
  ])
  func whatTheABIExcludesIsRefused(_ text: String, _ words: String) throws {
    let error = try refusal(text)
    #expect(error != nil)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func aTableThatIsTooLargeIsRefused() throws {
    #expect(try refusal(reactor(Guests.done, rest: "(table 2000 funcref)")) == nil)
    let error = try refusal(reactor(Guests.done, rest: "(table 2001 funcref)"))
    #expect(error?.message.contains("2001 elements") == true)
    #expect(
      try refusal(reactor(Guests.done, rest: "(table 1 funcref) (table 1 funcref)"))?.message.contains("2 tables")
        == true)
  }

  @Test func aComponentIsToldFromAModule() {
    let error = #expect(throws: SandboxError.self) { try WasmShape([0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0]) }
    #expect(error?.message.contains("component") == true)
  }

  @Test func everyTruncationOfAModuleIsAnErrorAndNeverACrash() throws {
    let whole = try wasm(
      reactor(
        Guests.done, imports: Guests.timerImports,
        rest:
          "(table 3 funcref) (elem (i32.const 0) func 0) (data \"abc\") (data (i32.const 4) \"x\") (global (mut f64) (f64.const 1.5))"
      ))
    #expect(throws: Never.self) { try WasmShape(whole) }
    var failures = 0
    for count in 0..<whole.count {
      do {
        let shape = try WasmShape(Array(whole.prefix(count)))
        _ = try shape.tableUse(in: whole)
      } catch { failures += 1 }
    }
    #expect(failures > whole.count / 2)
    for count in stride(from: 0, to: whole.count, by: 7) {
      // Cut between two sections it may still be a module, but never this worker.
      #expect(throws: SandboxError.self) {
        let module = try Shared.store.load(Array(whole.prefix(count))).0
        if module.shape.export("atoll_call") == nil || module.shape.memories.isEmpty || module.shape.code.isEmpty {
          _ = try Program(module: module, limits: CallLimits(), name: "cut")
        } else {
          throw SandboxError(.malformedModule, "only data or names were cut")
        }
      }
    }
  }

  @Test func everyFlippedByteIsAnErrorOrAModuleAndNeverACrash() throws {
    let whole = try wasm(reactor(Guests.done, imports: Guests.timerImports, rest: "(table 3 funcref) (data \"abc\")"))
    for index in whole.indices {
      for mask in [UInt8(0xFF), 0x80, 0x01] {
        var bytes = whole
        bytes[index] ^= mask
        if let shape = try? WasmShape(bytes) { _ = try? shape.tableUse(in: bytes) }
      }
    }
    #expect(try WasmShape(whole).passiveDataSegments == 1)
  }

  @Test(arguments: [
    ("(table 2 funcref) (func $f (table.set (i32.const 0) (ref.null func)))", true, false, false),
    ("(table 2 funcref) (func $f (drop (table.grow (ref.null func) (i32.const 1))))", true, false, false),
    ("(table 2 funcref) (func $f (drop (table.get (i32.const 0))) (drop (table.size)))", false, false, false),
    ("(data \"x\") (func $f (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))", false, true, false),
    (
      "(table 2 funcref) (elem func 0) (func $f (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))", true, false,
      true
    ),
    (
      "(func $f (drop (v128.const i32x4 1 2 3 4)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))", false,
      false, false
    ),
  ])
  func tableUseIsReadFromTheCode(_ rest: String, _ changes: Bool, _ data: Bool, _ elements: Bool) throws {
    let bytes = try wasm(reactor("(block $b (br_table $b $b (i32.const 0))) \(Guests.done)", rest: rest))
    let use = try WasmShape(bytes).tableUse(in: bytes)
    #expect(use.changesTables == changes)
    #expect(use.usesPassiveData == data)
    #expect(use.usesPassiveElements == elements)
    #expect(!use.isUnsure)
  }

  @Test(arguments: [0, 1, 65535])
  func aCapOfLessThanAPageIsRefused(_ bytes: Int) throws {
    let none = "(module (memory (export \"memory\") 0) (func (export \"_start\")))"
    let error = try refusal(none, limits: CallLimits(memoryBytes: bytes))
    #expect(error?.code == .limitTooSmall)
    #expect(error?.message.contains("limits.memory") == true)
    #expect(try refusal(none, limits: CallLimits(memoryBytes: 65536)) == nil)
  }
}
