// Standard input, output and error of a guest: its request, its answer, its log.
internal import CWasmtime

extension WASI {
  /// `fd_read(0, iovs, count, read)`: the request of a command; at its end, and for a reactor, 0 bytes.
  static let read: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    guard values[0].i32 == 0 else {
      values[0].i32 = Errno.badDescriptor
      return nil
    }
    let isCommand = call.prepared.program.kind == .command
    var total = 0
    let status = eachVector(call, caller, values[1].i32, values[2].i32) { target in
      let left = isCommand ? call.pointee.request.count - call.pointee.requestOffset : 0
      let count = Swift.min(left, target.count)
      guard count > 0 else { return nil }
      let offset = call.pointee.requestOffset
      call.pointee.request.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)]))
      }
      call.pointee.requestOffset += count
      total += count
      return nil
    }
    guard case .errno(let errno) = status else { return nil }
    values[0].i32 = errno == Errno.success ? storeCount(call, caller, values[3].i32, total) : errno
    return nil
  }

  /// `fd_write(fd, iovs, count, written)`: 1 is a command's answer and a reactor's log, 2 is the log.
  ///
  /// The log takes at most `SandboxLimits.logWriteBytesMax` a call, a short write: 1,024 buffers that all lie over the
  /// whole memory would hold up the loop for longer than any limit looks.
  static let write: Immediate = { environment, caller, values, _ in
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    let descriptor = values[0].i32
    guard descriptor == 1 || descriptor == 2 else {
      values[0].i32 = Errno.badDescriptor
      return nil
    }
    let isAnswer = descriptor == 1 && call.prepared.program.kind == .command
    var total = 0
    let status = eachVector(call, caller, values[1].i32, values[2].i32) { vector in
      // The same megabytes a thousand times over would hold the loop for seconds: a log takes some and says so.
      let room = isAnswer ? vector.count : Swift.min(vector.count, SandboxLimits.logWriteBytesMax - total)
      let source = UnsafeMutableRawBufferPointer(rebasing: vector[..<room])
      total += source.count
      if isAnswer {
        if source.count > call.prepared.program.limits.outputBytes - call.pointee.output.count {
          return call.outputTooLong()
        }
        call.pointee.output.append(contentsOf: source)
      } else if descriptor == 2 {
        call.withLine(\.stderrLine) { $0.take(UnsafeRawBufferPointer(source)) { call.log(.info, .stderr, $0) } }
      } else {
        call.withLine(\.stdoutLine) { $0.take(UnsafeRawBufferPointer(source)) { call.log(.info, .stdout, $0) } }
      }
      return nil
    }
    switch status {
    case .trap(let trap): return trap
    case .errno(let errno):
      values[0].i32 = errno == Errno.success ? storeCount(call, caller, values[3].i32, total) : errno
      return nil
    }
  }

  private enum VectorResult {
    case errno(Int32)
    case trap(OpaquePointer?)
  }

  /// Hands out each buffer of a vector, every pointer checked; the body may end it with a trap.
  private static func eachVector(
    _ call: Call, _ caller: OpaquePointer?, _ pointer: Int32, _ count: Int32,
    _ body: (UnsafeMutableRawBufferPointer) -> OpaquePointer?
  ) -> VectorResult {
    let count = Int(UInt32(bitPattern: count))
    guard count <= SandboxLimits.vectorsMax else { return .errno(Errno.invalid) }
    guard let vectors = call.memory(caller, pointer, count * 8) else { return .errno(Errno.fault) }
    for index in 0..<count {
      let start = vectors.loadUnaligned(fromByteOffset: index * 8, as: Int32.self)
      let length = vectors.loadUnaligned(fromByteOffset: index * 8 + 4, as: Int32.self)
      guard let bytes = call.memory(caller, start, guestCount: length) else { return .errno(Errno.fault) }
      if let trap = body(bytes) { return .trap(trap) }
    }
    return .errno(Errno.success)
  }

  private static func storeCount(_ call: Call, _ caller: OpaquePointer?, _ pointer: Int32, _ count: Int) -> Int32 {
    guard let target = call.memory(caller, pointer, 4) else { return Errno.fault }
    target.storeBytes(of: UInt32(truncatingIfNeeded: count), as: UInt32.self)
    return Errno.success
  }
}

extension UnsafeMutablePointer where Pointee == CallCell {
  /// The trap for an answer over its cap.
  func outputTooLong() -> OpaquePointer? {
    let fault = CallFaults.output(limit: prepared.program.limits.outputBytes)
    return stop(fault.kind, fault.message)
  }
}
