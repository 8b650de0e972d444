// The end of a loop: every handle closed, every descriptor given back.
internal import CUV

extension EventLoop {
  /// Closes what is open, lets cancelled tasks end, and closes the libuv loop.
  func tearDown() {
    isTearingDown = true
    let graceEnd = uv_hrtime() + LoopLimits.stopGraceMilliseconds * 1_000_000
    // Connections, listeners and watches.
    uv_walk(
      uv,
      { handle, context in
        guard let handle, let data = handle.pointee.data, data != context else { return }
        switch handle.pointee.type {
        case UV_TCP: borrow(data, as: TCPConnection.self).close()
        case UV_POLL:
          let owner = Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue()
          (owner as? TCPListener)?.close()
          (owner as? DescriptorWatch)?.close()
        case UV_SIGNAL: borrow(data, as: SignalWatch.self).cancel()
        default: break
        }
      }, Unmanaged.passUnretained(self).toOpaque())
    cancelTimers()
    // Tasks that were cancelled by this run to their end, if they are quick.
    repeat {
      turnOnce()
      runOneGuest()
    } while (hasJobs || !readyGuests.isEmpty) && uv_hrtime() < graceEnd
    for handle in ownHandles { closeAndFree(handle) }
    // Work on the thread pool ends here too: libuv counts it as alive.
    while uv_run(uv, UV_RUN_ONCE) != 0 { turnOnce() }
    turnOnce()
    closedCleanly = uv_loop_close(uv) == 0
    assert(closedCleanly, "a handle was left open when the loop ended")
  }

  private func turnOnce() {
    takeInbox()
    turnDeadline = 0
    releaseCohort()
    if hasJobs { runJobs() }
  }
}
