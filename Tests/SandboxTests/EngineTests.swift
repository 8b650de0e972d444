// Engine settings that would abort the process, and the clock that sleeps.
import CWasmtime
import EventLoop
import Testing

@testable import Sandbox

@Suite("Engine", .timeLimit(.minutes(1)))
struct EngineTests {
  private func refusal(_ change: (inout EngineConfiguration) -> Void) -> SandboxError? {
    var configuration = EngineConfiguration()
    change(&configuration)
    do throws(SandboxError) { try configuration.validate() } catch { return error }
    return nil
  }

  @Test func valuesThatWouldAbortTheProcessAreRefusedByName() {
    #expect(refusal { $0.instances = 0 }?.message.contains("`instances` is 0") == true)
    #expect(refusal { $0.instances = 20_001 }?.message.contains("between 1 and 20000") == true)
    #expect(refusal { $0.maxMemoryBytes = 65535 }?.message.contains("maxMemoryBytes") == true)
    #expect(refusal { $0.maxMemoryBytes = (1 << 30) + 65536 } != nil)
    #expect(refusal { $0.linearMemoryKeepResidentBytes = -1 } != nil)
    #expect(refusal { $0.tableKeepResidentBytes = 0 } != nil)
    #expect(refusal { $0.tableElements = 0 } != nil)
    #expect(refusal { $0.maxWasmStackBytes = 0 } != nil)
    #expect(refusal { $0.asyncStackBytes = 1 << 20 }?.message.contains("asyncStackBytes") == true)
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.instances = 20_000 } == nil)
  }

  @Test func anEngineIsRefusedRatherThanAborted() {
    #expect(throws: SandboxError.self) { try Engine(EngineConfiguration(instances: 1_000_000)) }
  }

  @Test func aLimitOfAddressSpaceIsAnErrorThatSaysHowManyFit() throws {
    let configuration = EngineConfiguration(instances: 100)
    try configuration.checkAddressSpace(.max)
    try configuration.checkAddressSpace(607 << 30)
    do throws(SandboxError) {
      try configuration.checkAddressSpace(100 << 30)
      Issue.record("100 GiB are not enough for 100 instances")
    } catch {
      #expect(error.code == .badConfiguration)
      #expect(error.message.contains("ulimit -v"))
      #expect(error.message.contains("`instances` to 23 or fewer"))
    }
  }

  @Test func theEpochClockSleepsWhileNoGuestRunsAndWakesForOne() async throws {
    let engine = try Engine(EngineConfiguration(instances: 2))
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let busy = try Program(
      module: store.load(wasm(reactor("(loop $l (br $l)) \(Guests.done)"))).0,
      limits: CallLimits(cpuMilliseconds: 20), name: "busy")
    try await withSandbox(engine: engine) { sandbox in
      try? await sandbox.loop.sleep(milliseconds: 300)
      #expect(engine.epochs.isAsleep)
      let before = engine.epochs.advances
      let prepared = try sandbox.prepare(busy)
      let outcome = await sandbox.call(prepared, request: [], ledger: CallLedger())
      #expect(outcome.fault?.kind == .cpuLimit)
      #expect(engine.epochs.advances > before)
      try? await sandbox.loop.sleep(milliseconds: 300)
      #expect(engine.epochs.isAsleep)
      let after = engine.epochs.advances
      try? await sandbox.loop.sleep(milliseconds: 50)
      #expect(engine.epochs.advances == after)
    }
  }

  @Test func shortCallsAreNotInterruptedByTheClock() async throws {
    let engine = try Engine(EngineConfiguration(instances: 2))
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let echo = try Program(module: store.load(wasm(Guests.echo)).0, limits: CallLimits(), name: "echo")
    let advances = try await withSandbox(engine: engine) { sandbox in
      let prepared = try sandbox.prepare(echo)
      let start = now()
      var calls = 0
      while elapsedMilliseconds(since: start) < 200 {
        #expect(await sandbox.call(prepared, request: [1], ledger: CallLedger()).answer == [1])
        calls += 1
      }
      #expect(calls > 100)
      return engine.epochs.advances
    }
    // A tick a millisecond would be 200; a call that the machine held up for a millisecond is one.
    #expect(advances < 100)
  }

  @Test func aMeasuredCallAnswersAndItsPhasesAddUp() async throws {
    try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.echo))
      let start = now()
      let (outcome, phases) = sandbox.measuredCall(prepared, request: [1, 2])
      let elapsed = now() - start
      #expect(outcome.answer == [1, 2])
      #expect(phases.total <= elapsed)
      #expect(phases.store > 0 && phases.instantiate > 0 && phases.call > 0 && phases.delete > 0)
      let sleeping = try sandbox.prepare(try program(Guests.sleeper(10)))
      #expect(sandbox.measuredCall(sleeping, request: []).outcome.fault?.kind == .host)
      #expect(sandbox.liveCalls == 0)
      // The cell that was left asleep is as good as new.
      #expect(await sandbox.call(prepared, request: [3], ledger: CallLedger()).answer == [3])
    }
  }

  @Test func sha256IsSHA256() {
    #expect(SHA256.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hex(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let bytes = [UInt8](repeating: 0x61, count: 1_000_000)
    #expect(
      SHA256.hex(digest: SHA256.digest(of: bytes.span))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
