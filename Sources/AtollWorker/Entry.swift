// The entry of a reactor, and what `_initialize` (in Runtime) prepares before the first call and is snapshotted with
// the memory.

/// The tools, and the buffer of the answer: set once by `_initialize`, read by the one call that an instance lives for.
nonisolated(unsafe) private var table: [Tool] = []
nonisolated(unsafe) private var output: UnsafeMutablePointer<JSONWriter>?

func install(_ tools: [Tool]) {
  table = tools
  let writer = UnsafeMutablePointer<JSONWriter>.allocate(capacity: 1)
  writer.initialize(to: JSONWriter(capacity: Limits.outputBytesAtStart))
  output = writer
}

#if arch(wasm32)
  /// One call: fetches the request of `count` bytes, answers `pointer << 32 | count`.
  @_expose(wasm, "atoll_call")
  @_cdecl("atoll_call")
  public func call(_ count: Int32) -> Int64 {
    guard let output else { fatalError("`_initialize` has not run") }
    let request = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(count) + padding)
    UnsafeMutableRawPointer(request + Int(count)).storeBytes(of: 0, as: UInt64.self)
    importRequest(request)
    answer(request, tools: table, to: &output.pointee)
    return Int64(UInt(bitPattern: output.pointee.base)) << 32 | Int64(output.pointee.count)
  }
#endif
