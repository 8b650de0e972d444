// WASI commands: standard streams, exit codes, sleeping, and what preview 1 answers.
import EventLoop
import Testing

@testable import Sandbox

@Suite("Commands", .timeLimit(.minutes(1)))
struct CommandTests {
  /// Reads all of standard input in pieces of 7 bytes and writes each to standard output.
  private static let cat = command(
    """
    (block $end (loop $l
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 7))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
      (br_if $end (i32.eqz (i32.load (i32.const 16))))
      (i32.store (i32.const 4) (i32.load (i32.const 16)))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
      (br $l)))
    """)

  private static func writing(_ text: String, to descriptor: Int, then rest: String = "") -> String {
    command(
      """
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const \(text.utf8.count)))
      (drop (call $fd_write (i32.const \(descriptor)) (i32.const 0) (i32.const 1) (i32.const 16))) \(rest)
      """, rest: "(data (i32.const 64) \"\(text.utf8.map { "\\" + SHA256.hex(digest: [$0]) }.joined())\")")
  }

  @Test func standardInputIsTheRequestAndStandardOutputTheAnswer() async throws {
    let outcome = try await withSandbox {
      try await $0.run(Self.cat, request: Array("{\"text\":\"ten words\"}".utf8))
    }
    #expect(outcome.text == "{\"text\":\"ten words\"}")
  }

  @Test func returningFromStartIsExitCodeZero() async throws {
    #expect(try await withSandbox { try await $0.run(command("")) }.answer == [])
  }

  @Test func exitingWithZeroAnswers() async throws {
    let guest = Self.writing("done", to: 1, then: "(call $proc_exit (i32.const 0)) unreachable")
    #expect(try await withSandbox { try await $0.run(guest) }.text == "done")
  }

  @Test func anotherExitCodeComesWithTheLastLineOfStandardError() async throws {
    let guest = Self.writing("warming up\nno such city\n", to: 2, then: "(call $proc_exit (i32.const 3))")
    let outcome = try await withSandbox { try await $0.run(guest) }
    guard case .exited(let status, let line) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(status == 3)
    #expect(line == "no such city")
  }

  @Test func aLastLineWithoutANewlineIsALineToo() async throws {
    let guest = Self.writing("first\nsecond", to: 2, then: "(call $proc_exit (i32.const 1))")
    let outcome = try await withSandbox { try await $0.run(guest) }
    guard case .exited(_, let line) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(line == "second")
  }

  @Test func standardErrorReachesTheLogLineByLine() async throws {
    let lines = try await withSandbox { sandbox in
      let ledger = CallLedger()
      nonisolated(unsafe) var lines: [GuestLogLine] = []
      ledger.logSink = { lines.append($0) }
      _ = try await sandbox.run(Self.writing("one\r\ntwo\n", to: 2), ledger: ledger)
      return lines
    }
    #expect(lines.map(\.text) == ["one", "two"])
    #expect(lines.allSatisfy { $0.source == .stderr })
  }

  @Test func oneWriteToTheLogTakesABoundedPart() async throws {
    // A thousand vectors over the same 16 MiB: 16 GiB to look through, if it were let.
    let guest = Guests.answering(
      """
      (block (result i32) (drop (memory.grow (i32.const 254)))
        (loop $l
          (i32.store (i32.add (i32.const 8192) (i32.mul (global.get $n) (i32.const 8))) (i32.const 0))
          (i32.store (i32.add (i32.const 8196) (i32.mul (global.get $n) (i32.const 8))) (i32.const 16000000))
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (br_if $l (i32.lt_u (global.get $n) (i32.const 1000))))
        (drop (call $write (i32.const 2) (i32.const 8192) (i32.const 1000) (i32.const 16)))
        (i32.load (i32.const 16)))
      """,
      imports: "(import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))",
      rest: "(global $n (mut i32) (i32.const 0))")
    let outcome = try await withSandbox { try await $0.run(guest) }
    #expect(outcome.number == 65536)
  }

  @Test func aTrapInACommandIsATrap() async throws {
    let outcome = try await withSandbox { try await $0.run(command("unreachable")) }
    #expect(outcome.fault?.kind == .trap)
  }

  /// What one preview 1 function answers, as a reactor.
  private func answer(_ name: String, _ types: String, _ arguments: String) async throws -> Int32? {
    let guest = Guests.answering(
      "(call $f \(arguments))",
      imports: "(import \"wasi_snapshot_preview1\" \"\(name)\" (func $f (param \(types)) (result i32)))")
    return try await withSandbox { try await $0.run(guest) }.number
  }

  @Test(arguments: [
    ("fd_prestat_get", "i32 i32", "(i32.const 3) (i32.const 0)", Int32(8)),
    ("fd_prestat_dir_name", "i32 i32 i32", "(i32.const 3) (i32.const 0) (i32.const 4)", 8),
    ("fd_close", "i32", "(i32.const 1)", 0),
    ("fd_close", "i32", "(i32.const 4)", 8),
    ("fd_seek", "i32 i64 i32 i32", "(i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)", 70),
    ("fd_seek", "i32 i64 i32 i32", "(i32.const 9) (i64.const 0) (i32.const 0) (i32.const 0)", 8),
    ("fd_tell", "i32 i32", "(i32.const 0) (i32.const 0)", 70),
    ("fd_fdstat_get", "i32 i32", "(i32.const 1) (i32.const 0)", 0),
    ("fd_fdstat_get", "i32 i32", "(i32.const 5) (i32.const 0)", 8),
    ("fd_fdstat_get", "i32 i32", "(i32.const 1) (i32.const 65520)", 21),
    ("args_sizes_get", "i32 i32", "(i32.const 0) (i32.const 4)", 0),
    ("environ_sizes_get", "i32 i32", "(i32.const 0) (i32.const 4)", 0),
    ("environ_sizes_get", "i32 i32", "(i32.const -2) (i32.const 4)", 21),
    ("args_get", "i32 i32", "(i32.const 0) (i32.const 4)", 0),
    ("environ_get", "i32 i32", "(i32.const 0) (i32.const 4)", 0),
    ("clock_res_get", "i32 i32", "(i32.const 0) (i32.const 0)", 0),
    ("clock_res_get", "i32 i32", "(i32.const 2) (i32.const 0)", 28),
    ("clock_time_get", "i32 i64 i32", "(i32.const 1) (i64.const 0) (i32.const 0)", 0),
    ("clock_time_get", "i32 i64 i32", "(i32.const 3) (i64.const 0) (i32.const 0)", 28),
    ("clock_time_get", "i32 i64 i32", "(i32.const 0) (i64.const 0) (i32.const 65529)", 21),
    ("random_get", "i32 i32", "(i32.const 0) (i32.const 65536)", 0),
    ("random_get", "i32 i32", "(i32.const 1) (i32.const 65536)", 21),
    ("random_get", "i32 i32", "(i32.const 0) (i32.const 65537)", 28),
    ("sched_yield", "", "", 0),
    (
      "path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32",
      "(i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0)",
      52
    ),
    ("fd_filestat_get", "i32 i32", "(i32.const 0) (i32.const 0)", 52),
    ("sock_accept", "i32 i32 i32", "(i32.const 0) (i32.const 0) (i32.const 0)", 52),
    ("fd_write", "i32 i32 i32 i32", "(i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0)", 8),
    ("fd_write", "i32 i32 i32 i32", "(i32.const 1) (i32.const -8) (i32.const 2) (i32.const 0)", 21),
    ("fd_write", "i32 i32 i32 i32", "(i32.const 1) (i32.const 0) (i32.const 1025) (i32.const 0)", 28),
    ("fd_write", "i32 i32 i32 i32", "(i32.const 1) (i32.const 0) (i32.const 0) (i32.const -1)", 21),
    ("fd_read", "i32 i32 i32 i32", "(i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)", 8),
    ("fd_read", "i32 i32 i32 i32", "(i32.const 0) (i32.const 0) (i32.const 536870912) (i32.const 0)", 28),
    ("poll_oneoff", "i32 i32 i32 i32", "(i32.const 0) (i32.const 64) (i32.const 0) (i32.const 0)", 28),
    ("poll_oneoff", "i32 i32 i32 i32", "(i32.const 0) (i32.const 64) (i32.const 65) (i32.const 0)", 28),
    ("poll_oneoff", "i32 i32 i32 i32", "(i32.const 65520) (i32.const 64) (i32.const 1) (i32.const 0)", 21),
  ])
  func preview1Answers(_ name: String, _ types: String, _ arguments: String, _ expected: Int32) async throws {
    #expect(try await answer(name, types, arguments) == expected, "\(name)")
  }

  @Test func everyFunctionOfPreview1LinksAndAnswers() async throws {
    // The ones whose answer depends on nothing may be called with any arguments: none may end the process.
    for function in HostFunction.all where function.module == HostFunction.preview1 && function.isConstant {
      let types = function.type.parameters.map { $0 == 0x7E ? "i64" : "i32" }
      let arguments = types.map { "(\($0).const -1)" }.joined(separator: " ")
      let code = try await answer(function.name, types.joined(separator: " "), arguments)
      #expect(code != nil, "\(function.name)")
    }
    #expect(HostFunction.all.count { $0.module == HostFunction.preview1 } == 46)
  }

  /// One clock subscription of so many nanoseconds, at address 128.
  private static func polling(_ nanoseconds: Int, flags: Int = 0, count: Int = 1) -> String {
    Guests.answering(
      """
      (block (result i32)
        (i64.store (i32.const 128) (i64.const 77)) (i32.store8 (i32.const 136) (i32.const 0))
        (i32.store (i32.const 144) (i32.const 1)) (i64.store (i32.const 152) (i64.const \(nanoseconds)))
        (i32.store16 (i32.const 168) (i32.const \(flags)))
        (drop (call $f (i32.const 128) (i32.const 512) (i32.const \(count)) (i32.const 600)))
        (i32.add (i32.wrap_i64 (i64.load (i32.const 512))) (i32.load (i32.const 600))))
      """, imports: "(import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $f (param i32 i32 i32 i32) (result i32)))"
    )
  }

  @Test func pollOneoffSleepsOnTheLoop() async throws {
    let (number, elapsed, ledger) = try await withSandbox { sandbox in
      let ledger = CallLedger()
      let start = now()
      let outcome = try await sandbox.run(Self.polling(40_000_000), ledger: ledger)
      return (outcome.number, elapsedMilliseconds(since: start), ledger)
    }
    // The user's data of the event, and one event.
    #expect(number == 78)
    #expect(elapsed >= 40)
    #expect(elapsed < 1000)
    #expect(ledger.operations.count == 1)
  }

  @Test func anAbsoluteTimeThatIsPastDoesNotSleep() async throws {
    let (number, elapsed) = try await withSandbox { sandbox in
      let start = now()
      return (try await sandbox.run(Self.polling(1, flags: 1)).number, elapsedMilliseconds(since: start))
    }
    #expect(number == 78)
    #expect(elapsed < 1000)
  }

  @Test func aPollForCenturiesEndsAtTheWallLimit() async throws {
    let outcome = try await withSandbox {
      try await $0.run(Self.polling(-1), limits: CallLimits(wallMilliseconds: 30))
    }
    #expect(outcome.fault?.kind == .wallLimit)
  }

  @Test func sleepingAHundredTimesHoldsNoHandles() async throws {
    let guest = Self.polling(1).replacing(
      "(drop (call $f (i32.const 128)",
      with:
        "(loop $l (drop (call $f (i32.const 128) (i32.const 512) (i32.const 1) (i32.const 600))) (i32.store (i32.const 700) (i32.add (i32.load (i32.const 700)) (i32.const 1))) (br_if $l (i32.lt_u (i32.load (i32.const 700)) (i32.const 100)))) (drop (call $f (i32.const 128)"
    )
    let outcome = try await withSandbox { try await $0.run(guest, limits: CallLimits(hostCalls: 200)) }
    #expect(outcome.number == 78)
  }

  @Test func aReactorThatExitsWithZeroHasNotAnswered() async throws {
    let guest = reactor(
      "(call $exit (i32.const 0)) unreachable",
      imports: "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))")
    let fault = try await withSandbox { try await $0.run(guest) }.fault
    #expect(fault == Fault(.trap, "the worker left with exit code 0 before it answered"))
  }

  @Test func aCommandThatExitsWithZeroBeforeItRunsHasNotAnswered() async throws {
    let guest = command("", rest: "(func $start (call $proc_exit (i32.const 0))) (start $start)")
    #expect(try await withSandbox { try await $0.run(guest) }.fault?.kind == .trap)
  }
}
