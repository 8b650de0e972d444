// Programs in split form: an image and a shared engine, under the same rules as a whole module.
import CWasmtime
import EventLoop
import Testing

@testable import Sandbox

@Suite("Split programs", .timeLimit(.minutes(1)))
struct SplitProgramTests {
  /// An engine whose `atoll_call` has this body.
  static func engine(_ body: String, imports: String = "", rest: String = "", pages: Int = 1) -> String {
    """
    (module
      (import "env" "memory" (memory \(pages)))
      (import "atoll:io" "request" (func $request (param i32)))
      \(imports)
      (global (export "atoll_abi") i32 (i32.const 1))
      \(rest)
      (func (export "atoll_call") (param $len i32) (result i64) \(body)))
    """
  }

  static func image(_ data: String = "", pages: Int = 1) -> String {
    "(module (memory (export \"memory\") \(pages)) (data (i32.const 16) \"\(data)\"))"
  }

  /// Answers the four bytes at 16.
  static let fourBytes = engine("(i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 4))")
  /// Adds one to the byte at 16 and answers it.
  static let counting = engine(
    """
    (i32.store8 (i32.const 16) (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))
    (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 1))
    """)

  static func program(
    _ image: String = image(), _ engine: String, limits: CallLimits = CallLimits(), store: ModuleStore = Shared.store
  ) throws -> Program {
    try Program(
      image: store.load(wasm(image)).0, engine: store.load(wasm(engine)).0, limits: limits, name: "test")
  }

  private func run(
    _ engine: String, over image: String = image(), limits: CallLimits = CallLimits(), ledger: CallLedger = CallLedger()
  ) async throws -> CallOutcome {
    let program = try Self.program(image, engine, limits: limits)
    return try await withSandbox { sandbox in
      await sandbox.call(try sandbox.prepare(program), request: Array("hello".utf8), ledger: ledger)
    }
  }

  @Test func theEngineRunsInTheMemoryOfTheImage() async throws {
    #expect(try await run(Self.fourBytes, over: Self.image("data")).text == "data")
  }

  @Test func theRequestIsWrittenIntoTheImagesMemory() async throws {
    let engine = Self.engine(
      "(call $request (i32.const 64)) (i64.or (i64.shl (i64.const 64) (i64.const 32)) (i64.extend_i32_u (local.get $len)))"
    )
    #expect(try await run(engine).text == "hello")
  }

  @Test func twoImagesShareOneEngineAndDoNotMix() async throws {
    let engine = try Shared.store.load(wasm(Self.fourBytes)).0
    let programs = try ["aaaa", "bbbb"].map {
      try Program(image: Shared.store.load(wasm(Self.image($0))).0, engine: engine, limits: CallLimits(), name: $0)
    }
    let texts = try await withSandbox { sandbox in
      let prepared = try programs.map { try sandbox.prepare($0) }
      var texts: [String?] = []
      for index in 0..<100 {
        texts.append(await sandbox.call(prepared[index % 2], request: [], ledger: CallLedger()).text)
      }
      return texts
    }
    #expect(texts == (0..<100).map { $0 % 2 == 0 ? "aaaa" : "bbbb" })
  }

  @Test func tenThousandCallsEachSeeTheImageAsItWasBuilt() async throws {
    let program = try Self.program(Self.image("A"), Self.counting)
    let wrong = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(program)
      var wrong = 0
      for _ in 0..<10_000 where await sandbox.call(prepared, request: [], ledger: CallLedger()).text != "B" {
        wrong += 1
      }
      return wrong
    }
    #expect(wrong == 0)
  }

  /// Their engines are instantiated in turn over one linker: each must keep the memory that it was given.
  @Test func sleepersWithOneEngineKeepTheirOwnMemories() async throws {
    let sleeping = Self.engine(
      """
      (drop (call $wait (call $timer (i32.const 20))))
      (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 4))
      """, imports: Guests.timerImports)
    let programs = try ["aaaa", "bbbb", "cccc"].map { try Self.program(Self.image($0), sleeping) }
    let texts = try await withSandbox { sandbox in
      let prepared = try programs.map { try sandbox.prepare($0) }
      return await withTaskGroup(of: (Int, String?).self) { group in
        for index in 0..<60 {
          group.addTask {
            (index, await sandbox.call(prepared[index % 3], request: [], ledger: CallLedger()).text)
          }
        }
        return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
      }
    }
    #expect(texts.count == 60)
    for (index, text) in texts { #expect(text == ["aaaa", "bbbb", "cccc"][index % 3]) }
  }

  @Test func memoryEndsAtTheCap() async throws {
    let engine = Self.engine(
      "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)")
    let ledger = CallLedger()
    let outcome = try await run(engine, limits: CallLimits(memoryBytes: 4 << 16), ledger: ledger)
    #expect(outcome.fault?.kind == .memoryLimit)
    #expect(ledger.use.memoryBytes == 4 << 16)
  }

  @Test func processorTimeEndsAtTheCap() async throws {
    let outcome = try await run(
      Self.engine("(loop $l (br $l)) (i64.const 0)"), limits: CallLimits(cpuMilliseconds: 5))
    #expect(outcome.fault?.kind == .cpuLimit)
  }

  @Test func wallTimeEndsAtTheCap() async throws {
    let engine = Self.engine(
      "(drop (call $wait (call $timer (i32.const 60000)))) (i64.const 0)", imports: Guests.timerImports)
    let outcome = try await run(engine, limits: CallLimits(cpuMilliseconds: 5, wallMilliseconds: 20))
    #expect(outcome.fault?.kind == .wallLimit)
  }

  @Test func theAnswerEndsAtTheCap() async throws {
    let outcome = try await run(Self.engine("(i64.const 65)"), limits: CallLimits(outputBytes: 64))
    #expect(outcome.fault?.kind == .outputLimit)
    #expect(try await run(Self.engine("(i64.const 64)"), limits: CallLimits(outputBytes: 64)).answer?.count == 64)
  }

  @Test func hostCallsEndAtTheCap() async throws {
    let engine = Self.engine("(loop $l (call $request (i32.const 64)) (br $l)) (i64.const 0)")
    #expect(try await run(engine, limits: CallLimits(hostCalls: 3)).fault?.kind == .hostCallLimit)
  }

  @Test func aTrapIsTheCallsOwn() async throws {
    let outcome = try await run(Self.engine("(unreachable)"))
    #expect(outcome.fault?.kind == .trap)
  }

  @Test func theProbeMeasuresBothInstantiations() async throws {
    let program = try Self.program(Self.image("data"), Self.fourBytes)
    let (outcome, phases) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(program)
      return sandbox.measuredCall(prepared, request: [])
    }
    #expect(outcome.text == "data")
    #expect(phases.instantiate > 0)
    #expect(phases.call > 0)
  }

  @Test func aFullPoolIsOverloadedAndTheNextCallIsServed() async throws {
    let engine = try Engine(EngineConfiguration(instances: 2))
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let sleeping = Self.engine(
      "(drop (call $wait (call $timer (i32.const 30)))) (i64.const 0)", imports: Guests.timerImports)
    let program = try Self.program(Self.image(), sleeping, store: store)
    let kinds = try await withSandbox(engine: engine) { sandbox in
      let prepared = try sandbox.prepare(program)
      var kinds = await withTaskGroup(of: Fault.Kind?.self) { group in
        for _ in 0..<3 {
          group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()).fault?.kind }
        }
        return await group.reduce(into: [Fault.Kind?]()) { $0.append($1) }
      }
      kinds.append(await sandbox.call(prepared, request: [], ledger: CallLedger()).fault?.kind)
      return kinds
    }
    #expect(kinds.count { $0 == .overloaded } == 1)
    #expect(kinds.last == .some(nil))
  }

  struct Misfit: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var image = SplitProgramTests.image()
    var engine = SplitProgramTests.fourBytes
    var limits = CallLimits()
    var says: String
  }

  @Test(arguments: [
    Misfit(
      testDescription: "an engine with data", engine: engine("(i64.const 0)", rest: "(data (i32.const 0) \"x\")"),
      says: "without data"),
    Misfit(
      testDescription: "an engine with a start section",
      engine: engine("(i64.const 0)", rest: "(func $s) (start $s)"), says: "start section"),
    Misfit(testDescription: "an engine with a memory of its own", engine: reactor("(i64.const 0)"), says: "env.memory"),
    Misfit(
      testDescription: "an engine that needs more memory than the image has",
      engine: engine("(i64.const 0)", pages: 2), says: "smaller than its engine's memory"),
    Misfit(
      testDescription: "an image with code", image: reactor("(i64.const 0)"), says: "more than a memory"),
    Misfit(
      testDescription: "an image with a passive segment",
      image: "(module (memory (export \"memory\") 1) (data \"x\"))", says: "more than a memory"),
    Misfit(
      testDescription: "an image larger than the cap", image: image(pages: 3),
      limits: CallLimits(memoryBytes: 2 << 16), says: "`limits.memory`"),
    Misfit(
      testDescription: "an engine that imports what nobody grants",
      engine: engine("(i64.const 0)", imports: "(import \"env\" \"abort\" (func))"), says: "env.abort"),
  ])
  func whatDoesNotFitIsRefused(_ misfit: Misfit) throws {
    let error = #expect(throws: SandboxError.self) {
      try Self.program(misfit.image, misfit.engine, limits: misfit.limits)
    }
    #expect(error?.message.contains(misfit.says) == true, "\(error?.message ?? "")")
  }
}
