// Operations that a service carries out: grants, answers whole and in pieces, what breaks off, and the tape.
import EventLoop
import Testing

@testable import Sandbox

/// A service that does what the first byte of the request says.
private final class ScriptedServices: CallServices {
  let loop: EventLoop
  var seen: [[UInt8]] = []
  var held: [GuestOperation] = []
  var cancelled = 0
  var drained = 0

  init(loop: EventLoop) { self.loop = loop }

  func start(_ capability: Capabilities, request: [UInt8], _ operation: GuestOperation) {
    seen.append(request)
    operation.describe(.read, target: "test:\(capability.rawValue)")
    operation.onCancel { [self] in
      cancelled += 1
      return true
    }
    switch request.first {
    case UInt8(ascii: "e"): operation.complete(request)
    case UInt8(ascii: "l"):
      _ = loop.timer(afterMilliseconds: 20) { operation.complete(Array("late".utf8)) }
    case UInt8(ascii: "s"):
      operation.append(Array("he".utf8))
      operation.onDrained { [self] in
        drained += 1
        _ = loop.timer(afterMilliseconds: 5) {
          if self.drained == 1 { operation.append(Array("ad".utf8)) } else { operation.finish() }
        }
      }
    case UInt8(ascii: "b"):
      operation.append(Array("part".utf8))
      operation.breakOff(Array("reset".utf8), outcome: .failed("reset"))
    default: held.append(operation)
    }
  }
}

private let imports = """
  (import "atoll:kv" "start" (func $start (param i32 i32) (result i32)))
  (import "atoll:io" "wait" (func $wait (param i32) (result i32)))
  (import "atoll:io" "size" (func $size (param i32) (result i32)))
  (import "atoll:io" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "atoll:io" "drop" (func $drop (param i32)))
  (import "atoll:clock" "now" (func $now (param i32) (result i64)))
  (import "atoll:random" "fill" (func $fill (param i32 i32)))
  """
private let data = #"(data (i32.const 100) "elsbh") (global $h (mut i32) (i32.const 0))"#

@Suite("Call services", .timeLimit(.minutes(1)))
struct CallServicesTests {
  private func run(
    _ text: String, grants: Capabilities = .kv, limits: CallLimits = CallLimits(), tape: CallTape? = nil,
    withServices: Bool = true
  ) async throws -> (outcome: CallOutcome, operations: [HostOperation], cancelled: Int, seen: Int) {
    let program = try program(text, limits: limits, grants: grants)
    return try await withSandbox { sandbox in
      let services = ScriptedServices(loop: sandbox.loop)
      let ledger = CallLedger()
      ledger.tape = tape
      let outcome = await sandbox.call(
        try sandbox.prepare(program), request: [], ledger: ledger, services: withServices ? services : nil)
      return (outcome, ledger.operations, services.cancelled, services.seen.count)
    }
  }

  private func number(_ expression: String) -> String { Guests.answering(expression, imports: imports, rest: data) }

  @Test func anAnswerGivenAtOnceIsReadWithoutSleeping() async throws {
    let text = reactor(
      """
      (global.set $h (call $start (i32.const 100) (i32.const 1)))
      (drop (call $wait (global.get $h)))
      (drop (call $read (global.get $h) (i32.const 8) (i32.const 10)))
      (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 1))
      """, imports: imports, rest: data)
    let result = try await run(text)
    #expect(result.outcome.text == "e")
    #expect(result.operations.count == 1)
    #expect(result.operations.first?.target == "test:1")
    #expect(result.operations.first?.effect == .read)
    #expect(result.operations.first?.requestDigest == SHA256.digest(of: [UInt8(ascii: "e")]))
    #expect(result.operations.first?.outcome == .completed)
    #expect(result.operations.first?.answerBytes == 1)
  }

  @Test func aLateAnswerWakesTheGuest() async throws {
    let late = "(call $wait (call $start (i32.const 101) (i32.const 1)))"
    #expect(try await run(number(late)).outcome.number == 0)
  }

  @Test func streamedBytesAreReadAsTheyCome() async throws {
    // he, in flight, wait, ad, in flight, wait, 0: as digits of a decimal number.
    let text = number(
      """
      (global.set $h (call $wait (call $start (i32.const 102) (i32.const 1))))
      (i32.mul (call $read (global.get $h) (i32.const 200) (i32.const 9)) (i32.const 100000))
      (i32.mul (i32.sub (i32.const 0) (call $read (global.get $h) (i32.const 200) (i32.const 9))) (i32.const 10000))
      (drop (call $wait (global.get $h)))
      (i32.mul (call $read (global.get $h) (i32.const 200) (i32.const 9)) (i32.const 1000))
      (i32.mul (i32.sub (i32.const 0) (call $size (global.get $h))) (i32.const 100))
      (drop (call $read (global.get $h) (i32.const 200) (i32.const 9)))
      (drop (call $wait (i32.const -1)))
      (call $read (global.get $h) (i32.const 200) (i32.const 9))
      (i32.add) (i32.add) (i32.add) (i32.add)
      """)
    #expect(try await run(text).outcome.number == 232_300)
  }

  @Test func anAnswerThatBreaksOffSaysWhyAfterwards() async throws {
    let text = reactor(
      """
      (global.set $h (call $wait (call $start (i32.const 103) (i32.const 1))))
      (drop (call $read (global.get $h) (i32.const 8) (i32.const 100)))
      (if (i32.ne (call $size (global.get $h)) (i32.const -7)) (then unreachable))
      (if (i32.ne (call $read (global.get $h) (i32.const 200) (i32.const 100)) (i32.const -7)) (then unreachable))
      (drop (call $read (global.get $h) (i32.const 12) (i32.const 100)))
      (if (i32.ne (call $read (global.get $h) (i32.const 200) (i32.const 100)) (i32.const 0)) (then unreachable))
      (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 9))
      """, imports: imports, rest: data)
    let result = try await run(text)
    #expect(result.outcome.text == "partreset")
    #expect(result.operations.first?.outcome == .failed("reset"))
    #expect(result.operations.first?.wereBytesSent == true)
  }

  @Test func anOperationLeftBehindIsCancelledWithTheCall() async throws {
    let result = try await run(number("(call $start (i32.const 104) (i32.const 1))"))
    #expect(result.outcome.number == 0)
    #expect(result.cancelled == 1)
    #expect(result.operations.first?.outcome == .cancelled)
    #expect(result.operations.first?.wereBytesSent == true)
  }

  @Test func whatIsNotGrantedIsRefusedAtLoad() throws {
    #expect(throws: SandboxError.self) { try program(number("(i32.const 0)"), grants: [.session, .fetch]) }
  }

  @Test func aRequestOverItsLimitIsNotTaken() async throws {
    let limits = CallLimits(memoryBytes: 4 << 20)
    func text(_ count: Int) -> String {
      Guests.answering("(call $start (i32.const 100) (i32.const \(count)))", imports: imports, rest: data, pages: 40)
    }
    let bound = SandboxLimits.operationRequestBytesMax
    #expect(try await run(text(bound), limits: limits).outcome.number == 0)
    #expect(try await run(text(bound + 1), limits: limits).outcome.number == -6)
    #expect(try await run(text(5 << 20), limits: limits).outcome.fault?.kind == .trap)
  }

  /// The eighth whole mebibyte is one head too many. Nine mebibytes through a debug build take seconds on a busy machine:
  /// this is no test of time.
  @Test func answersThatNobodyReadsAreBounded() async throws {
    let text = Guests.answering(
      """
      (loop $again
        (drop (call $start (i32.const 65536) (i32.const 1048576)))
        (br_if $again (i32.lt_u (call $count) (i32.const 9))))
      (call $size (i32.const 8))
      (call $size (i32.const 7))
      (i32.add)
      """, imports: imports,
      rest: """
        (global $h (mut i32) (i32.const 0)) (data (i32.const 65536) "e")
        (func $count (result i32) (global.set $h (i32.add (global.get $h) (i32.const 1))) (global.get $h))
        """, pages: 20)
    let result = try await run(
      text, limits: CallLimits(memoryBytes: 2 << 20, cpuMilliseconds: 20_000, wallMilliseconds: 40_000))
    #expect(result.outcome.number.map { $0 > (1 << 20) && $0 < (1 << 20) + 300 } == true, "\(result.outcome)")
    #expect(result.operations.last?.outcome == .failed("too_large"))
    #expect(result.operations.dropLast().allSatisfy { $0.outcome == .completed })
  }

  @Test func aCallStartsABoundedNumberOfOperations() async throws {
    let text = Guests.answering(
      """
      (loop $again
        (global.set $h (call $start (i32.const 100) (i32.const 1)))
        (if (i32.ge_s (global.get $h) (i32.const 0)) (then (call $drop (global.get $h)) (br $again))))
      (global.get $h)
      """, imports: imports, rest: data)
    let result = try await run(text, limits: CallLimits(cpuMilliseconds: 5_000, hostCalls: 100_000))
    #expect(result.outcome.number == -4)
    #expect(result.operations.count == SandboxLimits.operationsMax)
  }

  @Test func withoutAServiceTheOperationFails() async throws {
    let result = try await run(number("(call $size (call $start (i32.const 100) (i32.const 1)))"), withServices: false)
    #expect(result.outcome.number ?? 0 > 20)
    #expect(result.operations.first?.outcome == .failed("no_service"))
  }

  // MARK: The tape

  /// Answers with random bytes, a clock, and which of two operations ended first.
  private var nosy: String {
    reactor(
      """
      (global.set $h (call $start (i32.const 101) (i32.const 1)))
      (drop (call $start (i32.const 100) (i32.const 1)))
      (call $fill (i32.const 8) (i32.const 8))
      (i64.store (i32.const 16) (call $now (i32.const 0)))
      (i32.store8 (i32.const 24) (call $wait (i32.const -1)))
      (i32.store8 (i32.const 25) (call $wait (i32.const -1)))
      (drop (call $read (global.get $h) (i32.const 26) (i32.const 4)))
      (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 22))
      """, imports: imports, rest: data)
  }

  @Test func aReplayAnswersTheSameWithTheOutsideOff() async throws {
    let tape = CallTape()
    let first = try await run(nosy, tape: tape)
    #expect(first.outcome.answer?.count == 22)
    #expect(first.outcome.answer?[16...17] == [1, 0])
    #expect(first.outcome.answer?[18...].elementsEqual("late".utf8) == true)
    #expect(tape.counts == (clock: 1, random: 1, operations: 2, events: 2))
    for _ in 0..<2 {
      let replay = tape.rewound()
      let again = try await run(nosy, tape: replay, withServices: false)
      #expect(again.outcome.answer == first.outcome.answer)
      #expect(again.seen == 0)
      #expect(replay.isAtItsEnd)
    }
  }

  @Test func aCallThatDoesSomethingElseThanItsRecordingEnds() async throws {
    let tape = CallTape()
    _ = try await run(nosy, tape: tape)
    let other = reactor(
      "(drop (call $wait (call $start (i32.const 100) (i32.const 1)))) \(Guests.done)", imports: imports, rest: data)
    let fault = try await run(other, tape: tape.rewound()).outcome.fault
    #expect(fault?.kind == .host)
    #expect(fault?.message.contains("operation 0 asks atoll:kv for something else") == true)
    let clock = reactor(
      "(drop (call $now (i32.const 0))) (drop (call $now (i32.const 0))) \(Guests.done)", imports: imports, rest: data)
    #expect(try await run(clock, tape: tape.rewound()).outcome.fault?.kind == .host)
  }

  @Test func streamsAndBreaksReplayToo() async throws {
    let text = reactor(
      """
      (global.set $h (call $wait (call $start (i32.const 102) (i32.const 1))))
      (drop (call $read (global.get $h) (i32.const 8) (i32.const 9)))
      (i32.store8 (i32.const 10) (call $read (global.get $h) (i32.const 11) (i32.const 9)))
      (drop (call $wait (global.get $h)))
      (drop (call $read (global.get $h) (i32.const 11) (i32.const 9)))
      (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 5))
      """, imports: imports, rest: data)
    let tape = CallTape()
    let first = try await run(text, tape: tape)
    #expect(first.outcome.answer?[3...].elementsEqual("ad".utf8) == true)
    #expect(try await run(text, tape: tape.rewound(), withServices: false).outcome.answer == first.outcome.answer)
  }
}
