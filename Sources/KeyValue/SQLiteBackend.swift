// The store in one file on this machine: the default of a node that has no other.
internal import CSQLite
public import EventLoop

/// A store in a SQLite file, in WAL mode: several loops, several backends and several processes can have one file open.
///
/// Reads are done on the loop over a read-only connection of its own, within `perform`, and wait for no lock. Writes go
/// to one thread of this backend, which commits together what waits. Any thread.
///
/// An acknowledged write outlives the process however it ends. A loss of power may cost the last writes, never the file.
public final class SQLiteBackend: KeyValueBackend {
  private let path: String
  private let clock: WallClock
  private let queue = SQLiteQueue()
  private let writer: SQLiteWriter

  /// Opens the file, makes it (readable by its owner alone) where it is not there, brings its schema up to date and
  /// starts the thread. Blocks, for seconds where another process has the file locked.
  ///
  /// - throws: `configuration` for a file that cannot be used as it is: no permission, no SQLite file, another
  ///   program's, or one of a newer version; `unavailable` where it stays locked.
  public convenience init(path: String, clock: @escaping WallClock = machineWallClock) throws(KeyValueError) {
    try self.init(path: path, clock: clock, pagesMax: nil)
  }

  /// - parameter pagesMax: the size that the file may have, in pages of 4 KiB, as if its disk ended there.
  init(path: String, clock: @escaping WallClock = machineWallClock, pagesMax: Int?) throws(KeyValueError) {
    csqlite_prepare()
    if path.isEmpty || path.utf8.contains(0) {
      throw KeyValueError(.configuration, "the state file's path is empty or holds a zero byte")
    }
    // Not ":memory:" nor "file:…": SQLite takes these names for something else.
    let path = path.hasPrefix("/") ? path : "./" + path
    self.path = path
    self.clock = clock
    writer = try SQLiteWriter(path, queue: queue, clock: clock, pagesMax: pagesMax)
    writer.start()
  }

  public func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection {
    try SQLiteConnection(path, loop: loop, queue: queue, clock: clock)
  }

  /// Commits what was handed in, and ends the thread. Idempotent.
  public func close() {
    queue.close()
    writer.join()
  }

  deinit { close() }
}
