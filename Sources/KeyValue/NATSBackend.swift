// State in NATS JetStream: the store of a process, and its two threads. docs/state-nats.md says what it promises.
internal import CNATS
public import EventLoop
internal import Glibc
internal import Synchronization

/// A JetStream key-value bucket that nodes share, near or through leaf nodes. Any thread.
///
/// cnats blocks, so two threads do its calls, in the order in which they come; at most two are under way at once. A
/// write with a condition takes two round trips, others one.
public final class NATSBackend: KeyValueBackend {
  private let session: NATSSession
  private let queue: NATSQueue
  private let threads: Mutex<[pthread_t]>

  /// Opens the library and tries to connect, for two seconds at most; a server that is not there is found later.
  ///
  /// - parameter url: `nats://[user:password@|token@]host[:port][,more]`, or `tls://…`; then
  ///   `?bucket=atoll&replicas=1&domain=NAME`, and for `tls` a file of trusted certificates, `ca=FILE`. What is not
  ///   plain is percent-encoded. A bucket that is not there is made.
  /// - throws: ``KeyValueError`` with code `configuration`: an address that cannot be read, cnats missing, a server
  ///   that refuses the user or takes too small messages. Quotes no password.
  public convenience init(url: String) throws(KeyValueError) {
    try self.init(url: url, clock: machineWallClock)
  }

  /// - parameter clock: what times to live are counted by.
  public init(url: String, clock: @escaping WallClock) throws(KeyValueError) {
    let session = try NATSSession(try NATSAddress(url), clock: clock)
    let queue = NATSQueue()
    var threads: [pthread_t] = []
    for _ in 0..<NATSLimits.threads { threads.append(Self.thread(session, queue)) }
    (self.session, self.queue) = (session, queue)
    self.threads = Mutex(threads)
  }

  deinit { close() }

  public func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection {
    NATSConnection(queue: queue, place: session.address.place, loop: loop)
  }

  public func close() {
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    guard !threads.isEmpty else { return }
    queue.close()
    // Ends the requests that are under way.
    session.disconnect()
    for thread in threads { pthread_join(thread, nil) }
  }

  // MARK: The threads

  private final class Work: Sendable {
    let session: NATSSession
    let queue: NATSQueue
    init(_ session: NATSSession, _ queue: NATSQueue) { (self.session, self.queue) = (session, queue) }

    func run() {
      while true {
        switch queue.take() {
        case .closed: return
        case .sweep:
          session.sweep()
          queue.hasSwept()
        case .operation(let submission):
          // Its loop has ended what is too late.
          let isAbandoned = submission.isAbandoned.load(ordering: .relaxed)
          if isAbandoned || submission.deadline <= monotonicNanoseconds() {
            queue.hasEnded(submission)
            continue
          }
          let result = session.perform(submission)
          // Before the answer, so that whoever goes on with it finds the room.
          queue.hasEnded(submission)
          submission.answer(result)
        }
      }
    }
  }

  private static func thread(_ session: NATSSession, _ queue: NATSQueue) -> pthread_t {
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { context in
        cnats_name_thread("state-nats")
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(Work(session, queue)).toOpaque())
    precondition(status == 0, "no thread could be made for NATS: \(String(cString: strerror(status)))")
    return thread
  }
}
