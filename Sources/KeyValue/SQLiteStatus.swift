// What SQLite answered instead of rows, and what that means to a caller.
internal import CSQLite
internal import Glibc

/// A result code of SQLite's that is not success. Cheap to throw: reads on the loop do.
struct SQLiteStatus: Error {
  /// Extended, <https://www.sqlite.org/rescode.html>.
  let code: Int32
  /// The system's error number behind it, where there was one.
  let systemError: Int32

  init(_ code: Int32, _ handle: OpaquePointer?) {
    self.code = code
    systemError = handle.map { sqlite3_system_errno($0) } ?? 0
  }

  static let busy = SQLiteStatus(SQLITE_BUSY, nil)

  private var primary: Int32 { code & 0xFF }

  /// Does another connection stand in the way, so that the same may work a moment later?
  var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL }
  var isNotADatabase: Bool { primary == SQLITE_NOTADB }
  /// Would opening it again fail in the same way, because of what the path is?
  var isPathProblem: Bool {
    primary == SQLITE_CANTOPEN && [EISDIR, EACCES, EPERM, ENOTDIR, ELOOP].contains(systemError)
  }

  var isFull: Bool {
    primary == SQLITE_FULL
      || [SQLITE_IOERR, SQLITE_CANTOPEN].contains(primary) && [ENOSPC, EDQUOT, EFBIG].contains(systemError)
  }

  /// - parameter mayHaveHappened: whether what failed was a commit: how far it got is then not known.
  func error(_ path: String, mayHaveHappened: Bool = false) -> KeyValueError {
    if isFull {
      return KeyValueError(.full, "no room for the state in \(path): free space on its disk, or raise the quota")
    }
    if isBusy {
      return KeyValueError(.unavailable, "another process holds the state file \(path) locked: try again")
    }
    switch primary {
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      return KeyValueError(.corrupt, "the state file \(path) is damaged (\(text)): restore it from a copy")
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return KeyValueError(.configuration, "the state file \(path) cannot be written: check its owner, mode and disk")
    default:
      return KeyValueError(
        .unavailable, "the state file \(path) could not be used: \(text)", mayHaveHappened: mayHaveHappened)
    }
  }

  private var text: String {
    let meaning = String(cString: sqlite3_errstr(code))
    return systemError == 0 ? meaning : "\(meaning), \(String(cString: strerror(systemError)))"
  }
}
