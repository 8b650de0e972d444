// Blocking work on libuv's thread pool.
internal import CUV

extension EventLoop {
  /// Runs `body` on libuv's thread pool and comes back with what it returned or threw. Any thread.
  ///
  /// For what blocks: compiling a module, reading a large file. The pool has four threads for the whole process
  /// (`UV_THREADPOOL_SIZE`) and waking the loop from it takes tens of microseconds: keep it off the path of a request.
  /// `body` is not interrupted when the task is cancelled or the loop stops; the loop waits for it.
  public func work<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let outcome = await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<T, any Error>, Never>) in
      let item = WorkItem { () -> () -> Void in
        let result = Result { try body() }
        return { continuation.resume(returning: result) }
      }
      if isOnLoop { item.queue(on: self) } else { execute { item.queue(on: self) } }
    }
    return try outcome.get()
  }
}

/// One piece of work: its request's memory, and a body whose answer finishes it on the loop.
private final class WorkItem: @unchecked Sendable {
  private let body: () -> () -> Void
  private var finish: (() -> Void)?

  init(_ body: @escaping () -> () -> Void) { self.body = body }

  func queue(on loop: EventLoop) {
    let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
    request.initialize(to: uv_work_t())
    request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let status = uv_queue_work(
      loop.uv, request,
      { request in
        let item = borrow(request!.pointee.data, as: WorkItem.self)
        item.finish = item.body()
      },
      { request, _ in
        let item = Unmanaged<WorkItem>.fromOpaque(request!.pointee.data).takeRetainedValue()
        request!.deallocate()
        item.finish?()
      })
    // The only failure is a missing callback.
    precondition(status == 0, "uv_queue_work refused its callbacks")
  }
}
