// The clock that makes a busy guest yield: a thread that looks on while guests run, and sleeps while none does.
internal import CWasmtime
internal import Glibc
internal import Synchronization

/// Advances the engine's epoch once a guest has run for a millisecond without a pause.
///
/// Each loop owns a word in which it writes when the running guest was entered. The thread reads those words: it
/// advances the epoch only for a guest that really ran that long, so that a fresh call of 10 µs is never interrupted
/// by somebody else's tick, and it knows when to look next. A call pays one atomic exchange and two plain accesses;
/// a futex call is made only where the thread had gone to sleep (20 ms after the last guest).
final class EpochClock: Sendable {
  private struct Slots { var free: [Int]; var used = 0 }

  nonisolated(unsafe) private let slots: UnsafeMutablePointer<atoll_epoch_slot_t>
  nonisolated(unsafe) let sleeper: UnsafeMutablePointer<atoll_epoch_sleeper_t>
  nonisolated(unsafe) private let engine: OpaquePointer
  private let owned = Mutex(Slots(free: []))
  private let used = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let ticks = Atomic<UInt64>(0)
  nonisolated(unsafe) private let thread: UnsafeMutablePointer<pthread_t>

  init(engine: OpaquePointer) {
    self.engine = engine
    // Cache lines of their own: 128 bytes covers the adjacent-line prefetcher.
    let line = MemoryLayout<atoll_epoch_slot_t>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: line * (SandboxLimits.loopsMax + 1), alignment: 128)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: line * (SandboxLimits.loopsMax + 1))
    sleeper = memory.assumingMemoryBound(to: atoll_epoch_sleeper_t.self)
    slots = (memory + line).assumingMemoryBound(to: atoll_epoch_slot_t.self)
    thread = .allocate(capacity: 1)
    thread.initialize(to: pthread_t())
    let status = pthread_create(
      thread, nil,
      { context in
        let clock = Unmanaged<EpochClock>.fromOpaque(context!).takeRetainedValue()
        clock.run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(status == 0, "no thread for the epoch clock: errno \(status)")
  }

  /// Ends the thread; the engine must live until this returns.
  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    atoll_epoch_wake(sleeper)
    pthread_join(thread.pointee, nil)
  }

  deinit {
    thread.deallocate()
    UnsafeMutableRawPointer(sleeper).deallocate()
  }

  /// A word for one loop.
  func claim() -> UnsafeMutablePointer<atoll_epoch_slot_t> {
    let index = owned.withLock { state -> Int in
      if let index = state.free.popLast() { return index }
      precondition(state.used < SandboxLimits.loopsMax, "more than \(SandboxLimits.loopsMax) loops share an engine")
      state.used += 1
      used.store(state.used, ordering: .sequentiallyConsistent)
      return state.used - 1
    }
    return slots + index
  }

  func release(_ slot: UnsafeMutablePointer<atoll_epoch_slot_t>) {
    atoll_epoch_leave(slot, 0)
    owned.withLock { $0.free.append(slot - slots) }
  }

  /// Whether the thread sleeps because no guest runs; for tests and metrics.
  var isAsleep: Bool { atoll_epoch_is_asleep(sleeper) }
  /// How often the epoch was advanced; for tests and metrics.
  var advances: UInt64 { ticks.load(ordering: .relaxed) }

  private func run() {
    atoll_prepare_epoch_thread()
    var seen = [UInt64](repeating: 0, count: SandboxLimits.loopsMax)
    var lastActivity = atoll_monotonic_nanoseconds()
    while !stopping.load(ordering: .acquiring) {
      let now = atoll_monotonic_nanoseconds()
      var next = now + SandboxLimits.epochNanoseconds
      var isActive = false
      var isDue = false
      for index in 0..<used.load(ordering: .acquiring) {
        let slice = atoll_epoch_read(slots + index)
        if slice & 1 == 1 {
          isActive = true
          let due = slice + SandboxLimits.epochNanoseconds
          if due <= now { isDue = true } else { next = min(next, due) }
        }
        if slice != seen[index] {
          seen[index] = slice
          isActive = true
        }
      }
      if isDue {
        wasmtime_engine_increment_epoch(engine)
        ticks.wrappingAdd(1, ordering: .relaxed)
      }
      if isActive { lastActivity = now }
      if now - lastActivity > SandboxLimits.epochLingerNanoseconds {
        sleepUntilAGuestRuns()
        lastActivity = atoll_monotonic_nanoseconds()
      } else {
        // Not below 50 µs: a guest that is entered right now is due in a millisecond anyway.
        atoll_nap(max(next - now, 50_000))
      }
    }
  }

  private func sleepUntilAGuestRuns() {
    atoll_epoch_mark_asleep(sleeper, true)
    // Look again after saying so: a loop that entered a guest in between saw nobody asleep.
    let isRunning = (0..<used.load(ordering: .sequentiallyConsistent)).contains {
      atoll_epoch_read(slots + $0) & 1 == 1
    }
    if isRunning || stopping.load(ordering: .sequentiallyConsistent) {
      atoll_epoch_mark_asleep(sleeper, false)
    } else {
      atoll_epoch_sleep(sleeper)
      atoll_epoch_mark_asleep(sleeper, false)
    }
  }
}
