// `atoll:clock`, `atoll:random`, `atoll:log` and `atoll:progress`: what every worker may use.
internal import CWasmtime

/// Host functions that are granted always (docs/abi.md).
enum HostBasics {
  typealias Immediate = wasmtime_func_unchecked_callback_t

  /// Log level by which an SDK says that an allocation failed; its text is what was asked for.
  static let outOfMemoryLevel: Int32 = 16

  /// `now(id) → i64`: nanoseconds; 0 since 1970, 1 monotonic. Another id answers −1.
  static let now: Immediate = { environment, _, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    switch values[0].i32 {
    case 0: values[0].i64 = Int64(bitPattern: call.time(0))
    case 1: values[0].i64 = Int64(bitPattern: call.time(1))
    default: values[0].i64 = -1
    }
    return nil
  }

  /// `fill(ptr, len)`: random bytes.
  static let randomFill: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let count = Int(UInt32(bitPattern: values[1].i32))
    guard count <= SandboxLimits.randomBytesMax else {
      return call.trap("atoll:random.fill: \(count) bytes asked for; at most \(SandboxLimits.randomBytesMax) a call")
    }
    guard let target = call.memory(caller, values[0].i32, count) else {
      return call.trap("atoll:random.fill: the buffer does not lie within memory")
    }
    call.fillRandom(target)
    return nil
  }

  /// `write(level, ptr, len)`: a line for the log.
  static let logWrite: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    guard let text = call.memory(caller, values[1].i32, guestCount: values[2].i32) else {
      return call.trap("atoll:log.write: the text does not lie within memory")
    }
    let level = values[0].i32
    if level == outOfMemoryLevel { call.pointee.ranOutOfMemory = true }
    call.log(GuestLogLine.Level(rawValue: level) ?? (level > 6 ? .critical : .trace), .log, text)
    return nil
  }

  /// `report(ptr, len)`: progress, for whoever asked for it.
  static let progressReport: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let count = Int(UInt32(bitPattern: values[1].i32))
    guard count <= SandboxLimits.progressBytesMax else {
      return call.trap("atoll:progress.report: \(count) bytes; at most \(SandboxLimits.progressBytesMax) a report")
    }
    guard let bytes = call.memory(caller, values[0].i32, count) else {
      return call.trap("atoll:progress.report: the report does not lie within memory")
    }
    if let sink = call.ledger.progressSink { sink(Array(bytes)) }
    return nil
  }
}
