// Our own subset of WASI preview 1: standard streams, clocks, random, no arguments, no environment, no files.
internal import CWasmtime

/// Host functions of `wasi_snapshot_preview1`; each one's answer is listed in docs/abi.md.
enum WASI {
  typealias Immediate = wasmtime_func_unchecked_callback_t

  /// The error numbers of preview 1 that occur here.
  enum Errno {
    static let success: Int32 = 0
    static let badDescriptor: Int32 = 8
    static let fault: Int32 = 21
    static let invalid: Int32 = 28
    static let notImplemented: Int32 = 52
    static let illegalSeek: Int32 = 70
  }

  static let succeed: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    values.unsafelyUnwrapped[0].i32 = Errno.success
    return nil
  }

  static let unsupported: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    values.unsafelyUnwrapped[0].i32 = Errno.notImplemented
    return nil
  }

  /// `fd_prestat_get` above all: on anything but EBADF, wasi-libc aborts before `main`.
  static let badDescriptor: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    values.unsafelyUnwrapped[0].i32 = Errno.badDescriptor
    return nil
  }

  /// `args_sizes_get`, `environ_sizes_get`: none, of no bytes.
  static let sizesZero: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    guard let count = call.memory(caller, values[0].i32, 4), let bytes = call.memory(caller, values[1].i32, 4) else {
      values[0].i32 = Errno.fault
      return nil
    }
    count.storeBytes(of: 0, as: UInt32.self)
    bytes.storeBytes(of: 0, as: UInt32.self)
    values[0].i32 = Errno.success
    return nil
  }

  /// `clock_res_get(id, ptr)`: 1 ns for the two clocks there are.
  static let clockResolution: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    values[0].i32 = storeTime(call, caller, clock: values[0].i32, values[1].i32) { _ in 1 }
    return nil
  }

  /// `clock_time_get(id, precision, ptr)`. The processor's clocks are not shown: a guest could measure others by them.
  static let clockTime: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    values[0].i32 = storeTime(call, caller, clock: values[0].i32, values[2].i32) {
      call.time($0)
    }
    return nil
  }

  private static func storeTime(
    _ call: Call, _ caller: OpaquePointer?, clock: Int32, _ pointer: Int32, _ time: (Int32) -> UInt64
  ) -> Int32 {
    guard clock == 0 || clock == 1 else { return Errno.invalid }
    guard let target = call.memory(caller, pointer, 8) else { return Errno.fault }
    target.storeBytes(of: time(clock), as: UInt64.self)
    return Errno.success
  }

  static let random: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let count = Int(UInt32(bitPattern: values[1].i32))
    guard count <= SandboxLimits.randomBytesMax else {
      values[0].i32 = Errno.invalid
      return nil
    }
    guard let target = call.memory(caller, values[0].i32, count) else {
      values[0].i32 = Errno.fault
      return nil
    }
    call.fillRandom(target)
    values[0].i32 = Errno.success
    return nil
  }

  /// `proc_exit(status)`: never returns to the guest.
  static let exit: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    call.pointee.exitStatus = values.unsafelyUnwrapped[0].i32
    return Call.trap("exit")
  }

  static let close: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    values[0].i32 = isStream(values[0].i32) ? Errno.success : Errno.badDescriptor
    return nil
  }

  /// `fd_seek`, `fd_tell`: streams have no position.
  static let seek: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    values[0].i32 = isStream(values[0].i32) ? Errno.illegalSeek : Errno.badDescriptor
    return nil
  }

  /// `fd_fdstat_get(fd, ptr)`: a pipe, as it were: of unknown type, so that libc buffers it; with the right to read
  /// (0) or write (1, 2), and no other.
  static let descriptorState: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let descriptor = values[0].i32
    guard isStream(descriptor) else {
      values[0].i32 = Errno.badDescriptor
      return nil
    }
    guard let target = call.memory(caller, values[1].i32, 24) else {
      values[0].i32 = Errno.fault
      return nil
    }
    target.initializeMemory(as: UInt8.self, repeating: 0)
    target.storeBytes(of: descriptor == 0 ? 1 << 1 : 1 << 6, toByteOffset: 8, as: UInt64.self)
    values[0].i32 = Errno.success
    return nil
  }

  static func isStream(_ descriptor: Int32) -> Bool { (0...2).contains(descriptor) }
}
