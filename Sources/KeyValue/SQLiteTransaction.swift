// What the writer thread does to the file: a batch of writes in one transaction, and sweeps.
internal import CSQLite

/// Confined to the writer's thread.
final class SQLiteTransaction {
  private let database: SQLiteDatabase
  private let queries: SQLiteQueries
  private let beginning, committing, rollingBack: SQLiteStatement
  private let readCounter, writeCounter, put, delete, anyExpired, deleteExpired: SQLiteStatement
  private let clock: WallClock
  /// Pages that the write-ahead log had at the last commit; SQLite writes it.
  private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  /// Did the last transaction fail at its commit, other than for want of room? How far it got is then not known.
  private(set) var commitFailed = false

  init(_ database: SQLiteDatabase, clock: @escaping WallClock) throws(SQLiteStatus) {
    self.database = database
    self.clock = clock
    queries = try SQLiteQueries(database, clock: clock)
    beginning = try SQLiteStatement("BEGIN IMMEDIATE", database)
    committing = try SQLiteStatement("COMMIT", database)
    rollingBack = try SQLiteStatement("ROLLBACK", database)
    readCounter = try SQLiteStatement("SELECT version FROM counter", database)
    writeCounter = try SQLiteStatement("UPDATE counter SET version = ?1", database)
    put = try SQLiteStatement(
      """
      INSERT INTO entries (namespace, key, version, expires, value) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value
      """, database)
    delete = try SQLiteStatement("DELETE FROM entries WHERE namespace = ?1 AND key = ?2", database)
    anyExpired = try SQLiteStatement("SELECT 1 FROM entries WHERE expires <= ?1 LIMIT 1", database)
    deleteExpired = try SQLiteStatement(
      """
      DELETE FROM entries WHERE (namespace, key) IN
        (SELECT namespace, key FROM entries WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
      """, database)
    logPages.initialize(to: 0)
    // In the place of SQLite's own hook, which would copy the log into the file within the commit: see `checkpoint`.
    sqlite3_wal_hook(
      database.handle,
      { context, _, _, pages in
        context!.storeBytes(of: pages, as: Int32.self)
        return SQLITE_OK
      }, logPages)
  }

  deinit {
    sqlite3_wal_hook(database.handle, nil, nil)
    logPages.deallocate()
  }

  /// Copies the log into the file once it is long, which waits for the disk: when the writes have been answered.
  func checkpoint() {
    guard logPages.pointee >= KeyValueLimits.sqliteLogPagesMax else { return }
    // A failure shows at a later commit, which tries again.
    logPages.pointee = 0
    sqlite3_wal_checkpoint_v2(database.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
  }

  func read(_ operation: KeyValueOperation) throws(SQLiteStatus) -> KeyValueAnswer {
    switch operation.body {
    case .get(let key): return .entry(try queries.entry(operation.namespace, key))
    case .list(let prefix, let cursor, let limit):
      return try queries.page(operation.namespace, prefix, cursor, limit, visitedMax: .max)!
    case .put, .delete: preconditionFailure("a write is not a read")
    }
  }

  /// Gets the file for writing. False where another process has it.
  func begin() throws(SQLiteStatus) -> Bool {
    commitFailed = false
    do throws(SQLiteStatus) { try beginning.run() } catch {
      if error.isBusy { return false }
      throw error
    }
    return true
  }

  /// Does the operations in order and commits, after `begin`. When it throws, none was done.
  func write(
    _ operations: [KeyValueOperation]
  ) throws(SQLiteStatus) -> [Result<KeyValueAnswer, KeyValueError>] {
    do throws(SQLiteStatus) {
      guard try readCounter.step() else { throw SQLiteStatus(SQLITE_CORRUPT, nil) }
      let before = UInt64(bitPattern: readCounter.integer(0))
      readCounter.reset()
      var version = before
      var outcomes: [Result<KeyValueAnswer, KeyValueError>] = []
      outcomes.reserveCapacity(operations.count)
      for operation in operations { outcomes.append(try write(operation, &version)) }
      if version != before {
        writeCounter.bind(1, Int64(bitPattern: version))
        try writeCounter.run()
      }
      try commit()
      return outcomes
    } catch {
      readCounter.reset()
      // Some failures have rolled back already.
      if database.isInTransaction { try? rollingBack.run() }
      throw error
    }
  }

  private func commit() throws(SQLiteStatus) {
    do throws(SQLiteStatus) { try committing.run() } catch {
      commitFailed = !error.isFull && !error.isBusy
      throw error
    }
  }

  private func write(
    _ operation: KeyValueOperation, _ version: inout UInt64
  ) throws(SQLiteStatus) -> Result<KeyValueAnswer, KeyValueError> {
    let namespace = operation.namespace
    switch operation.body {
    case .put(let key, let value, let timeToLive, let condition):
      if condition != .none, !Self.holds(condition, try queries.version(namespace, key)) { return .failure(.conflict) }
      version += 1
      try put(namespace, key, value, version, expires: timeToLive.map { clock() &+ $0 })
      return .success(.written(version: version))
    case .delete(let key, let condition):
      let current = try queries.version(namespace, key)
      if !Self.holds(condition, current) { return .failure(.conflict) }
      try delete(namespace, key)
      return .success(.deleted(current != nil))
    case .get, .list: preconditionFailure("a read is not a write")
    }
  }

  private static func holds(_ condition: KeyValueCondition, _ current: UInt64?) -> Bool {
    switch condition {
    case .none: true
    case .absent: current == nil
    case .version(let version): current == version
    }
  }

  private func put(
    _ namespace: String, _ key: [UInt8], _ value: [UInt8], _ version: UInt64, expires: UInt64?
  ) throws(SQLiteStatus) {
    try namespace.utf8.span.withUnsafeBufferPointer { namespace throws(SQLiteStatus) in
      try key.withUnsafeBufferPointer { key throws(SQLiteStatus) in
        try value.withUnsafeBufferPointer { value throws(SQLiteStatus) in
          put.bind(1, text: namespace)
          put.bind(2, blob: key)
          put.bind(3, Int64(bitPattern: version))
          if let expires { put.bind(4, Int64(bitPattern: expires)) } else { put.bindNull(4) }
          put.bind(5, blob: value)
          try put.run()
        }
      }
    }
  }

  private func delete(_ namespace: String, _ key: [UInt8]) throws(SQLiteStatus) {
    try namespace.utf8.span.withUnsafeBufferPointer { namespace throws(SQLiteStatus) in
      try key.withUnsafeBufferPointer { key throws(SQLiteStatus) in
        delete.bind(1, text: namespace)
        delete.bind(2, blob: key)
        try delete.run()
      }
    }
  }

  /// Removes records that have expired, a bounded number, found by their index. Is there more?
  func sweep() throws(SQLiteStatus) -> Bool {
    let now = Int64(bitPattern: clock())
    // An idle node does not lock the file to find nothing.
    anyExpired.bind(1, now)
    defer { anyExpired.reset() }
    guard try anyExpired.step() else { return false }
    anyExpired.reset()
    deleteExpired.bind(1, now)
    deleteExpired.bind(2, Int64(KeyValueLimits.sweptKeysMax))
    try deleteExpired.run()
    return database.changes == KeyValueLimits.sweptKeysMax
  }
}
