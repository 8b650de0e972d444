// Timers of the loop: any number of them over one libuv timer.
internal import CUV

/// A timer of one loop: made once, armed and disarmed any number of times. Confined to its loop's thread.
///
/// Arming and disarming relink the timer in a wheel: constant time, no allocation, no system call. So a connection
/// keeps one timer and arms it anew with every request. A timer never fires early; it fires up to a millisecond late,
/// and later when the loop is busy. An armed timer is kept alive by the loop.
public final class LoopTimer: @unchecked Sendable {
  // Not a strong reference: a loop that is dropped before it ran would be kept by its own timers.
  private unowned let loop: EventLoop
  private var body: (() -> Void)?
  private var onCancel: (() -> Void)?
  private var repeatMilliseconds: UInt64 = 0

  // The wheel's links. `unowned(unsafe)`: the wheel holds a reference to every timer that is linked.
  unowned(unsafe) var next: LoopTimer?
  unowned(unsafe) var previous: LoopTimer?
  /// Index of the wheel's slot; negative when the timer is not armed.
  var slot = -1
  /// The tick at which it fires.
  var tick: UInt64 = 0

  init(loop: EventLoop, onCancel: (() -> Void)? = nil, body: @escaping () -> Void) {
    self.loop = loop
    self.onCancel = onCancel
    self.body = body
  }

  public var isArmed: Bool { slot >= 0 }

  /// Fires `milliseconds` from now, and every `repeatMilliseconds` after that if that is not 0. Replaces an earlier
  /// arming. Does nothing after ``cancel()`` and once the loop stops.
  public func arm(afterMilliseconds milliseconds: UInt64, repeatMilliseconds: UInt64 = 0) {
    guard body != nil else { return }
    let loop = self.loop
    loop.assertConfined()
    guard !loop.isTearingDown else { return }
    self.repeatMilliseconds = repeatMilliseconds
    let now = loop.now / 1_000_000
    // The current tick is partly over: one more makes sure that the timer is never early.
    let (tick, overflow) = (now &+ 1).addingReportingOverflow(milliseconds)
    loop.arm(self, at: overflow ? .max : tick, now: now)
  }

  /// Stops the timer; it can be armed again.
  public func disarm() {
    guard isArmed else { return }
    let loop = self.loop
    loop.assertConfined()
    loop.wheel.remove(self)
  }

  /// Stops the timer for good and drops its body. Idempotent.
  public func cancel() {
    disarm()
    let told = onCancel
    onCancel = nil
    body = nil
    told?()
  }

  /// Runs the body; the wheel has unlinked the timer.
  func fire(now: UInt64) {
    if repeatMilliseconds > 0 {
      // Late rounds are skipped, not made up for.
      loop.arm(self, at: max(tick &+ repeatMilliseconds, now &+ 1), now: now)
    }
    body?()
  }
}

extension EventLoop {
  /// A timer that is armed already. On the loop.
  @discardableResult
  public func timer(
    afterMilliseconds milliseconds: UInt64, repeatMilliseconds: UInt64 = 0, _ body: @escaping () -> Void
  ) -> LoopTimer {
    let timer = LoopTimer(loop: self, body: body)
    timer.arm(afterMilliseconds: milliseconds, repeatMilliseconds: repeatMilliseconds)
    return timer
  }

  /// A timer to arm later, and again and again. On the loop.
  public func makeTimer(_ body: @escaping () -> Void) -> LoopTimer { LoopTimer(loop: self, body: body) }

  func arm(_ timer: LoopTimer, at tick: UInt64, now: UInt64) {
    if timer.isArmed { wheel.remove(timer) }
    wheel.insert(timer, at: tick, now: now)
    // A later timer than the one libuv waits for changes nothing; an earlier one is the rare case.
    if tick < timerSetFor { setTimer() }
  }

  private func setTimer() {
    guard let tick = wheel.nextTick() else {
      timerSetFor = .max
      return
    }
    timerSetFor = tick
    // libuv counts from its cached time, in the same clock and unit.
    let cached = uv_now(uv)
    uv_timer_start(
      timerHandle, { borrow($0!.pointee.data, as: EventLoop.self).fireTimers() }, tick > cached ? tick - cached : 0, 0)
  }

  private func fireTimers() {
    timerSetFor = .max
    let now = uv_hrtime() / 1_000_000
    while let timer = wheel.popExpired(now: now) { timer.fire(now: now) }
    setTimer()
  }

  /// Tells whoever waits for a timer that it will not come.
  func cancelTimers() {
    while let timer = wheel.popAny() { timer.cancel() }
  }
}
