// Several loops, one per core by default.

/// The loops of a process, each with a thread of its own.
public struct EventLoops: Sendable {
  public let loops: [EventLoop]

  /// Makes `count` loops that do not run yet; by default one for each core that this process may use.
  public init(count: Int = EventLoop.recommendedCount) throws(LoopError) {
    precondition(count > 0, "a process needs at least one loop")
    var loops: [EventLoop] = []
    for _ in 0..<count { loops.append(try EventLoop()) }
    self.loops = loops
  }

  /// Runs each loop on its thread, named `loop-0` and so on.
  public func start() {
    for (index, loop) in loops.enumerated() { loop.start(name: "loop-\(index)") }
  }

  /// Ends them all; see ``EventLoop/stop()``.
  public func stop() {
    for loop in loops { loop.stop() }
  }

  /// Waits until all have ended.
  public func join() {
    for loop in loops { loop.join() }
  }
}
