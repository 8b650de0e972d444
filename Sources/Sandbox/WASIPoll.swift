// `poll_oneoff`: how a WASI guest sleeps.
internal import CWasmtime

extension WASI {
  /// `poll_oneoff(in, out, count, events)`. Streams are ready at once; otherwise the guest sleeps, on the loop, for the
  /// shortest of the clocks. The events are written before it sleeps, since its memory cannot be reached later and it
  /// cannot look meanwhile.
  static let poll: wasmtime_func_async_callback_t = {
    environment, caller, arguments, _, results, _, trap, continuation in
    let call = runningCall(environment)
    let results = results.unsafelyUnwrapped
    let arguments = arguments.unsafelyUnwrapped
    results[0].kind = UInt8(WASMTIME_KIND_I32)
    continuation.unsafelyUnwrapped.pointee.environment = UnsafeMutableRawPointer(call)
    continuation.unsafelyUnwrapped.pointee.callback = HostSleep.isOver
    call.pointee.isAwake = true
    if let excess = call.count() {
      trap.unsafelyUnwrapped.pointee = excess
      return
    }
    var sleep: UInt64?
    results[0].of.i32 = prepare(
      call, caller, arguments[0].of.i32, arguments[1].of.i32, arguments[2].of.i32, arguments[3].of.i32, &sleep)
    guard results[0].of.i32 == Errno.success, let sleep else { return }
    // Rounded up: a sleep is never short.
    let begun = HostSleep.startTimer(call, milliseconds: (sleep + 999_999) / 1_000_000)
    if case .tooMany = begun { results[0].of.i32 = Errno.invalid }
    if let difference = begun.trap { trap.unsafelyUnwrapped.pointee = difference }
    guard begun.handle >= 0 else { return }
    call.pointee.sleepHandle = begun.handle
    if let fault = HostSleep.begin(call, awaiting: begun.handle, result: nil) {
      trap.unsafelyUnwrapped.pointee = fault
    }
  }

  private struct Subscription {
    var userData: UInt64
    var tag: UInt8
    /// For a clock: how long from now, in nanoseconds.
    var delay: UInt64 = 0
    var errno: Int32 = Errno.success
  }

  /// Reads the subscriptions, writes the events; `sleep` is set where all of them are clocks still to come.
  private static func prepare(
    _ call: Call, _ caller: OpaquePointer?, _ input: Int32, _ output: Int32, _ count: Int32, _ events: Int32,
    _ sleep: inout UInt64?
  ) -> Int32 {
    let count = Int(UInt32(bitPattern: count))
    guard count > 0, count <= SandboxLimits.subscriptionsMax else { return Errno.invalid }
    guard let source = call.memory(caller, input, count * 48), let target = call.memory(caller, output, count * 32),
      let written = call.memory(caller, events, 4)
    else { return Errno.fault }
    // All are read before anything is written: a hostile guest may let the two overlap.
    let subscriptions = (0..<count).map {
      read(call, UnsafeRawBufferPointer(rebasing: source[($0 * 48)..<($0 * 48 + 48)]))
    }
    let shortest = subscriptions.map(\.delay).min() ?? 0
    var number = 0
    for subscription in subscriptions where subscription.delay == shortest {
      let offset = number * 32
      let event = UnsafeMutableRawBufferPointer(rebasing: target[offset..<(offset + 32)])
      event.initializeMemory(as: UInt8.self, repeating: 0)
      event.storeBytes(of: subscription.userData, as: UInt64.self)
      event.storeBytes(of: UInt16(subscription.errno), toByteOffset: 8, as: UInt16.self)
      event.storeBytes(of: subscription.tag, toByteOffset: 10, as: UInt8.self)
      if subscription.tag != 0, subscription.errno == Errno.success {
        let isRead = subscription.tag == 1
        let left = isRead ? call.pointee.request.count - call.pointee.requestOffset : 65536
        event.storeBytes(of: UInt64(left), toByteOffset: 16, as: UInt64.self)
      }
      number += 1
    }
    written.storeBytes(of: UInt32(number), as: UInt32.self)
    if shortest > 0 { sleep = shortest }
    return Errno.success
  }

  private static func read(_ call: Call, _ bytes: UnsafeRawBufferPointer) -> Subscription {
    var subscription = Subscription(
      userData: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), tag: bytes[8])
    switch subscription.tag {
    case 0:
      let clock = bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
      let timeout = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
      let isAbsolute = bytes.loadUnaligned(fromByteOffset: 40, as: UInt16.self) & 1 != 0
      guard clock <= 1 else {
        subscription.errno = Errno.invalid
        return subscription
      }
      // Centuries are as good as for ever, and cannot overflow when rounded up.
      let bound: UInt64 = 1 << 62
      guard isAbsolute else {
        subscription.delay = Swift.min(timeout, bound)
        return subscription
      }
      let now = clock == 0 ? call.time(0) : call.time(1)
      subscription.delay = timeout > now ? Swift.min(timeout - now, bound) : 0
    case 1, 2:
      let descriptor = bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)
      let isThere = subscription.tag == 1 ? descriptor == 0 : descriptor == 1 || descriptor == 2
      if !isThere { subscription.errno = Errno.badDescriptor }
    default: subscription.errno = Errno.invalid
    }
    return subscription
  }
}
