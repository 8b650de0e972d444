// Many things to do at precise times on one loop.

import EventLoop

/// Calls bodies at their times, on a loop, with one ``PreciseTimer``. Confined to the loop's thread.
final class Alarms {
  let loop: EventLoop
  private var timer: PreciseTimer?
  private var due = DueQueue<() -> Void>()

  var isClosed: Bool { timer == nil }

  /// - throws: ``LoopError`` when no descriptor is left.
  init(on loop: EventLoop) throws(LoopError) {
    self.loop = loop
    timer = try PreciseTimer(loop: loop) { [weak self] in self?.ring() }
  }

  /// On the clock of ``EventLoop/now``; in the next turn where that has passed. At once after ``close()``.
  func at(_ time: UInt64, _ body: @escaping () -> Void) {
    guard !isClosed else { return body() }
    due.insert(body, at: time)
    timer?.arm(at: due.nextTime ?? time)
  }

  /// Waits until that time.
  func sleep(until time: UInt64) async {
    await withCheckedContinuation { continuation in at(time) { continuation.resume() } }
  }

  /// Calls everything that is still due, now: who sleeps is woken. Whoever comes back looks at ``isClosed``.
  func close() {
    timer?.close()
    timer = nil
    while let body = due.popDue(at: .max) { body() }
  }

  private func ring() {
    let now = loop.now
    while let body = due.popDue(at: now) { body() }
    if let next = due.nextTime { timer?.arm(at: next) }
  }
}
