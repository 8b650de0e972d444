// A timer that fires within microseconds of its time: for what simulates delays and plans arrivals.
internal import CUV
internal import Glibc

/// One timer of a loop with the kernel's resolution; ``LoopTimer`` counts whole milliseconds. Confined to its loop's
/// thread; it lasts until ``close()`` or the loop's end.
///
/// It is a descriptor of its own (`timerfd`) that the loop polls. Arming costs a system call, so whoever waits for many
/// times keeps them in a heap and arms one timer for the first. Measured late by 60 to 90 µs at the median on a virtual
/// machine, and later where the loop is busy; never early.
public final class PreciseTimer: @unchecked Sendable {
  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: DescriptorWatch?
  private var body: (() -> Void)?
  /// When it fires, on the clock of ``EventLoop/now``; nil when it is not armed.
  public private(set) var deadline: UInt64?

  /// A timer that is not armed. On the loop.
  ///
  /// - throws: ``LoopError`` when no descriptor is left (`EMFILE`), or once the loop has stopped (`ECANCELED`).
  public init(loop: EventLoop, body: @escaping () -> Void) throws(LoopError) {
    let descriptor = cuv_timerfd()
    guard descriptor >= 0 else { throw LoopError(uv: descriptor, "no timer could be made (raise `ulimit -n`)") }
    self.loop = loop
    self.descriptor = descriptor
    self.body = body
    // The watch keeps the timer, as the loop keeps the watch.
    watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { _ in self.fire() }
    watch?.interest = .readable
  }

  deinit { Glibc.close(descriptor) }

  /// Fires once at that time, in the next turn where it has passed. Replaces an earlier arming.
  public func arm(at deadline: UInt64) {
    loop.assertConfined()
    guard body != nil, deadline != self.deadline else { return }
    self.deadline = deadline
    // Zero would disarm it.
    let status = cuv_timerfd_arm(descriptor, max(1, deadline))
    precondition(status == 0, "a timer could not be set: \(String(cString: uv_strerror(status)))")
  }

  public func disarm() {
    loop.assertConfined()
    guard deadline != nil else { return }
    deadline = nil
    _ = cuv_timerfd_arm(descriptor, 0)
  }

  /// Stops it for good and drops its body. Idempotent.
  public func close() {
    loop.assertConfined()
    body = nil
    deadline = nil
    watch?.close()
    watch = nil
  }

  private func fire() {
    var count: UInt64 = 0
    // Nothing to read: it was armed anew or disarmed in the turn in which it fired.
    guard Glibc.read(descriptor, &count, 8) == 8, deadline != nil else { return }
    deadline = nil
    body?()
  }
}
