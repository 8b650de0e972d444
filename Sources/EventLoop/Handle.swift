// C handle memory: how it is made, cast and given back.
internal import CUV

/// A C struct that begins like `uv_handle_t`.
protocol UVHandleLayout { init() }
extension uv_tcp_t: UVHandleLayout {}
extension uv_timer_t: UVHandleLayout {}
extension uv_poll_t: UVHandleLayout {}
extension uv_signal_t: UVHandleLayout {}
extension uv_prepare_t: UVHandleLayout {}
extension uv_check_t: UVHandleLayout {}
extension uv_idle_t: UVHandleLayout {}
extension cuv_connection_t: UVHandleLayout {}

extension UnsafeMutablePointer where Pointee: UVHandleLayout {
  /// Zeroed memory for one handle.
  static func makeHandle() -> Self {
    let pointer = Self.allocate(capacity: 1)
    pointer.initialize(to: Pointee())
    return pointer
  }

  /// The same memory as libuv's base type.
  var handle: UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
  }
}

/// Closes a handle; libuv keeps the memory until its callback, so it is freed there.
func closeAndFree(_ handle: UnsafeMutablePointer<uv_handle_t>) {
  uv_close(handle) { UnsafeMutableRawPointer($0!).deallocate() }
}

/// The object behind a callback's `data`, without a retain.
@inline(__always)
func borrow<Object: AnyObject>(_ data: UnsafeMutableRawPointer?, as: Object.Type) -> Object {
  Unmanaged<Object>.fromOpaque(data!)._withUnsafeGuaranteedRef { $0 }
}
