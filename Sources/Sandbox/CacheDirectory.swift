// The directory that compiled modules are read from. What is in it is run as machine code, so it is opened once,
// checked link by link, held as a descriptor, and every file is reached through that descriptor.
internal import CWasmtime
internal import Glibc

/// An open, checked cache directory. May be used from every thread.
///
/// Refused: a directory that is a link, that another user owns, or that group or others may write; and one below a
/// directory that somebody else could use to swap it: owned by another user than root or us, or writable by group or
/// others. A sticky parent such as /tmp is accepted, since there nobody else can rename or remove what we own.
final class CacheDirectory: Sendable {
  let path: String
  let descriptor: Int32

  /// Makes the last components where they are missing, with mode 0700.
  /// - Throws: `.cacheRefused` where it is not safe, `.cacheFailed` where it cannot be made or opened.
  init(_ path: String) throws(SandboxError) {
    self.path = path
    guard path.hasPrefix("/") else {
      throw SandboxError(.cacheRefused, "cache directory \(path) is not an absolute path; write it from the root")
    }
    var components = path.split(separator: "/").map(String.init)
    guard let last = components.popLast(), !components.contains(".."), last != ".." else {
      throw SandboxError(.cacheRefused, "cache directory \(path) must name a directory below the root, without `..`")
    }
    let parent = try Self.openParent(components, of: path)
    defer { close(parent) }
    descriptor = try Self.openLast(last, in: parent, path: path)
  }

  deinit { close(descriptor) }

  /// Opens the chain above the directory. Links among the parents are followed once (`/home` may be one), and the
  /// chain they lead to is then walked without any.
  private static func openParent(_ components: [String], of path: String) throws(SandboxError) -> Int32 {
    var existing = components
    var missing: [String] = []
    var resolved = "/"
    while !existing.isEmpty {
      if let real = realpath("/" + existing.joined(separator: "/"), nil) {
        resolved = String(cString: real)
        free(real)
        break
      }
      missing.insert(existing.removeLast(), at: 0)
    }
    var current = open("/", atoll_open_path | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { throw failure(path, "the root cannot be opened") }
    var walked = ""
    do throws(SandboxError) {
      try checkParent(current, "/", of: path)
      for component in resolved.split(separator: "/").map(String.init) + missing {
        walked += "/" + component
        if missing.contains(component), mkdirat(current, component, 0o700) != 0, errno != EEXIST {
          throw failure(path, "\(walked) cannot be made")
        }
        let next = openat(current, component, atoll_open_path | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard next >= 0 else { throw failure(path, "\(walked) cannot be opened") }
        close(current)
        current = next
        try checkParent(current, walked, of: path)
      }
    } catch {
      close(current)
      throw error
    }
    return current
  }

  private static func checkParent(_ descriptor: Int32, _ name: String, of path: String) throws(SandboxError) {
    let state = try state(of: descriptor, path)
    guard state.st_uid == 0 || state.st_uid == geteuid() else {
      throw refusal(path, "its parent \(name) belongs to user \(state.st_uid)")
    }
    guard state.st_mode & 0o022 == 0 || state.st_mode & S_ISVTX != 0 else {
      throw refusal(path, "its parent \(name) may be written by others (mode \(octal(state.st_mode)))")
    }
  }

  private static func openLast(_ name: String, in parent: Int32, path: String) throws(SandboxError) -> Int32 {
    if mkdirat(parent, name, 0o700) != 0, errno != EEXIST { throw failure(path, "it cannot be made") }
    var link = stat()
    guard fstatat(parent, name, &link, AT_SYMLINK_NOFOLLOW) == 0 else { throw failure(path, "it cannot be read") }
    guard link.st_mode & S_IFMT != S_IFLNK else { throw refusal(path, "it is a link") }
    guard link.st_mode & S_IFMT == S_IFDIR else { throw refusal(path, "it is not a directory") }
    let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "it cannot be opened") }
    do throws(SandboxError) {
      let state = try state(of: descriptor, path)
      guard state.st_uid == geteuid() else { throw refusal(path, "it belongs to user \(state.st_uid), not to us") }
      guard state.st_mode & 0o022 == 0 else {
        throw refusal(
          path,
          "others may write to it (mode \(octal(state.st_mode))); remove it, or `chmod 700` it if you trust its files")
      }
      if state.st_mode & 0o777 != 0o700 { _ = fchmod(descriptor, 0o700) }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func state(of descriptor: Int32, _ path: String) throws(SandboxError) -> stat {
    var state = stat()
    guard fstat(descriptor, &state) == 0 else { throw failure(path, "it cannot be read") }
    return state
  }

  private static func octal(_ mode: mode_t) -> String { String(mode & 0o7777, radix: 8) }

  private static func refusal(_ path: String, _ why: String) -> SandboxError {
    SandboxError(
      .cacheRefused,
      """
      cache directory \(path) is refused: \(why). Machine code is read from it, so it must be ours alone; going on \
      without a cache
      """
    )
  }

  private static func failure(_ path: String, _ what: String) -> SandboxError {
    SandboxError(
      .cacheFailed,
      """
      cache directory \(path): \(what) (\(String(cString: strerror(errno)))); going on without a cache, every start \
      compiles anew
      """
    )
  }
}
