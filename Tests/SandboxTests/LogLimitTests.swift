// What guests log: bounded in bytes, lines and time, and never lost at the end.
import EventLoop
import Glibc
import Testing

@testable import Sandbox

@Suite("Log limits", .timeLimit(.minutes(1)))
struct LogLimitTests {
  /// The outcome and the lines of one call.
  private func log(
    _ guest: String, limits: CallLimits = CallLimits(cpuMilliseconds: 5000)
  ) async throws -> (outcome: CallOutcome, lines: [String], use: CallLedger.Use) {
    try await withSandbox { sandbox in
      let ledger = CallLedger()
      nonisolated(unsafe) var lines: [String] = []
      ledger.logSink = { lines.append($0.text) }
      let outcome = try await sandbox.run(guest, limits: limits, ledger: ledger)
      return (outcome, lines, ledger.use)
    }
  }

  private static let importWrite =
    "(import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))"

  /// Writes `vectors` buffers that all lie over the same `bytes` from 16384 on, and answers how much was taken.
  private static func flood(_ descriptor: Int, vectors: Int, bytes: Int, pages: Int) -> String {
    Guests.answering(
      """
      (block (result i32)
        (loop $l
          (i32.store (i32.add (i32.const 64) (i32.mul (i32.load (i32.const 0)) (i32.const 8))) (i32.const 16384))
          (i32.store (i32.add (i32.const 68) (i32.mul (i32.load (i32.const 0)) (i32.const 8))) (i32.const \(bytes)))
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (br_if $l (i32.lt_u (i32.load (i32.const 0)) (i32.const \(vectors)))))
        (drop (call $write (i32.const \(descriptor)) (i32.const 64) (i32.const \(vectors)) (i32.const 4)))
        (i32.load (i32.const 4)))
      """, imports: importWrite, pages: pages)
  }

  @Test(arguments: [1, 2])
  func aFloodOfBuffersIsAShortWrite(_ descriptor: Int) async throws {
    // 1,024 buffers of 15 MiB: 15 GiB in one call, were it taken.
    let guest = Self.flood(descriptor, vectors: 1024, bytes: 15 << 20, pages: 250)
    let (outcome, lines, use) = try await log(guest)
    #expect(outcome.number == 65536)
    // Reading 15 GiB would take seconds of the processor; what other tests take of it does not count here.
    #expect(use.cpuNanoseconds < 500_000_000)
    #expect(lines.count == 1)
  }

  @Test func whatFitsIsTakenWhole() async throws {
    #expect(try await log(Self.flood(2, vectors: 4, bytes: 16384, pages: 1)).outcome.number == 65536)
    #expect(try await log(Self.flood(2, vectors: 3, bytes: 16383, pages: 1)).outcome.number == 3 * 16383)
  }

  /// Writes so many lines of one letter with as few calls as it can.
  private static func lines(_ count: Int) -> String {
    Guests.answering(
      """
      (block (result i32)
        (loop $l
          (i32.store16 (i32.add (i32.const 1024) (i32.mul (i32.load (i32.const 0)) (i32.const 2))) (i32.const 0x0A78))
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (br_if $l (i32.lt_u (i32.load (i32.const 0)) (i32.const \(count)))))
        (i32.store (i32.const 64) (i32.const 1024)) (i32.store (i32.const 68) (i32.const \(count * 2)))
        (drop (call $write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 4)))
        (i32.load (i32.const 4)))
      """, imports: importWrite)
  }

  @Test func shortLinesAreBoundedByTheirNumber() async throws {
    let (outcome, lines, use) = try await log(Self.lines(30_000))
    #expect(outcome.number == 60_000)
    // A line costs its letter and 128 bytes more, and 65,536 are allowed.
    #expect(lines.count == 508)
    #expect(lines.allSatisfy { $0 == "x" })
    #expect(use.logBytes == 30_000)
    #expect(try await log(Self.lines(500)).lines.count == 500)
  }

  private static let textOfTwo = "(data (i32.const 1024) \"done\\0Athe end\")"

  @Test func theLastLineWithoutANewlineIsLoggedOnSuccess() async throws {
    let guest = command(
      """
      (i32.store (i32.const 64) (i32.const 1024)) (i32.store (i32.const 68) (i32.const 12))
      (drop (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 4)))
      """, rest: Self.textOfTwo)
    let (outcome, lines, use) = try await log(guest)
    #expect(outcome.answer == [])
    #expect(lines == ["done", "the end"])
    #expect(use.logBytes == 11)
  }

  @Test(arguments: ["(loop $l (br $l))", "(drop (call $wait (call $timer (i32.const 60000))))"])
  func theLastLineWithoutANewlineIsLoggedWhereALimitEndsTheCall(_ rest: String) async throws {
    let guest = reactor(
      """
      (i32.store (i32.const 64) (i32.const 1024)) (i32.store (i32.const 68) (i32.const 12))
      (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 4))) \(rest) \(Guests.done)
      """, imports: Self.importWrite + Guests.timerImports, rest: Self.textOfTwo)
    let (outcome, lines, _) = try await log(guest, limits: CallLimits(cpuMilliseconds: 500, wallMilliseconds: 30))
    #expect(outcome.fault?.kind == .wallLimit)
    #expect(lines == ["done", "the end"])
  }

  @Test func aBusyGuestWhoseTimePassedWhileOthersRanDoesNotRunAgain() async throws {
    // Computes until 300 ms have passed on the clock, then logs.
    let guest = reactor(
      """
      (local $start i64)
      (local.set $start (call $now (i32.const 1)))
      (loop $l (br_if $l (i64.lt_u (i64.sub (call $now (i32.const 1)) (local.get $start)) (i64.const 300000000))))
      (call $log (i32.const 2) (i32.const 1024) (i32.const 4)) \(Guests.done)
      """,
      imports: """
        (import "atoll:clock" "now" (func $now (param i32) (result i64)))
        (import "atoll:log" "write" (func $log (param i32 i32 i32)))
        """, rest: "(data (i32.const 1024) \"late\")")
    let (outcome, lines, wall) = try await withSandbox { sandbox in
      let limits = CallLimits(cpuMilliseconds: 5000, wallMilliseconds: 400, hostCalls: Int(Int32.max))
      let prepared = try sandbox.prepare(try program(guest, limits: limits))
      let ledger = CallLedger()
      nonisolated(unsafe) var lines: [String] = []
      ledger.logSink = { lines.append($0.text) }
      async let call = sandbox.call(prepared, request: [], ledger: ledger)
      try await sandbox.loop.sleep(milliseconds: 5)
      // The loop is held up for longer than the call may last.
      usleep(600_000)
      let outcome = await call
      return (outcome, lines, ledger.use.wallNanoseconds)
    }
    #expect(outcome.fault?.kind == .wallLimit)
    #expect(lines == [])
    #expect(wall >= 600_000_000)
  }
}
