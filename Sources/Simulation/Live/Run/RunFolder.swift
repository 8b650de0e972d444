// The folder of one live run: logs, stores, topologies, keys. System calls.

internal import Bundles
internal import Glibc
internal import Manifests

/// A folder of a run's own under the system's temporary one, for this user alone.
struct RunFolder: Sendable {
  let path: String

  /// - parameter parent: usually `TMPDIR`, else `/tmp`.
  init(in parent: String) throws(SimulationError) {
    let digits = String(UInt64.random(in: .min ... .max), radix: 36)
    path = "\(parent)/atoll-sim-\(getpid())-\(digits)"
    let path = path
    try Self.wrapping { () throws(FileError) in try Files.makeFolder(path) }
  }

  /// Makes a folder in it and answers its path.
  func folder(_ name: String) throws(SimulationError) -> String {
    let folder = "\(path)/\(name)"
    try Self.wrapping { () throws(FileError) in try Files.makeFolder(folder) }
    return folder
  }

  /// Writes a file in it and answers its path.
  func write(_ text: String, to name: String) throws(SimulationError) -> String {
    let file = "\(path)/\(name)"
    try Self.wrapping { () throws(FileError) in try OutputFile.write(Array(text.utf8), to: file) }
    return file
  }

  /// Removes it and all that is in it; what cannot be removed stays.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if unsafe unlink(path) == 0 { return }
    for name in Folder.names(in: path) { remove("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  static func wrapping<T>(_ body: () throws(FileError) -> T) throws(SimulationError) -> T {
    do { return try body() } catch {
      throw SimulationError(.file, "\(error.path) cannot be written for the run: \(error.reason)")
    }
  }
}

/// The file by which a node's wall clock is set wrong while it runs; see `ClockOffset`. System calls.
struct ClockFile: Sendable {
  let path: String

  init(_ path: String) throws(SimulationError) {
    self.path = path
    try RunFolder.wrapping { () throws(FileError) in try OutputFile.write([UInt8](repeating: 0, count: 8), to: path) }
  }

  /// How far the clock is ahead from now on. Written in place: the node has the file mapped.
  func set(milliseconds: Int) throws(SimulationError) {
    let nanoseconds = Int64(milliseconds) * 1_000_000
    try RunFolder.wrapping { () throws(FileError) in
      let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileError(path: path, reason: Files.reason(errno)) }
      defer { close(descriptor) }
      // The order of every machine that nodes run on.
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: nanoseconds >> (8 * $0)) }
      guard unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
        throw FileError(path: path, reason: Files.reason(errno))
      }
    }
  }
}
