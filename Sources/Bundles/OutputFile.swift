// Writing files so that nobody ever sees a part of one, and folders that are gone when the work is done.
internal import Glibc
package import Manifests

package enum OutputFile {
  /// Writes beside the target and renames. Folders on the way are made.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let folder = folder(of: path)
    try makeFolder(folder)
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: temporary, reason: Files.reason(errno)) }
    do throws(FileError) {
      try write(bytes, to: descriptor, temporary)
      guard close(descriptor) == 0 else { throw FileError(path: temporary, reason: Files.reason(errno)) }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    guard unsafe rename(temporary, path) == 0 else {
      let reason = Files.reason(errno)
      unsafe unlink(temporary)
      throw FileError(path: path, reason: reason)
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        let reason = Files.reason(errno)
        close(descriptor)
        throw FileError(path: path, reason: reason)
      }
      written += count
    }
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(FileError) {
    if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    let parent = folder(of: path)
    guard errno == ENOENT, parent != path else { throw FileError(path: path, reason: Files.reason(errno)) }
    try makeFolder(parent)
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw FileError(path: path, reason: Files.reason(errno))
    }
  }

  /// The folder a path lies in; "." for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  static func name(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }
}

/// A folder of our own under the system's temporary one. Removed, with the files in it, when it goes out of scope:
/// a second owner would lose its files, hence not copyable.
struct ScratchFolder: ~Copyable {
  let path: String

  init() throws(FileError) {
    let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/atoll-build-XXXXXX\0".utf8CString.dropLast())
    guard unsafe template.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress!) }) != nil else {
      throw FileError(path: root, reason: Files.reason(errno))
    }
    path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in Folder.names(in: path) { unsafe unlink(path + "/" + name) }
    unsafe rmdir(path)
  }
}

package enum Folder {
  /// The names in a folder, ascending by their bytes; empty where it cannot be read.
  package static func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
