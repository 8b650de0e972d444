// Signals, delivered on the loop.
internal import CUV

/// A running watch for one signal. Confined to its loop's thread; it lasts until ``cancel()`` or the loop's end.
public final class SignalWatch: @unchecked Sendable {
  private let loop: EventLoop
  private let handle: UnsafeMutablePointer<uv_signal_t>
  private var body: (() -> Void)?

  init(loop: EventLoop, number: Int32, body: @escaping () -> Void) throws(LoopError) {
    loop.assertConfined()
    guard !loop.isTearingDown else {
      throw LoopError(.canceled, message: "signal \(number) is not watched: the loop has stopped")
    }
    self.loop = loop
    self.body = body
    handle = .makeHandle()
    uv_signal_init(loop.uv, handle)
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let status = uv_signal_start(
      handle, { handle, _ in borrow(handle!.pointee.data, as: SignalWatch.self).body?() }, number)
    guard status == 0 else {
      cancel()
      throw LoopError(uv: status, "signal \(number) cannot be watched (SIGKILL and SIGSTOP never can)")
    }
    // A watch alone does not keep a loop alive.
    uv_unref(handle.handle)
  }

  /// Stops watching; the signal's earlier disposition comes back with the last watch. Idempotent.
  public func cancel() {
    loop.assertConfined()
    guard body != nil else { return }
    body = nil
    uv_close(handle.handle) { handle in
      Unmanaged<SignalWatch>.fromOpaque(handle!.pointee.data).release()
      UnsafeMutableRawPointer(handle!).deallocate()
    }
  }
}

extension EventLoop {
  /// Calls `body` on the loop whenever the process gets the signal. On the loop.
  ///
  /// - parameter number: for example `SIGTERM`, `SIGINT` or `SIGHUP`.
  /// - throws: ``LoopError`` for a signal that cannot be caught.
  @discardableResult
  public func onSignal(_ number: Int32, _ body: @escaping () -> Void) throws(LoopError) -> SignalWatch {
    try SignalWatch(loop: self, number: number, body: body)
  }
}
