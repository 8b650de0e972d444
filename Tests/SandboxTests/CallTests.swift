// One call, one instance: answers, isolation, sleeping, cancelling, fairness.
import CWasmtime
import EventLoop
import Sandbox
import Synchronization
import Testing

@Suite("Calls", .timeLimit(.minutes(1)))
struct CallTests {
  @Test func aReactorAnswersWithItsOwnBytes() async throws {
    let outcome = try await withSandbox { try await $0.run(Guests.echo, request: Array("hello".utf8)) }
    #expect(outcome.text == "hello")
  }

  @Test func aGuestThatNeverReadsItsRequestAnswersAllTheSame() async throws {
    let outcome = try await withSandbox {
      try await $0.run(reactor(Guests.done), request: Array(repeating: 7, count: 9999))
    }
    #expect(outcome.answer == [])
  }

  @Test func aSecondCallSeesFreshMemory() async throws {
    let guest = Guests.answering(
      "(block (result i32) (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1))) (i32.load (i32.const 512)))"
    )
    let numbers = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(guest))
      var numbers: [Int32?] = []
      for _ in 0..<5 { numbers.append(await sandbox.call(prepared, request: [], ledger: CallLedger()).number) }
      return numbers
    }
    #expect(numbers == [1, 1, 1, 1, 1])
  }

  @Test func aCallSeesNothingOfTheSecretOfAnotherWorkersCall() async throws {
    let writer = reactor("(memory.fill (i32.const 0) (i32.const 83) (i32.const 65536)) \(Guests.done)")
    let reader = reactor("(i64.or (i64.shl (i64.const 0) (i64.const 32)) (i64.const 65536))")
    let bytes = try await withSandbox { sandbox in
      let secret = try sandbox.prepare(try program(writer))
      let looking = try sandbox.prepare(try program(reader))
      var seen = Set<UInt8>()
      for _ in 0..<20 {
        _ = await sandbox.call(secret, request: [], ledger: CallLedger())
        seen.formUnion(await sandbox.call(looking, request: [], ledger: CallLedger()).answer ?? [83])
      }
      return seen
    }
    #expect(bytes == [0])
  }

  @Test func twoSleepersSleepSideBySideWhileTheLoopGoesOn() async throws {
    let (elapsed, ticks) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.sleeper(400)))
      let ticks = Mutex(0)
      let timer = sandbox.loop.timer(afterMilliseconds: 5, repeatMilliseconds: 5) { ticks.withLock { $0 += 1 } }
      let start = now()
      async let first = sandbox.call(prepared, request: [], ledger: CallLedger())
      async let second = sandbox.call(prepared, request: [], ledger: CallLedger())
      let outcomes = await [first, second]
      let elapsed = elapsedMilliseconds(since: start)
      timer.cancel()
      #expect(outcomes.allSatisfy { $0.answer == [] })
      return (elapsed, ticks.withLock { $0 })
    }
    #expect(elapsed >= 400)
    #expect(elapsed < 790, "they slept one after the other")
    #expect(ticks >= 4, "the loop stood still")
  }

  @Test func aCallMayHaveLessTimeThanItsProgram() async throws {
    let (outcomes, elapsed) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.sleeper(2_000)))
      let short = try sandbox.prepare(try program(Guests.sleeper(20)))
      let start = now()
      let outcomes = [
        await sandbox.call(prepared, request: [], ledger: CallLedger(), within: 50_000_000),
        await sandbox.call(short, request: [], ledger: CallLedger(), within: 1_000_000_000),
        await sandbox.call(short, request: [], ledger: CallLedger(), within: 0),
        await sandbox.call(short, request: [], ledger: CallLedger()),
      ]
      return (outcomes, elapsedMilliseconds(since: start))
    }
    for index in [0, 2] {
      guard case .fault(let fault) = outcomes[index] else {
        Issue.record("call \(index) ended with \(outcomes[index])")
        continue
      }
      #expect(fault.kind == .wallLimit && fault.message.contains("left of `limits.wall_ms`"), "\(fault.message)")
    }
    #expect(outcomes[1].answer == [] && outcomes[3].answer == [])
    #expect(elapsed < 1_500)
  }

  @Test func aHundredSleepersShareTheLoop() async throws {
    let elapsed = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.sleeper(100)))
      let start = now()
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<100 {
          group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()).answer == [] }
        }
        for await isFine in group { #expect(isFine) }
      }
      #expect(sandbox.liveCalls == 0)
      return elapsedMilliseconds(since: start)
    }
    #expect(elapsed >= 100)
    #expect(elapsed < 5000)
  }

  @Test func aCancelledSleeperEndsAtOnce() async throws {
    let (outcome, elapsed) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.sleeper(60_000)))
      let start = now()
      let outcome = await withTaskGroup(of: CallOutcome.self) { group in
        group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()) }
        try? await sandbox.loop.sleep(milliseconds: 20)
        group.cancelAll()
        return await group.next()!
      }
      #expect(sandbox.liveCalls == 0)
      return (outcome, elapsedMilliseconds(since: start))
    }
    #expect(outcome.fault?.kind == .cancelled)
    #expect(elapsed < 20_000)
  }

  @Test func aCancelledBusyGuestEndsAtItsNextYield() async throws {
    let limits = CallLimits(cpuMilliseconds: 50_000, wallMilliseconds: 50_000)
    let (outcome, elapsed) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(reactor("(loop $l (br $l)) \(Guests.done)"), limits: limits))
      let start = now()
      let outcome = await withTaskGroup(of: CallOutcome.self) { group in
        group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()) }
        try? await sandbox.loop.sleep(milliseconds: 20)
        group.cancelAll()
        return await group.next()!
      }
      return (outcome, elapsedMilliseconds(since: start))
    }
    #expect(outcome.fault?.kind == .cancelled)
    #expect(elapsed < 20_000)
  }

  @Test func busyGuestsLeaveTheLoopToShortCalls() async throws {
    let limits = CallLimits(cpuMilliseconds: 400, wallMilliseconds: 20_000)
    let slowest = try await withSandbox { sandbox in
      let busy = try sandbox.prepare(try program(reactor("(loop $l (br $l)) \(Guests.done)"), limits: limits))
      let short = try sandbox.prepare(try program(Guests.echo))
      return await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { _ = await sandbox.call(busy, request: [], ledger: CallLedger()) } }
        var slowest = 0.0
        for _ in 0..<100 {
          try? await sandbox.loop.sleep(milliseconds: 2)
          let start = now()
          let outcome = await sandbox.call(short, request: [1], ledger: CallLedger())
          #expect(outcome.answer == [1])
          slowest = max(slowest, elapsedMilliseconds(since: start))
        }
        return slowest
      }
    }
    #expect(slowest < 500)
  }

  @Test func callsRunInOneTurnWhileNobodySleeps() async throws {
    // A call that ends in its first poll must not suspend its task: nothing else on the loop runs in between. On a busy
    // machine the tick of the epoch may fall into a call and make it yield, but not into every one.
    let orders = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(Guests.echo))
      var orders: [[String]] = []
      for _ in 0..<20 {
        let log = Mutex<[String]>([])
        sandbox.loop.execute { log.withLock { $0.append("turn") } }
        for _ in 0..<3 {
          _ = await sandbox.call(prepared, request: [1], ledger: CallLedger())
          log.withLock { $0.append("call") }
        }
        try? await sandbox.loop.sleep(milliseconds: 1)
        orders.append(log.withLock { $0 })
      }
      return orders
    }
    #expect(orders.contains(["call", "call", "call", "turn"]))
  }

  @Test func theLedgerSaysWhatWasUsed() async throws {
    let ledger = try await withSandbox { sandbox in
      let ledger = CallLedger()
      _ = try await sandbox.run(Guests.sleeper(30), ledger: ledger)
      return ledger
    }
    #expect(ledger.use.hostCalls == 2)
    #expect(ledger.use.memoryBytes == 65536)
    #expect(ledger.use.wallNanoseconds >= 30_000_000)
    #expect(ledger.use.cpuNanoseconds < 20_000_000)
    #expect(ledger.operations.count == 1)
    #expect(ledger.operations.first?.target == "timer")
    #expect(ledger.operations.first?.effect == .read)
    #expect(ledger.operations.first?.outcome == .completed)
    #expect(ledger.operations.first?.completionOrder == 0)
  }

  @Test func anInstancePastThePoolIsOverloadedAndNotAnAbort() async throws {
    let engine = try Engine(EngineConfiguration(instances: 2))
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let sleeping = try Program(module: store.load(wasm(Guests.sleeper(60))).0, limits: CallLimits(), name: "sleeper")
    let kinds = try await withSandbox(engine: engine) { sandbox in
      let prepared = try sandbox.prepare(sleeping)
      return await withTaskGroup(of: Fault.Kind?.self) { group in
        for _ in 0..<3 {
          group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()).fault?.kind }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(kinds.count == 3)
    #expect(kinds.count { $0 == .overloaded } == 1)
    #expect(kinds.count { $0 == nil } == 2)
  }

  @Test func aStartSectionRunsUnderTheSameCaps() async throws {
    let guest = """
      (module (memory (export "memory") 1) (global (export "atoll_abi") i32 (i32.const 1))
        (func $start (loop $l (br $l))) (start $start)
        (func (export "atoll_call") (param i32) (result i64) (i64.const 0)))
      """
    let outcome = try await withSandbox { try await $0.run(guest, limits: CallLimits(cpuMilliseconds: 5)) }
    #expect(outcome.fault?.kind == .cpuLimit)
  }

  @Test func aStartSectionMaySleep() async throws {
    let guest = """
      (module \(Guests.timerImports) (memory (export "memory") 1) (global (export "atoll_abi") i32 (i32.const 1))
        (func $start (drop (call $wait (call $timer (i32.const 20)))) (i32.store (i32.const 8) (i32.const 7)))
        (start $start)
        (func (export "atoll_call") (param i32) (result i64) (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 4))))
      """
    let ledger = CallLedger()
    let outcome = try await withSandbox { try await $0.run(guest, ledger: ledger) }
    #expect(outcome.number == 7)
    #expect(ledger.use.wallNanoseconds >= 20_000_000)
  }

  @Test func twoLoopsRunTheSameProgramAtOnce() async throws {
    let program = try program(Guests.echo)
    async let counts = withTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          (try? await withSandbox { sandbox in
            let prepared = try sandbox.prepare(program)
            var count = 0
            for index in 0..<500 {
              let request = [UInt8(index & 255)]
              if await sandbox.call(prepared, request: request, ledger: CallLedger()).answer == request { count += 1 }
            }
            return count
          }) ?? 0
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(await counts == [500, 500])
  }

  @Test func manyBusyCallsThatComeTogetherLeaveTheLoopToIO() async throws {
    let limits = CallLimits(cpuMilliseconds: 20, wallMilliseconds: 60_000)
    let (used, kinds) = try await withSandbox { sandbox in
      let prepared = try sandbox.prepare(try program(reactor("(loop $l (br $l)) \(Guests.done)"), limits: limits))
      let before = atoll_thread_cpu_nanoseconds()
      // All are started in one turn, as from one read of many pipelined requests.
      let kinds = Kinds()
      for _ in 0..<20 {
        sandbox.loop.spawn {
          kinds.add(await sandbox.call(prepared, request: [], ledger: CallLedger()).fault?.kind)
        }
      }
      let used = atoll_thread_cpu_nanoseconds() - before
      while kinds.all.count < 20 { try? await sandbox.loop.sleep(milliseconds: 5) }
      return (used, kinds.all)
    }
    // A millisecond each would be 20: the first ones have the turn's share, the others wait.
    #expect(used < 10_000_000)
    #expect(kinds.allSatisfy { $0 == .cpuLimit })
  }

  @Test func cancelAllEndsSleepersAndBusyGuests() async throws {
    let limits = CallLimits(cpuMilliseconds: 50_000, wallMilliseconds: 50_000)
    let kinds = try await withSandbox { sandbox in
      let busy = try sandbox.prepare(try program(reactor("(loop $l (br $l)) \(Guests.done)"), limits: limits))
      let asleep = try sandbox.prepare(try program(Guests.sleeper(40_000), limits: limits))
      return await withTaskGroup(of: Fault.Kind?.self) { group in
        for prepared in [busy, asleep, busy, asleep] {
          group.addTask { await sandbox.call(prepared, request: [], ledger: CallLedger()).fault?.kind }
        }
        try? await sandbox.loop.sleep(milliseconds: 20)
        sandbox.cancelAll()
        return await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(kinds == [.cancelled, .cancelled, .cancelled, .cancelled])
  }

  @Test func anInitializeThatWasKeptRunsBeforeEachCall() async throws {
    let guest = reactor(
      "(i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 4))",
      rest: "(func (export \"_initialize\") (i32.store (i32.const 8) (i32.const 42)))")
    let outcome = try await withSandbox { try await $0.run(guest) }
    #expect(outcome.number == 42)
  }
}

/// Collects what calls of one loop end with.
private final class Kinds: Sendable {
  private let list = Mutex<[Fault.Kind?]>([])
  func add(_ kind: Fault.Kind?) { list.withLock { $0.append(kind) } }
  var all: [Fault.Kind?] { list.withLock { $0 } }
}
