// The tables of a state file: set up, told apart from other files, brought up to date.
internal import CSQLite
internal import Glibc

enum SQLiteSchema {
  /// "Atll": marks the file as ours, <https://www.sqlite.org/pragma.html#pragma_application_id>.
  static let applicationID: Int64 = 0x4174_6C6C

  /// Step n brings a file of version n to n + 1. Steps are only ever added.
  ///
  /// `entries` has no rowid, so that a get is one descent; versions come from one counter, so that they never restart.
  static let steps = [
    """
    CREATE TABLE entries (
      namespace TEXT NOT NULL,
      key BLOB NOT NULL,
      version INTEGER NOT NULL,
      expires INTEGER,
      value BLOB NOT NULL,
      PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID;
    CREATE INDEX entries_by_expiry ON entries (expires) WHERE expires IS NOT NULL;
    CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
    INSERT INTO counter VALUES (1, 0);
    """
  ]

  /// `synchronous = NORMAL`: a commit is handed to the kernel and not waited for on the disk. What was acknowledged
  /// outlives the process however it ends; a loss of power may cost the last commits, and never damages the file.
  private static let settings = """
    PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = \(KeyValueLimits.sqliteLogBytesMax);
    PRAGMA trusted_schema = OFF;
    """

  /// Opens the file for the writer, made and set up where it is not there. Waits a while for another process that is
  /// doing the same. Blocks.
  static func open(_ path: String, pagesMax: Int?) throws(KeyValueError) -> SQLiteDatabase {
    try make(path)
    let opened: Result<SQLiteDatabase, KeyValueError>
    do throws(SQLiteStatus) {
      opened = try patiently { () throws(SQLiteStatus) in try setUp(path, pagesMax) }
    } catch {
      if error.isNotADatabase {
        throw KeyValueError(.configuration, "\(path) is not a SQLite file: name another path for the state")
      }
      if error.isPathProblem {
        let reason = String(cString: strerror(error.systemError))
        throw KeyValueError(.configuration, "the state file \(path) cannot be opened: \(reason)")
      }
      throw error.error(path)
    }
    return try opened.get()
  }

  /// The file, readable by its owner alone: state is nobody else's business. SQLite gives its two other files the same
  /// mode. A file that is there is not opened here: closing it again would drop the locks that other connections of
  /// this process have on it (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
  private static func make(_ path: String) throws(KeyValueError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      Glibc.close(descriptor)
    } else if errno != EEXIST {
      let reason = String(cString: strerror(errno))
      throw KeyValueError(
        [ENOSPC, EDQUOT].contains(errno) ? .full : .configuration, "the state file \(path) cannot be made: \(reason)")
    }
  }

  private static func setUp(
    _ path: String, _ pagesMax: Int?
  ) throws(SQLiteStatus) -> Result<SQLiteDatabase, KeyValueError> {
    let database = try SQLiteDatabase(path, isReadOnly: false)
    // Before anything is changed in a file that may be somebody else's.
    if let stranger = try stranger(database, path) { return .failure(stranger) }
    if sqlite3_db_readonly(database.handle, "main") != 0 { throw SQLiteStatus(SQLITE_READONLY, nil) }
    guard try database.text("PRAGMA journal_mode = WAL") == "wal" else {
      return .failure(
        KeyValueError(
          .configuration, "\(path) is on a disk that cannot share a state file between processes: use a local disk"))
    }
    try database.run(settings)
    if let pagesMax { try database.run("PRAGMA max_page_count = \(pagesMax)") }
    try migrate(database)
    return .success(database)
  }

  /// Looked at in one transaction: between two of these looks another process may set the file up, and then its tables
  /// would seem to be somebody else's.
  private static func stranger(_ database: SQLiteDatabase, _ path: String) throws(SQLiteStatus) -> KeyValueError? {
    try database.run("BEGIN")
    defer { try? database.run("ROLLBACK") }
    let version = try database.integer("PRAGMA user_version")
    let application = try database.integer("PRAGMA application_id")
    if application != applicationID {
      if application == 0, version == 0, try database.integer("SELECT count(*) FROM sqlite_schema") == 0 { return nil }
      return KeyValueError(
        .configuration, "\(path) is a SQLite file of another program: name another path for the state")
    }
    guard version <= steps.count else {
      return KeyValueError(
        .configuration,
        "\(path) was written by a newer atoll (its schema is \(version), this one knows \(steps.count)): "
          + "run that version, or name another path")
    }
    return nil
  }

  /// All steps in one transaction: a process that ends in the middle leaves the file as it was.
  private static func migrate(_ database: SQLiteDatabase) throws(SQLiteStatus) {
    if try database.integer("PRAGMA user_version") == steps.count { return }
    try database.run("BEGIN IMMEDIATE")
    do throws(SQLiteStatus) {
      // Looked at again: another process may have been faster.
      let version = Int(try database.integer("PRAGMA user_version"))
      if version < steps.count {
        for step in steps[version...] { try database.run(step) }
        try database.run("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(steps.count)")
      }
      try database.run("COMMIT")
    } catch {
      try? database.run("ROLLBACK")
      throw error
    }
  }

  /// Again while another process has the file locked.
  private static func patiently<T>(_ body: () throws(SQLiteStatus) -> T) throws(SQLiteStatus) -> T {
    var attempts = KeyValueLimits.sqliteOpenMilliseconds / 10
    while true {
      do throws(SQLiteStatus) { return try body() } catch {
        guard error.isBusy, attempts > 0 else { throw error }
        attempts -= 1
        usleep(10_000)
      }
    }
  }
}
