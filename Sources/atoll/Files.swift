// Files of the command itself: standard input, what `new` writes, what `dev` watches.

import Glibc

enum Files {
  static func standardInput() -> [UInt8] { readAll(STDIN_FILENO) }

  /// - parameter followingLinks: false where the path is one that the user did not write: a link there may lead anywhere.
  static func write(
    _ bytes: [UInt8], to path: String, makingFolders: Bool = false, followingLinks: Bool = true
  ) throws {
    if makingFolders {
      for (index, character) in zip(path.indices, path) where character == "/" && index != path.startIndex {
        guard unsafe mkdir(String(path[..<index]), 0o777) == 0 || errno == EEXIST else { throw problem("make", path) }
      }
    }
    let descriptor = unsafe open(
      path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW), 0o666)
    guard descriptor >= 0 else { throw problem("write", path) }
    defer { close(descriptor) }
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.write(descriptor, raw.baseAddress! + sent, raw.count - sent)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw problem("write", path) }
      sent += count
    }
  }

  /// Whether a folder of this name could be made, or is there and empty.
  static func isVacant(_ path: String) throws -> Bool {
    if unsafe access(path, F_OK) != 0 { return true }
    return try names(in: path).isEmpty
  }

  static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, hidden ones and build products apart, in order.
  static func names(in folder: String) throws -> [String] {
    guard let directory = unsafe opendir(folder) else { throw problem("read", folder) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { raw in
        unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func problem(_ verb: String, _ path: String) -> Failure {
    Failure(.usage, "cannot \(verb) \(path): \(unsafe String(cString: strerror(errno)))")
  }
}
