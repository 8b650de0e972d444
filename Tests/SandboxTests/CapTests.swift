// Every cap ends its call with its own fault, and the fault names the key of the manifest.
import EventLoop
import Sandbox
import Testing

@Suite("Caps", .timeLimit(.minutes(1)))
struct CapTests {
  private func fault(_ guest: String, _ limits: CallLimits, request: [UInt8] = []) async throws -> Fault? {
    try await withSandbox { try await $0.run(guest, limits: limits, request: request) }.fault
  }

  @Test func growingToTheCapAndTrappingIsOutOfMemory() async throws {
    // As malloc does it: grow until −1, then abort.
    let guest = reactor("(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable")
    let fault = try await fault(guest, CallLimits(memoryBytes: 1 << 20))
    #expect(fault?.kind == .memoryLimit)
    #expect(fault?.message.contains("limits.memory") == true)
    #expect(fault?.message.contains("1MiB of its cap of 1MiB") == true)
  }

  @Test func aGrowthPastTheCapAnswersMinusOneAndTheCallGoesOn() async throws {
    let guest = Guests.answering("(memory.grow (i32.const 64))")
    let outcome = try await withSandbox { try await $0.run(guest, limits: CallLimits(memoryBytes: 1 << 20)) }
    #expect(outcome.number == -1)
  }

  @Test func theCapIsExactToThePage() async throws {
    // 16 pages are the cap: 15 more than the one there is fit, 16 do not.
    for (pages, expected) in [(15, Int32(1)), (16, -1)] {
      let guest = Guests.answering("(memory.grow (i32.const \(pages)))")
      let outcome = try await withSandbox { try await $0.run(guest, limits: CallLimits(memoryBytes: 1 << 20)) }
      #expect(outcome.number == expected)
    }
  }

  @Test func aTrapFarFromTheCapIsATrap() async throws {
    let fault = try await fault(reactor("unreachable"), CallLimits(memoryBytes: 16 << 20))
    #expect(fault?.kind == .trap)
    #expect(fault?.message.contains("unreachable") == true)
  }

  @Test func recursionAndArithmeticAreTrapsEvenAtTheCap() async throws {
    let full = "(drop (memory.grow (i32.const 15)))"
    let down = reactor("\(full) (call $down) \(Guests.done)", rest: "(func $down (call $down) (call $down))")
    #expect(try await fault(down, CallLimits(memoryBytes: 1 << 20))?.kind == .trap)
    let divide = reactor("\(full) (drop (i32.div_u (i32.const 1) (i32.const 0))) \(Guests.done)")
    #expect(try await fault(divide, CallLimits(memoryBytes: 1 << 20))?.kind == .trap)
  }

  @Test func aPageOrATenthLeftDecides() async throws {
    // Of 16 MiB, 1.6 MiB is a tenth: 25 pages left are less, 26 are more.
    for (pages, kind) in [(256 - 1 - 25, Fault.Kind.memoryLimit), (256 - 1 - 26, .trap)] {
      let guest = reactor("(drop (memory.grow (i32.const \(pages)))) unreachable")
      #expect(try await fault(guest, CallLimits(memoryBytes: 16 << 20))?.kind == kind, "\(pages)")
    }
  }

  @Test func anSDKThatReportsAFailedAllocationMakesItAMemoryFault() async throws {
    let guest = reactor(
      "(call $log (i32.const 16) (i32.const 0) (i32.const 0)) unreachable",
      imports: "(import \"atoll:log\" \"write\" (func $log (param i32 i32 i32)))")
    #expect(try await fault(guest, CallLimits())?.kind == .memoryLimit)
  }

  @Test func aCommandThatExitsBadlyAtItsCapIsOutOfMemory() async throws {
    let guest = command(
      "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (call $proc_exit (i32.const 1))")
    #expect(try await fault(guest, CallLimits(memoryBytes: 1 << 20))?.kind == .memoryLimit)
  }

  @Test func fillingAllOfTheMemoryIsChargedAndBound() async throws {
    let guest = reactor(
      """
      (drop (memory.grow (i32.const 250)))
      (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 16000000)) (br $l)) \(Guests.done)
      """)
    let fault = try await fault(guest, CallLimits(cpuMilliseconds: 20))
    #expect(fault?.kind == .cpuLimit)
  }

  @Test func anEndlessLoopUsesUpItsProcessorTime() async throws {
    let ledger = CallLedger()
    let outcome = try await withSandbox {
      try await $0.run(
        reactor("(loop $l (br $l)) \(Guests.done)"), limits: CallLimits(cpuMilliseconds: 20), ledger: ledger)
    }
    #expect(outcome.fault?.kind == .cpuLimit)
    #expect(outcome.fault?.message.contains("limits.cpu_ms") == true)
    #expect(ledger.use.cpuNanoseconds >= 20_000_000)
    #expect(ledger.use.cpuNanoseconds < 200_000_000)
  }

  @Test func sleepingCostsNoProcessorTime() async throws {
    let outcome = try await withSandbox {
      try await $0.run(Guests.sleeper(120), limits: CallLimits(cpuMilliseconds: 10))
    }
    #expect(outcome.answer == [])
  }

  @Test func sleepingPastTheWallLimitEndsTheCallThen() async throws {
    let start = now()
    let fault = try await fault(Guests.sleeper(60_000), CallLimits(wallMilliseconds: 40))
    #expect(fault?.kind == .wallLimit)
    #expect(fault?.message.contains("limits.wall_ms") == true)
    #expect(elapsedMilliseconds(since: start) < 20_000)
  }

  @Test func manyShortSleepsAreBoundToo() async throws {
    let guest = reactor(
      "(loop $l (drop (call $wait (call $timer (i32.const 1)))) (br $l)) \(Guests.done)", imports: Guests.timerImports)
    // 64 handles are never dropped: past them `timer` answers −4, and `wait(−4)` that there is no such handle.
    let fault = try await fault(guest, CallLimits(wallMilliseconds: 40, hostCalls: 100_000_000))
    #expect(fault?.kind == .wallLimit || fault?.kind == .cpuLimit)
  }

  @Test func workingPastTheWallLimitEndsTheCall() async throws {
    let limits = CallLimits(cpuMilliseconds: 10_000, wallMilliseconds: 30)
    #expect(try await fault(reactor("(loop $l (br $l)) \(Guests.done)"), limits)?.kind == .wallLimit)
  }

  @Test func anAnswerOverTheCapIsRefusedAndOneAtTheCapIsNot() async throws {
    @Sendable func guest(_ count: Int) -> String { reactor("(i64.const \(count))") }
    let fault = try await fault(guest(1001), CallLimits(outputBytes: 1000))
    #expect(fault?.kind == .outputLimit)
    #expect(fault?.message.contains("limits.output") == true)
    let outcome = try await withSandbox { try await $0.run(guest(1000), limits: CallLimits(outputBytes: 1000)) }
    #expect(outcome.answer?.count == 1000)
  }

  @Test func aCommandThatFloodsItsOutputIsEnded() async throws {
    let guest = command(
      """
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 30000))
      (loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (br $l))
      """)
    let fault = try await fault(guest, CallLimits(outputBytes: 100_000, hostCalls: 1000))
    #expect(fault?.kind == .outputLimit)
  }

  @Test func recursionEndsAsATrapThatNamesTheStack() async throws {
    let guest = reactor("(call $down) \(Guests.done)", rest: "(func $down (call $down) (call $down))")
    let ledger = CallLedger()
    let outcome = try await withSandbox { try await $0.run(guest, ledger: ledger) }
    #expect(outcome.fault?.kind == .trap)
    #expect(outcome.fault?.message.contains("call stack exhausted") == true)
    #expect(!ledger.backtrace.isEmpty)
    #expect(ledger.backtrace.count <= 8)
  }

  @Test func hostCallsAreCountedExactly() async throws {
    @Sendable func guest(_ count: Int) -> String {
      reactor(
        """
        (local $i i32)
        (loop $l (drop (call $now (i32.const 1))) (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const \(count))))) \(Guests.done)
        """, imports: "(import \"atoll:clock\" \"now\" (func $now (param i32) (result i64)))")
    }
    let allowed = try await withSandbox { try await $0.run(guest(10), limits: CallLimits(hostCalls: 10)) }
    #expect(allowed.answer == [])
    let fault = try await fault(guest(11), CallLimits(hostCalls: 10))
    #expect(fault?.kind == .hostCallLimit)
    #expect(fault?.message.contains("limits.host_calls") == true)
  }

  @Test func waitingCountsAsAHostCall() async throws {
    let guest = reactor(
      "(loop $l (drop (call $wait (i32.const -1))) (br $l)) \(Guests.done)", imports: Guests.timerImports)
    #expect(try await fault(guest, CallLimits(hostCalls: 5))?.kind == .hostCallLimit)
  }

  @Test(arguments: [
    ("(drop (i32.load (i32.const -4)))", "out of bounds memory access"),
    ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "divide by zero"),
    ("(drop (i32.trunc_f32_s (f32.const nan)))", "invalid conversion"),
    ("(call_indirect (type $v) (i32.const 0))", "indirect call type mismatch"),
    ("(call_indirect (type $v) (i32.const 1))", "null table entry"),
    ("(call_indirect (type $v) (i32.const 99))", "out of bounds table access"),
  ])
  func trapsAreNamed(_ body: String, _ words: String) async throws {
    let rest = "(type $v (func)) (table 2 2 funcref) (func $other (param i32)) (elem (i32.const 0) $other)"
    let fault = try await fault(reactor("\(body) \(Guests.done)", rest: rest), CallLimits())
    #expect(fault?.kind == .trap)
    #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "no fault")")
  }
}
