// One connection to a SQLite file, and its prepared statements. Confined to one thread at a time.
internal import CSQLite

/// Opened without SQLite's own mutex: whoever has it keeps it to one thread. Closed when it is dropped.
final class SQLiteDatabase {
  let handle: OpaquePointer

  /// The file must be there. Opens it without reading it: a file that is no database shows at the first statement.
  init(_ path: String, isReadOnly: Bool) throws(SQLiteStatus) {
    var handle: OpaquePointer?
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE)
    let code = sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK, let handle else {
      let status = SQLiteStatus(code, handle)
      sqlite3_close_v2(handle)
      throw status
    }
    self.handle = handle
    // Nobody waits inside SQLite: who must wait decides himself how long.
    sqlite3_busy_timeout(handle, 0)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Statements without parameters, whose rows do not matter.
  func run(_ sql: String) throws(SQLiteStatus) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteStatus(code, handle) }
  }

  /// The first column of the first row.
  func integer(_ sql: String) throws(SQLiteStatus) -> Int64 {
    let statement = try SQLiteStatement(sql, self)
    defer { statement.reset() }
    return try statement.step() ? statement.integer(0) : 0
  }

  /// The first column of the first row.
  func text(_ sql: String) throws(SQLiteStatus) -> String {
    let statement = try SQLiteStatement(sql, self)
    defer { statement.reset() }
    guard try statement.step(), let text = sqlite3_column_text(statement.pointer, 0) else { return "" }
    return String(cString: text)
  }

  /// Does it stand in a transaction? A failed statement may have ended it.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
  /// Rows that the last statement changed.
  var changes: Int { Int(sqlite3_changes(handle)) }
}

/// A prepared statement, kept for the life of its connection. One owner, which finalizes it: a copy would be used after.
struct SQLiteStatement: ~Copyable {
  let pointer: OpaquePointer
  /// A statement does not outlive its connection.
  private let database: SQLiteDatabase

  init(_ sql: String, _ database: SQLiteDatabase) throws(SQLiteStatus) {
    var pointer: OpaquePointer?
    let code = sqlite3_prepare_v3(database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
    guard code == SQLITE_OK, let pointer else { throw SQLiteStatus(code, database.handle) }
    self.pointer = pointer
    self.database = database
  }

  deinit { sqlite3_finalize(pointer) }

  /// Is there a row?
  @inline(__always)
  func step() throws(SQLiteStatus) -> Bool {
    let code = sqlite3_step(pointer)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    throw SQLiteStatus(code, database.handle)
  }

  /// Ends the statement's transaction. What was bound stays bound, but is not read before it is bound anew.
  @inline(__always)
  func reset() { sqlite3_reset(pointer) }

  /// Runs a statement that gives no rows.
  func run() throws(SQLiteStatus) {
    defer { reset() }
    _ = try step()
  }

  @inline(__always)
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

  func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(pointer, index, value) }
  func bindNull(_ index: Int32) { sqlite3_bind_null(pointer, index) }

  /// Bytes that stay where they are until `reset`: nothing is copied (the nil is SQLITE_STATIC).
  @inline(__always)
  func bind(_ index: Int32, blob bytes: UnsafeBufferPointer<UInt8>) {
    // No address would mean NULL, which is not an empty value.
    if bytes.isEmpty {
      sqlite3_bind_zeroblob(pointer, index, 0)
    } else {
      sqlite3_bind_blob(pointer, index, bytes.baseAddress, Int32(bytes.count), nil)
    }
  }
  @inline(__always)
  func bind(_ index: Int32, text bytes: UnsafeBufferPointer<UInt8>) {
    bytes.withMemoryRebound(to: CChar.self) {
      _ = sqlite3_bind_text(pointer, index, $0.baseAddress, Int32($0.count), nil)
    }
  }

  /// A copy of a column's bytes: SQLite's own are gone after the next step.
  @inline(__always)
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(pointer, column) else { return [] }
    let count = Int(sqlite3_column_bytes(pointer, column))
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(from: start, byteCount: count)
      initialized = count
    }
  }
}
