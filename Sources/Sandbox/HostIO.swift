// `atoll:io`: the request, and everything a guest waits for.
internal import CWasmtime
internal import EventLoop

/// The call whose guest is running on this loop. Guests never nest, so one slot a loop is enough.
@inline(__always)
func runningCall(_ environment: UnsafeMutableRawPointer?) -> Call {
  environment.unsafelyUnwrapped.assumingMemoryBound(to: Call.self).pointee
}

/// Host functions of the module `atoll:io` (docs/abi.md). They run on the guest's stack: short, and never suspending
/// by themselves.
enum HostIO {
  typealias Immediate = wasmtime_func_unchecked_callback_t
  typealias Suspending = wasmtime_func_async_callback_t

  /// `request(ptr)`: copies the request to `ptr`, as many bytes as `atoll_call` was told.
  static let request: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let count = call.pointee.request.count
    guard let target = call.memory(caller, values.unsafelyUnwrapped[0].i32, count) else {
      return call.trap("atoll:io.request: the \(count) bytes of the request do not fit in memory at the pointer given")
    }
    call.pointee.request.withUnsafeBytes { target.copyMemory(from: $0) }
    return nil
  }

  /// `wait(handle) → handle`: sleeps until the operation has ended; −1 waits for any. The loop goes on meanwhile.
  static let wait: Suspending = { environment, _, arguments, _, results, _, trap, continuation in
    let call = runningCall(environment)
    let results = results.unsafelyUnwrapped
    results[0].kind = UInt8(WASMTIME_KIND_I32)
    continuation.unsafelyUnwrapped.pointee.environment = UnsafeMutableRawPointer(call)
    continuation.unsafelyUnwrapped.pointee.callback = HostSleep.isOver
    if let excess = call.count() {
      trap.unsafelyUnwrapped.pointee = excess
      call.pointee.isAwake = true
      return
    }
    let handle = arguments.unsafelyUnwrapped[0].of.i32
    HostSleep.catchUp(call)
    if let answer = call.withOperations({ $0.poll(handle) }) {
      results[0].of.i32 = answer
      call.pointee.isAwake = true
      return
    }
    if let fault = HostSleep.begin(call, awaiting: handle, result: results) { trap.unsafelyUnwrapped.pointee = fault }
  }

  /// `size(handle) → i32`: bytes of the answer that are not read yet.
  static let size: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    HostSleep.catchUp(call)
    values[0].i32 = call.withOperations { $0.size(values[0].i32) }
    return nil
  }

  /// `read(handle, ptr, max) → n`: the next bytes of an answer; 0 at its end.
  static let read: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    guard let target = call.memory(caller, values[1].i32, guestCount: values[2].i32) else {
      return call.trap("atoll:io.read: the buffer does not lie within memory")
    }
    let handle = values[0].i32
    HostSleep.catchUp(call)
    let (count, drained) = call.withOperations { $0.read(handle, into: target) }
    values[0].i32 = count
    drained?()
    return nil
  }

  /// `drop(handle)`: forgets it; what is under way for it is ended.
  static let drop: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    HostSleep.catchUp(call)
    call.withOperations { $0.drop(values.unsafelyUnwrapped[0].i32) }
    return nil
  }

  /// `timer(ms) → handle`: an operation that ends after that time, with an empty answer.
  static let timer: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let milliseconds = UInt64(UInt32(bitPattern: values[0].i32))
    let begun = HostSleep.startTimer(call, milliseconds: milliseconds)
    values[0].i32 = begun.handle
    return begun.trap
  }
}
