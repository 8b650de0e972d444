// Reading files: whole, bounded, with the reason in words. The only system calls of this module.
internal import Glibc

/// A file that could not be read or written.
public struct FileError: Error, Sendable, CustomStringConvertible {
  public let path: String
  /// The system's words, or ours.
  public let reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}

package enum Files {
  /// Reads a regular file of at most `limit` bytes.
  package static func read(_ path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(path: path, reason: reason(errno)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError(path: path, reason: "it is a folder")
    default: throw FileError(path: path, reason: "it is not a regular file")
    }
    guard status.st_size <= limit else {
      throw FileError(path: path, reason: "it has \(status.st_size) bytes, more than \(limit)")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size) + 1)
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, reason: reason(errno)) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else { throw FileError(path: path, reason: "it has more than \(limit) bytes") }
    }
  }

  /// Reads `path` under `folder`, with links followed only while they stay inside.
  package static func read(_ path: String, inside folder: String, atMost limit: Int) throws(FileError) -> [UInt8] {
    let root = try real(folder)
    let target = try real(folder + "/" + path)
    guard isInside(target, folder: root) else {
      throw FileError(path: path, reason: "it lies outside \(folder)")
    }
    return try read(target, atMost: limit)
  }

  /// Makes one folder, for its owner alone; one that is there already stays as it is.
  package static func makeFolder(_ path: String) throws(FileError) {
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(path: path, reason: reason(errno)) }
  }

  /// Whether it is a regular file that this process may execute.
  package static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  /// When a file was last changed, in nanoseconds since 1970; nil where there is none.
  package static func lastChange(_ path: String) -> Int64? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return max(nanoseconds(status.st_mtim), nanoseconds(status.st_ctim))
  }

  /// Now, on the clock of ``lastChange(_:)``.
  package static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Whether a real path lies below a real folder. Bytes are compared, as the system compares them: two spellings of
  /// one letter are one String and two folders.
  package static func isInside(_ path: String, folder: String) -> Bool {
    path.utf8.starts(with: (folder == "/" ? folder : folder + "/").utf8)
  }

  /// The path without links, `.` and `..`; the file must exist.
  package static func real(_ path: String) throws(FileError) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw FileError(path: path, reason: reason(errno)) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  package static let noSuchFile = reason(ENOENT)

  /// The system's words for an error number, in lower case, as they stand in the middle of a sentence.
  package static func reason(_ number: Int32) -> String {
    let text = unsafe String(cString: strerror(number))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
