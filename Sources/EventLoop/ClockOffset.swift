// How far a process's wall clock is to be wrong: the simulator's way to test nodes whose clocks differ.
internal import CUV
internal import Glibc

/// An offset of the wall clock that another process sets and may change at any time.
///
/// The simulator starts a node with `ATOLL_CLOCK_OFFSET_FILE` naming a file of eight bytes: nanoseconds to be added to
/// every look at the wall clock, as a signed number in the machine's byte order. The file is mapped, so a look costs one
/// load. Without the variable nothing is mapped and the clocks are the machine's own functions: off costs nothing. The
/// monotonic clock, and with it every timeout, is not touched.
public struct ClockOffset: @unchecked Sendable {
  public static let variable = "ATOLL_CLOCK_OFFSET_FILE"

  /// This process's, read once; nil when the variable is not set. A file that cannot be mapped is a failure, which
  /// ``check()`` throws: a node that ignored it would run with the right time and be believed to have the wrong one.
  static let found: Result<ClockOffset?, LoopError> = {
    guard let path = getenv(variable) else { return .success(nil) }
    do throws(LoopError) { return .success(try ClockOffset(file: String(cString: path))) } catch {
      return .failure(error)
    }
  }()

  /// Nil also where ``check()`` fails: whoever runs a node calls that first.
  public static let current: ClockOffset? = try? found.get()

  /// - throws: ``LoopError`` when the variable names a file that cannot be mapped.
  public static func check() throws(LoopError) { _ = try found.get() }

  // Mapped as long as the process lives.
  private let bytes: UnsafePointer<Int64>

  init(file: String) throws(LoopError) {
    var bytes: UnsafePointer<Int64>?
    let status = cuv_map_offset(file, &bytes)
    guard status == 0, let bytes else {
      throw LoopError(uv: status, "\(Self.variable) names \(file), which is not a file of 8 bytes that can be read")
    }
    self.bytes = bytes
  }

  /// What is added to the wall clock now.
  @inline(__always)
  public var nanoseconds: Int64 { cuv_load_offset(bytes) }
}
