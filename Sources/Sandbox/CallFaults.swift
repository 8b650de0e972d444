// The words of each fault: what happened, how much was used, which key of the manifest to change.
internal import CWasmtime

enum CallFaults {
  static func cpu(used: UInt64, limit: Int) -> Fault {
    Fault(
      .cpuLimit,
      """
      the worker used \(used / 1_000_000) ms of processor time, its cap is \(limit) ms; raise `limits.cpu_ms` in \
      atoll.toml, or make it do less
      """
    )
  }

  static func wall(of nanoseconds: UInt64, _ prepared: PreparedProgram) -> Fault {
    let limit = prepared.program.limits.wallMilliseconds
    guard nanoseconds < prepared.wallNanoseconds else {
      return Fault(
        .wallLimit, "the call took longer than \(limit) ms; raise `limits.wall_ms` in atoll.toml, or wait for less")
    }
    return Fault(
      .wallLimit,
      "the call took longer than the \(nanoseconds / 1_000_000) ms that were left of `limits.wall_ms` (\(limit) ms) when it "
        + "came here from another site; raise `limits.wall_ms` in atoll.toml, or wait for less")
  }

  static func output(limit: Int) -> Fault {
    Fault(
      .outputLimit,
      "the answer is larger than \(byteText(limit)); raise `limits.output` in atoll.toml, or answer with less")
  }

  static func memory(used: Int, limit: Int, _ how: String) -> Fault {
    Fault(
      .memoryLimit,
      """
      the worker ran out of memory: \(byteText(used)) of its cap of \(byteText(limit)) in use when it ended \
      (\(how)); raise `limits.memory` in atoll.toml, or hold less
      """
    )
  }

  static let cancelled = Fault(.cancelled, "whoever made the call went away, and it was ended")

  /// What a trap code means, in words; nil for one that says nothing by itself.
  static func text(trapCode: UInt8) -> String {
    switch trapCode {
    case 0: "call stack exhausted: the recursion is too deep"
    case 1: "out of bounds memory access"
    case 2: "misaligned atomic access"
    case 3: "undefined element: out of bounds table access"
    case 4: "uninitialized element: call through a null table entry"
    case 5: "indirect call type mismatch"
    case 6: "integer overflow"
    case 7: "integer divide by zero"
    case 8: "invalid conversion to integer"
    case 9: "unreachable code reached (a failed check, `abort` or `fatalError`)"
    case 10: "interrupted"
    case 13: "null reference"
    default: "trap code \(trapCode)"
    }
  }
}

/// What a failed call left in its slots, read and deleted.
struct Failure {
  var code: UInt8?
  var message: String
  var backtrace: [String]

  /// Consumes the trap and the error of the slots: a trap of wasmtime's own comes in the first, one that a host
  /// function made in the second. Nil when there is neither.
  init?(taking slots: UnsafeMutablePointer<atoll_slots_t>) {
    var frames = wasm_frame_vec_t()
    if let trap = slots.pointee.trap {
      var number: UInt8 = 0
      code = wasmtime_trap_code(trap, &number) ? number : nil
      if let code {
        message = CallFaults.text(trapCode: code)
      } else {
        var bytes = wasm_byte_vec_t()
        wasm_trap_message(trap, &bytes)
        message = String(taking: &bytes)
      }
      wasm_trap_trace(trap, &frames)
      backtrace = Self.names(&frames)
      wasm_trap_delete(trap)
      slots.pointee.trap = nil
    } else if let error = slots.pointee.error {
      wasmtime_error_wasm_trace(error, &frames)
      backtrace = Self.names(&frames)
      message = wasmtimeMessage(taking: error)
      slots.pointee.error = nil
    } else {
      return nil
    }
  }

  /// Traps that no failed allocation leads to: recursion and arithmetic.
  var isNeverForWantOfMemory: Bool {
    switch code {
    case 0, 6, 7, 8: true
    default: false
    }
  }

  private static func names(_ frames: inout wasm_frame_vec_t) -> [String] {
    var names: [String] = []
    for index in 0..<min(frames.size, SandboxLimits.backtraceFramesMax) {
      guard let frame = frames.data[index] else { continue }
      if let name = wasmtime_frame_func_name(frame)?.pointee {
        names.append(String(decoding: UnsafeBufferPointer(start: name.data, count: name.size), as: UTF8.self))
      } else {
        names.append("function \(wasm_frame_func_index(frame))")
      }
    }
    wasm_frame_vec_delete(&frames)
    return names
  }
}
