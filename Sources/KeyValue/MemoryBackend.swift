// The store that is gone with its process: for tests, for the simulator, and for a node that may forget.
public import EventLoop
internal import Synchronization

/// A store in the memory of the process. All connections and all loops see one state, at once: a write that was
/// answered is seen by every read that begins afterwards. Nothing outlives the process.
///
/// Any thread; every operation holds one mutex, and a `put` of a new key costs a move of the keys behind it.
public final class MemoryBackend: KeyValueBackend {
  private let clock: WallClock
  private let table: Mutex<MemoryTable>

  /// - parameter bytesMax: keys and values over this are refused with `full`.
  public init(clock: @escaping WallClock = machineWallClock, bytesMax: Int = KeyValueLimits.memoryBytesMax) {
    self.clock = clock
    table = Mutex(MemoryTable(bytesMax: bytesMax))
  }

  /// Does an operation, already checked, here and now. For whoever has no loop, such as the simulator.
  public func perform(_ operation: KeyValueOperation) -> Result<KeyValueAnswer, KeyValueError> {
    let now = clock()
    return table.withLock { table in
      table.sweep(now: now)
      return table.perform(operation, now: now)
    }
  }

  /// Records that are held, expired ones that have not been swept among them.
  public var recordCount: Int { table.withLock { $0.recordCount } }

  public func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection {
    MemoryConnection(backend: self, loop: loop)
  }

  public func close() {}
}

/// Answers within `perform`.
final class MemoryConnection: KeyValueConnection {
  private let backend: MemoryBackend
  private let loop: EventLoop
  private var isClosed = false

  init(backend: MemoryBackend, loop: EventLoop) {
    self.backend = backend
    self.loop = loop
  }

  func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion) {
    if isClosed { return completion(.failure(.connectionClosed)) }
    if deadline <= loop.now { return completion(.failure(.tooLate)) }
    completion(backend.perform(operation))
  }

  func close() { isClosed = true }
}
