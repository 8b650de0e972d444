// A descriptor that somebody else reads and writes: the loop says when. For C libraries with sockets of their own.
internal import CUV

/// Tells when a descriptor can be read or written. Confined to its loop's thread; it lasts until ``close()`` or the
/// loop's end, and the loop keeps it alive until then. It does not own the descriptor, which becomes non-blocking.
///
/// Level-triggered: what is ready and not taken is told again in the next turn. A change of ``interest`` costs two
/// system calls, telling costs none beyond the turn's own poll.
public final class DescriptorWatch: @unchecked Sendable {
  public struct Events: OptionSet, Sendable, Hashable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// There are bytes, or the end.
    public static let readable = Events(rawValue: Int32(UV_READABLE.rawValue))
    public static let writable = Events(rawValue: Int32(UV_WRITABLE.rawValue))
    /// Told, never asked for: the socket has an error, which the next read or write will give.
    public static let failed = Events(rawValue: 1 << 16)
  }

  public let descriptor: Int32
  /// What is to be told; nothing at first. Empty again, by itself, after `failed`, so that an error that nobody takes
  /// does not keep the loop busy. Setting what is set already is free.
  public var interest: Events = [] {
    didSet { if interest != oldValue { apply() } }
  }
  public private(set) var isClosed = false

  private let loop: EventLoop
  private let handle: UnsafeMutablePointer<uv_poll_t>
  private var onReady: ((Events) -> Void)?

  /// Watches for nothing yet. On the loop.
  ///
  /// - parameter onReady: told on the loop; it may close the watch, and the descriptor after that.
  /// - throws: ``LoopError`` for a descriptor that cannot be polled (`EPERM`: a plain file), or is watched already
  ///   (`EEXIST`), or once the loop has stopped (`ECANCELED`).
  public init(loop: EventLoop, descriptor: Int32, onReady: @escaping (Events) -> Void) throws(LoopError) {
    loop.assertConfined()
    guard !loop.isTearingDown else {
      throw LoopError(.canceled, message: "descriptor \(descriptor) is not watched: the loop has stopped")
    }
    let handle = UnsafeMutablePointer<uv_poll_t>.makeHandle()
    let status = uv_poll_init(loop.uv, handle, descriptor)
    guard status == 0 else {
      handle.deallocate()
      throw LoopError(uv: status, "descriptor \(descriptor) cannot be watched")
    }
    self.loop = loop
    self.descriptor = descriptor
    self.handle = handle
    self.onReady = onReady
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  /// Watches no more, at once: when this returns, the descriptor may be closed. Idempotent.
  public func close() {
    loop.assertConfined()
    guard !isClosed else { return }
    isClosed = true
    uv_close(handle.handle) { handle in
      Unmanaged<DescriptorWatch>.fromOpaque(handle!.pointee.data).release()
      UnsafeMutableRawPointer(handle!).deallocate()
    }
    // Only now: with it may go whoever owns the descriptor.
    onReady = nil
  }

  private func apply() {
    loop.assertConfined()
    guard !isClosed else { return }
    guard !interest.isEmpty else {
      uv_poll_stop(handle)
      return
    }
    uv_poll_start(handle, interest.rawValue & (Events.readable.rawValue | Events.writable.rawValue)) {
      handle, status, events in
      let watch = borrow(handle!.pointee.data, as: DescriptorWatch.self)
      if status == 0 { return watch.tell(Events(rawValue: events)) }
      // libuv has stopped polling.
      watch.interest = []
      watch.tell(.failed)
    }
  }

  private func tell(_ events: Events) {
    // The body may close the watch, which drops it.
    let onReady = onReady
    onReady?(events)
  }
}
