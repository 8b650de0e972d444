// What a live instance costs in memory, measured by holding many of them, for `atoll bench cold-start`.
internal import CWasmtime
internal import Glibc

extension LoopSandbox {
  /// Resident bytes that one live instance adds once it has answered: the median of several held batches.
  ///
  /// Instances are held, not deleted, so each takes a slot that was not in use; the growth of the process divided by
  /// their number is the figure. Slots that an earlier call has warmed count as nothing, so measure in a pool of many.
  public func residentBytes(_ prepared: PreparedProgram, request: [UInt8]) -> Int {
    let batch = min(64, engine.configuration.instances - liveCalls)
    guard batch > 0 else { return 0 }
    let ledger = CallLedger()
    var held: [Call] = []
    var growths: [Int] = []
    for _ in 0..<3 {
      let before = Self.residentBytesOfProcess()
      for _ in 0..<batch where liveCalls < engine.configuration.instances {
        let call = take(prepared, request, ledger)
        makeStore(call, prepared)
        atoll_begin_instantiate(call.slots, prepared.pointer)
        _ = advance(call, from: call.pointee.start)
        held.append(call)
      }
      growths.append((Self.residentBytesOfProcess() - before) / batch)
    }
    for call in held { give(call) }
    return growths.sorted()[growths.count / 2]
  }

  /// The second figure of /proc/self/statm, in pages (proc(5)).
  private static func residentBytesOfProcess() -> Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = Glibc.read(descriptor, &text, text.count)
    let fields = text[..<max(0, count)].split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
