// The `atoll:` modules: handles, hostile pointers, clocks, randomness, log, progress.
import EventLoop
import Testing

@testable import Sandbox

@Suite("Host functions", .timeLimit(.minutes(1)))
struct HostFunctionTests {
  private func run(_ guest: String, limits: CallLimits = CallLimits(), request: [UInt8] = []) async throws
    -> CallOutcome
  {
    try await withSandbox { try await $0.run(guest, limits: limits, request: request) }
  }

  @Test(arguments: [65533, 65536, -1, -4, 0x7FFF_FFFF])
  func aRequestThatDoesNotFitIsATrapOfTheGuest(_ pointer: Int) async throws {
    let outcome = try await run(
      reactor("(call $request (i32.const \(pointer))) \(Guests.done)"), request: [1, 2, 3, 4])
    #expect(outcome.fault?.kind == .trap)
    #expect(outcome.fault?.message.contains("atoll:io.request") == true)
  }

  @Test(arguments: [-1, 0, 1, 65532, 65536, 0x7FFF_FFFF, -0x8000_0000])
  func noHostFunctionFallsForHostileArguments(_ value: Int) async throws {
    let limits = CallLimits(cpuMilliseconds: 2000, wallMilliseconds: 30, hostCalls: 100)
    for function in HostFunction.all {
      let names = function.type.parameters.map { $0 == 0x7E ? "i64" : "i32" }
      let results = function.type.results.map { $0 == 0x7E ? "(result i64)" : "(result i32)" }.joined()
      let arguments = names.map { "(\($0).const \(value))" }.joined(separator: " ")
      let call = "(call $f \(arguments))"
      let guest = reactor(
        "\(results.isEmpty ? call : "(drop \(call))") \(Guests.done)",
        imports:
          "(import \"\(function.module)\" \"\(function.name)\" (func $f (param \(names.joined(separator: " "))) \(results)))"
      )
      let program = try program(guest, limits: limits, grants: .all)
      let outcome = try await withSandbox {
        await $0.call(try $0.prepare(program), request: [1, 2, 3], ledger: CallLedger())
      }
      switch outcome {
      case .answered(let answer): #expect(answer == [])
      case .exited(let status, _): #expect(function.name == "proc_exit" && status == Int32(truncatingIfNeeded: value))
      case .fault(let fault):
        #expect(fault.kind == .trap || fault.kind == .wallLimit, "\(function.module).\(function.name): \(fault)")
      }
    }
  }

  @Test func aRequestThatJustFitsIsWritten() async throws {
    let outcome = try await run(
      reactor("(call $request (i32.const 65532)) (i64.or (i64.shl (i64.const 65532) (i64.const 32)) (i64.const 4))"),
      request: [1, 2, 3, 4])
    #expect(outcome.answer == [1, 2, 3, 4])
  }

  @Test func memoryThatGrewIsSeenAtItsNewSize() async throws {
    let outcome = try await run(
      reactor(
        """
        (call $request (i32.const 0)) (drop (memory.grow (i32.const 1))) (call $request (i32.const 131068))
        (i64.or (i64.shl (i64.const 131068) (i64.const 32)) (i64.const 4))
        """), request: [9, 8, 7, 6])
    #expect(outcome.answer == [9, 8, 7, 6])
  }

  @Test(arguments: [
    "(i64.const -1)",
    "(i64.or (i64.shl (i64.const 65535) (i64.const 32)) (i64.const 2))",
    "(i64.or (i64.shl (i64.const 0xFFFFFFFF) (i64.const 32)) (i64.const 1))",
  ])
  func anAnswerOutsideOfMemoryIsATrapOfTheGuest(_ answer: String) async throws {
    let outcome = try await run(reactor(answer), limits: CallLimits(outputBytes: Int(Int32.max)))
    #expect(outcome.fault?.kind == .trap || outcome.fault?.kind == .outputLimit)
    #expect(outcome.answer == nil)
  }

  @Test func anEmptyAnswerAtTheVeryEndOfMemoryIsAnAnswer() async throws {
    #expect(try await run(reactor("(i64.shl (i64.const 65536) (i64.const 32))")).answer == [])
  }

  @Test(arguments: [
    ("atoll:random", "fill", "i32 i32", "(i32.const 65530) (i32.const 7)"),
    ("atoll:random", "fill", "i32 i32", "(i32.const 0) (i32.const 65537)"),
    ("atoll:random", "fill", "i32 i32", "(i32.const -1) (i32.const -1)"),
    ("atoll:log", "write", "i32 i32 i32", "(i32.const 2) (i32.const 65535) (i32.const 2)"),
    ("atoll:log", "write", "i32 i32 i32", "(i32.const 2) (i32.const 1) (i32.const -1)"),
    ("atoll:progress", "report", "i32 i32", "(i32.const 65535) (i32.const 2)"),
    ("atoll:progress", "report", "i32 i32", "(i32.const 0) (i32.const 4097)"),
  ])
  func hostilePointersAreTrapsThatNameTheFunction(
    _ module: String, _ name: String, _ types: String, _ arguments: String
  ) async throws {
    let outcome = try await run(
      reactor(
        "(call $f \(arguments)) \(Guests.done)",
        imports: "(import \"\(module)\" \"\(name)\" (func $f (param \(types))))"))
    #expect(outcome.fault?.kind == .trap)
    #expect(outcome.fault?.message.contains("\(module).\(name)") == true)
  }

  @Test(arguments: [
    ("(call $wait (i32.const -1))", Int32(-2)),
    ("(call $wait (i32.const 0))", -1),
    ("(call $wait (i32.const 99))", -1),
    ("(call $wait (i32.const -2))", -1),
    ("(block (result i32) (drop (call $timer (i32.const 100))) (call $wait (i32.const -4)))", -1),
    ("(block (result i32) (drop (call $timer (i32.const 100))) (call $wait (i32.const -2147483648)))", -1),
    ("(call $size (i32.const 0))", -1),
    ("(call $read (i32.const 0) (i32.const 0) (i32.const 8))", -1),
    ("(call $timer (i32.const 100))", 0),
    ("(block (result i32) (drop (call $timer (i32.const 100))) (call $timer (i32.const 100)))", 1),
    ("(block (result i32) (drop (call $timer (i32.const 100))) (call $size (i32.const 0)))", -3),
    (
      "(block (result i32) (drop (call $timer (i32.const 100))) (call $read (i32.const 0) (i32.const 0) (i32.const 8)))",
      -3
    ),
    ("(call $wait (call $timer (i32.const 0)))", 0),
    ("(block (result i32) (drop (call $wait (call $timer (i32.const 0)))) (call $size (i32.const 0)))", 0),
    (
      "(block (result i32) (drop (call $wait (call $timer (i32.const 0)))) (call $read (i32.const 0) (i32.const 0) (i32.const 8)))",
      0
    ),
    ("(block (result i32) (drop (call $wait (call $timer (i32.const 0)))) (call $wait (i32.const -1)))", -2),
    ("(block (result i32) (call $drop (call $timer (i32.const 100))) (call $wait (i32.const 0)))", -1),
    ("(block (result i32) (call $drop (call $timer (i32.const 100))) (call $wait (i32.const -1)))", -2),
    ("(block (result i32) (call $drop (call $timer (i32.const 100))) (call $timer (i32.const 100)))", 0),
  ])
  func handlesAnswerAsDocumented(_ expression: String, _ expected: Int32) async throws {
    let outcome = try await run(Guests.answering(expression, imports: Guests.timerImports))
    #expect(outcome.number == expected, "\(expression)")
  }

  @Test func theSixtyFifthHandleIsRefused() async throws {
    func guest(_ count: Int) -> String {
      Guests.answering(
        """
        (block (result i32) (loop $l (i32.store (i32.const 16) (call $timer (i32.const 1000)))
          (i32.store (i32.const 20) (i32.add (i32.load (i32.const 20)) (i32.const 1)))
          (br_if $l (i32.lt_u (i32.load (i32.const 20)) (i32.const \(count))))) (i32.load (i32.const 16)))
        """, imports: Guests.timerImports)
    }
    let limits = CallLimits(hostCalls: 1000)
    #expect(try await run(guest(64), limits: limits).number == 63)
    #expect(try await run(guest(65), limits: limits).number == -4)
  }

  @Test func anyIsAnsweredInTheOrderInWhichTheyEnd() async throws {
    // Timers of 30, 10 and 20 ms: the handles come as 1, 2, 0.
    let guest = Guests.answering(
      """
      (block (result i32) (drop (call $timer (i32.const 30))) (drop (call $timer (i32.const 10)))
        (drop (call $timer (i32.const 20)))
        (i32.add (i32.mul (call $wait (i32.const -1)) (i32.const 100))
          (i32.add (i32.mul (call $wait (i32.const -1)) (i32.const 10)) (call $wait (i32.const -1)))))
      """, imports: Guests.timerImports)
    #expect(try await run(guest).number == 120)
  }

  @Test func timeAndRandomnessComeThroughThePort() async throws {
    let clock = HostClock(realtime: { 1234 }, monotonic: { 77 })
    let random = HostRandom { $0.initializeMemory(as: UInt8.self, repeating: 0xAB) }
    let guest = Guests.answering(
      """
      (block (result i32) (call $fill (i32.const 16) (i32.const 1))
        (i32.add (i32.load (i32.const 16))
          (i32.add (i32.wrap_i64 (call $now (i32.const 0))) (i32.wrap_i64 (call $now (i32.const 1))))))
      """,
      imports: """
        (import "atoll:clock" "now" (func $now (param i32) (result i64)))
        (import "atoll:random" "fill" (func $fill (param i32 i32)))
        """)
    let number = try await withSandbox(clock: clock, random: random) { try await $0.run(guest).number }
    #expect(number == Int32(0xAB + 1234 + 77))
  }

  @Test func anUnknownClockAnswersMinusOne() async throws {
    let guest = Guests.answering(
      "(i32.wrap_i64 (call $now (i32.const 2)))",
      imports: "(import \"atoll:clock\" \"now\" (func $now (param i32) (result i64)))")
    #expect(try await run(guest).number == -1)
  }

  @Test func theSystemsRandomnessIsNeverGivenOutTwice() throws {
    let random = HostRandom.system
    var seen = Set<[UInt8]>()
    for count in [16, 16, 500, 16, 4000, 1024, 16] {
      var bytes = [UInt8](repeating: 0, count: count)
      for _ in 0..<50 {
        bytes.withUnsafeMutableBytes { random.fill($0) }
        #expect(seen.insert(bytes).inserted)
      }
    }
  }

  @Test func linesReachTheLogWithTheirLevelAndInBounds() async throws {
    let guest = reactor(
      """
      (call $log (i32.const 4) (i32.const 64) (i32.const 2)) (call $log (i32.const 99) (i32.const 64) (i32.const 2))
      (loop $l (call $log (i32.const 2) (i32.const 0) (i32.const 20000)) (br_if $l (i32.lt_u (call $bump) (i32.const 20))))
      \(Guests.done)
      """, imports: "(import \"atoll:log\" \"write\" (func $log (param i32 i32 i32)))",
      rest: """
        (data (i32.const 64) "hi") (global $n (mut i32) (i32.const 0))
        (func $bump (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
        """)
    let (lines, use) = try await withSandbox { sandbox in
      let ledger = CallLedger()
      nonisolated(unsafe) var lines: [GuestLogLine] = []
      ledger.logSink = { lines.append($0) }
      _ = try await sandbox.run(guest, ledger: ledger)
      return (lines, ledger.use)
    }
    #expect(lines.first == GuestLogLine(level: .warning, source: .log, text: "hi"))
    #expect(lines.dropFirst().first?.level == .critical)
    #expect(lines.allSatisfy { $0.text.utf8.count <= 8192 })
    #expect(lines.reduce(0) { $0 + $1.text.utf8.count } <= 65536)
    #expect(use.logBytes == 4 + 20 * 20000)
  }

  @Test func progressGoesToWhoeverAskedForItAndElseNowhere() async throws {
    let guest = reactor(
      "(call $report (i32.const 64) (i32.const 2)) \(Guests.done)",
      imports: "(import \"atoll:progress\" \"report\" (func $report (param i32 i32)))",
      rest: "(data (i32.const 64) \"{}\")")
    let reports = try await withSandbox { sandbox in
      let ledger = CallLedger()
      nonisolated(unsafe) var reports: [[UInt8]] = []
      ledger.progressSink = { reports.append($0) }
      let asked = try await sandbox.run(guest, ledger: ledger)
      let unasked = try await sandbox.run(guest)
      #expect(asked.answer == [] && unasked.answer == [])
      return reports
    }
    #expect(reports == [Array("{}".utf8)])
  }

  @Test func whatTheGuestLeftInFlightIsCancelledInTheLedger() async throws {
    let ledger = try await withSandbox { sandbox in
      let ledger = CallLedger()
      _ = try await sandbox.run(
        reactor("(drop (call $timer (i32.const 60000))) \(Guests.done)", imports: Guests.timerImports), ledger: ledger)
      return ledger
    }
    #expect(ledger.operations.map(\.outcome) == [.cancelled])
    #expect(ledger.operations.first?.completionOrder == nil)
  }
}
