// The SQLite adapter under the conformance suite, and a file of a test's own.
import CSQLite
import Foundation
import KeyValue
import Testing

extension StoreKind {
  static let sqlite = StoreKind(name: "sqlite") { _ in SQLiteFixture(file: try TemporaryFile("state.db")) }
}

/// Each opening is a backend of its own, with its own writer: as another process has. There is no server to restart.
private final class SQLiteFixture: StoreFixture {
  private let file: TemporaryFile

  init(file: TemporaryFile) { self.file = file }

  func open() throws -> any KeyValueBackend { try SQLiteBackend(path: file.path) }
  func restart() {}
  func recordCount(namespace: String) throws -> Int? {
    Int(try file.query("SELECT count(*) FROM entries WHERE namespace = '\(namespace)'"))
  }
}

/// A path in a folder that is removed with the test.
final class TemporaryFile: Sendable {
  let folder: String
  let path: String

  init(_ name: String) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "atoll-kv-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = url.path
    path = url.appending(path: name).path
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The first column of the first row, or of a statement without rows 0: over a connection of its own.
  @discardableResult
  func query(_ sql: String) throws -> Int64 {
    let connection = try RawSQLite(path)
    return try connection.query(sql)
  }
}

/// A connection as another program has one.
final class RawSQLite {
  private var handle: OpaquePointer?

  init(_ path: String) throws {
    try #require(sqlite3_open(path, &handle) == SQLITE_OK)
    sqlite3_busy_timeout(handle, 5_000)
  }

  deinit { sqlite3_close_v2(handle) }

  @discardableResult
  func query(_ sql: String) throws -> Int64 {
    var statement: OpaquePointer?
    try #require(sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, "\(sql)")
    defer { sqlite3_finalize(statement) }
    let code = sqlite3_step(statement)
    try #require(code == SQLITE_ROW || code == SQLITE_DONE, "\(sql): \(code)")
    return code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0
  }
}
