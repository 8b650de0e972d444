// The settings of the engine, each checked before wasmtime sees it: a wrong one would abort the process.
internal import Glibc

/// How an `Engine` is made. The defaults were measured.
public struct EngineConfiguration: Sendable, Equatable {
  /// Instances that may live at once over all loops. Each reserves 4 GiB of address space; start-up grows with it.
  public var instances = 1000
  /// The ceiling of every worker's `limits.memory`, in bytes.
  public var maxMemoryBytes = 64 << 20
  /// Bytes of a memory slot that are reset by copying and stay resident, instead of a system call per call. A JavaScript
  /// worker's image begins with 256 KiB of stack; smaller memories cost their own size only.
  public var linearMemoryKeepResidentBytes = 704 << 10
  /// The same for the table. Must not be 0: that costs 6 µs a call.
  public var tableKeepResidentBytes = 16 << 10
  /// Elements of a module's table.
  public var tableElements = SandboxLimits.tableElementsMax
  /// Native stack that a guest may use, in bytes.
  public var maxWasmStackBytes = 1 << 20
  /// Native stack of a call: the guest's share and the host functions', in bytes.
  public var asyncStackBytes = 2 << 20

  public init() {}
  public init(instances: Int) { self.instances = instances }

  /// Throws where wasmtime would abort the process.
  /// - Throws: `SandboxError` with `.badConfiguration`, naming the value, its bounds and what to write instead.
  public func validate() throws(SandboxError) {
    try check("instances", instances, 1...SandboxLimits.instancesMax)
    try check(
      "maxMemoryBytes", maxMemoryBytes, SandboxLimits.pageBytes...SandboxLimits.memoryCeilingBytesMax,
      multipleOf: SandboxLimits.pageBytes)
    try check("linearMemoryKeepResidentBytes", linearMemoryKeepResidentBytes, 0...maxMemoryBytes, multipleOf: 4096)
    try check("tableKeepResidentBytes", tableKeepResidentBytes, 4096...(1 << 20), multipleOf: 4096)
    try check("tableElements", tableElements, 1...1_000_000)
    try check("maxWasmStackBytes", maxWasmStackBytes, (64 << 10)...(64 << 20), multipleOf: 4096)
    try check(
      "asyncStackBytes", asyncStackBytes, (maxWasmStackBytes + (512 << 10))...(128 << 20), multipleOf: 4096)
    try checkAddressSpace()
  }

  private func check(
    _ name: String, _ value: Int, _ range: ClosedRange<Int>, multipleOf step: Int = 1
  ) throws(SandboxError) {
    guard !range.contains(value) || value % step != 0 else { return }
    let multiple = step == 1 ? "" : " and a multiple of \(step)"
    throw SandboxError(
      .badConfiguration,
      "engine setting `\(name)` is \(value); it must lie between \(range.lowerBound) and \(range.upperBound)\(multiple)"
    )
  }

  /// The address space that this process may have, in bytes (`ulimit -v`).
  private static var addressSpaceBytes: UInt64 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0 else { return .max }
    return UInt64(limit.rlim_cur)
  }

  /// The pool is reserved as one piece: a limit on address space below it aborts the process inside the library.
  func checkAddressSpace(_ available: UInt64 = Self.addressSpaceBytes) throws(SandboxError) {
    let each = UInt64(SandboxLimits.reservationBytes + asyncStackBytes)
    let needed = UInt64(instances + 1) * each
    guard needed > available else { return }
    throw SandboxError(
      .badConfiguration,
      """
      \(instances) instances reserve \(needed >> 30) GiB of address space, but this process may have \
      \(available >> 30) GiB (ulimit -v); raise that limit, or set `instances` to \
      \(max(1, available / each) - 1) or fewer
      """)
  }
}
