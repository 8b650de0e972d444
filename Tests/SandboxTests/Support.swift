// What the tests of the sandbox share: WAT to bytes, one engine, a loop with its sandbox, small guests.
import CWasmtime
import EventLoop
import Synchronization
import Testing

@testable import Sandbox

struct TextError: Error { var message: String }

/// WebAssembly text to binary, by the library under test.
func wasm(_ text: String) throws -> [UInt8] {
  var binary = wasm_byte_vec_t()
  if let error = wasmtime_wat2wasm(text, text.utf8.count, &binary) {
    throw TextError(message: wasmtimeMessage(taking: error))
  }
  defer { wasm_byte_vec_delete(&binary) }
  return Array(UnsafeBufferPointer(start: binary.data, count: binary.size))
}

enum Shared {
  /// One engine for all suites: small, since slots cost start-up.
  static let engine = try! Engine(EngineConfiguration(instances: 300))
  static let store = ModuleStore(engine: engine, cacheDirectory: nil)
}

/// Runs the body on a loop of its own, with a sandbox over `engine`.
func withSandbox<Result: Sendable>(
  engine: Engine = Shared.engine, clock: HostClock = .system, random: HostRandom = .system,
  _ body: @escaping @Sendable (LoopSandbox) async throws -> Result
) async throws -> Result {
  let loop = try EventLoop()
  loop.start(name: "sandbox-test")
  defer {
    loop.stop()
    loop.join()
  }
  return try await withCheckedThrowingContinuation { continuation in
    loop.spawn {
      do {
        let sandbox = try LoopSandbox(engine: engine, loop: loop, clock: clock, random: random)
        continuation.resume(returning: try await body(sandbox))
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

/// A reactor whose `atoll_call` has this body; `imports` and `rest` are put where they belong.
func reactor(_ body: String, imports: String = "", rest: String = "", pages: Int = 1, abi: Int = 1) -> String {
  """
  (module
    (import "atoll:io" "request" (func $request (param i32)))
    \(imports)
    (memory (export "memory") \(pages))
    (global (export "atoll_abi") i32 (i32.const \(abi)))
    \(rest)
    (func (export "atoll_call") (param $len i32) (result i64) \(body)))
  """
}

/// A command whose `_start` has this body.
func command(_ body: String, imports: String = "", rest: String = "", pages: Int = 1) -> String {
  """
  (module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    \(imports)
    (memory (export "memory") \(pages))
    \(rest)
    (func (export "_start") \(body)))
  """
}

enum Guests {
  /// Answers with the request's own bytes.
  static let echo = reactor(
    """
    (call $request (i32.const 1024))
    (i64.or (i64.shl (i64.const 1024) (i64.const 32)) (i64.extend_i32_u (local.get $len)))
    """)

  /// Answers with nothing.
  static let done = "(i64.const 0)"

  static let timerImports = """
    (import "atoll:io" "timer" (func $timer (param i32) (result i32)))
    (import "atoll:io" "wait" (func $wait (param i32) (result i32)))
    (import "atoll:io" "size" (func $size (param i32) (result i32)))
    (import "atoll:io" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "atoll:io" "drop" (func $drop (param i32)))
    """

  /// Sleeps so many milliseconds.
  static func sleeper(_ milliseconds: Int) -> String {
    reactor("(drop (call $wait (call $timer (i32.const \(milliseconds))))) \(done)", imports: timerImports)
  }

  /// Answers the i32 left by `expression`, as its 4 bytes.
  static func answering(_ expression: String, imports: String = "", rest: String = "", pages: Int = 1) -> String {
    reactor(
      "(i32.store (i32.const 8) \(expression)) (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 4))",
      imports: imports, rest: rest, pages: pages)
  }
}

func program(
  _ text: String, limits: CallLimits = CallLimits(), grants: Capabilities = [], name: String = "test"
) throws -> Program {
  try Program(module: Shared.store.load(wasm(text)).0, limits: limits, grants: grants, name: name)
}

extension LoopSandbox {
  /// Prepares and calls once.
  func run(
    _ text: String, limits: CallLimits = CallLimits(), request: [UInt8] = [], ledger: CallLedger = CallLedger()
  ) async throws -> CallOutcome {
    await call(try prepare(try program(text, limits: limits)), request: request, ledger: ledger)
  }
}

extension CallOutcome {
  var answer: [UInt8]? { if case .answered(let bytes) = self { bytes } else { nil } }
  var text: String? { answer.map { String(decoding: $0, as: UTF8.self) } }
  var fault: Fault? { if case .fault(let fault) = self { fault } else { nil } }
  /// The i32 of `Guests.answering`.
  var number: Int32? {
    guard let answer, answer.count == 4 else { return nil }
    return answer.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
  }
}

func now() -> UInt64 { atoll_monotonic_nanoseconds() }
func elapsedMilliseconds(since start: UInt64) -> Double { Double(now() - start) / 1e6 }
