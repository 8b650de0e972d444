// One compiled module in the cache: wasmtime's bytes, then their sha256 and a mark.
internal import CWasmtime
internal import Glibc

/// Reading and writing the files of a `CacheDirectory`.
///
/// A file is the serialized module as the library writes it, followed by a trailer: 32 bytes of sha256 over all
/// before it, 8 bytes of its length, 8 bytes of mark. The trailer stands last because the library maps the file from
/// its first byte. Files are written beside their place and renamed into it, never truncated: a process that has
/// one mapped keeps its bytes.
enum CacheFile {
  static let mark: [UInt8] = Array("atollmc1".utf8)
  static let trailerBytes = SHA256.byteCount + 16

  enum Found {
    case missing
    /// The bytes were changed, or another build of the library wrote them; the file is gone now.
    case refused(String)
    /// The host could not read it now (descriptors or memory ran out, /proc is not mounted); the file stays.
    case unreadable(String)
    case module(OpaquePointer)
  }

  /// Checks the digest on the open descriptor and maps the module through it.
  static func load(_ name: String, in directory: CacheDirectory, engine: Engine) -> Found {
    let file = openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      let number = errno
      switch reading(ofOpenError: number) {
      case .isMissing: return .missing
      case .isBad: return discard(name, directory, "it is a link")
      case .isOfTheHost: return unreadable("it cannot be opened", number)
      }
    }
    defer { close(file) }
    var state = stat()
    guard fstat(file, &state) == 0 else { return unreadable("it cannot be looked at", errno) }
    guard state.st_mode & S_IFMT == S_IFREG, state.st_uid == geteuid() else {
      return discard(name, directory, "it is not a file of ours")
    }
    let count = Int(state.st_size)
    guard count > trailerBytes else { return discard(name, directory, "it is too short") }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
      return unreadable("it cannot be mapped", errno)
    }
    let isIntact = verify(UnsafeRawBufferPointer(start: base, count: count))
    munmap(base, count)
    guard isIntact else { return discard(name, directory, "its bytes do not match their sha256") }
    var module: OpaquePointer?
    if let error = wasmtime_module_deserialize_file(engine.pointer, "/proc/self/fd/\(file)", &module) {
      let message = wasmtimeMessage(taking: error)
      return isOfTheHost(message) ? .unreadable(message) : discard(name, directory, message)
    }
    guard let module else { return discard(name, directory, "the library gave no module") }
    _ = futimens(file, nil)
    return .module(module)
  }

  /// What a file that cannot be opened says about itself.
  enum Reading { case isMissing, isBad, isOfTheHost }

  static func reading(ofOpenError number: Int32) -> Reading {
    switch number {
    case ENOENT: .isMissing
    case ELOOP: .isBad
    default: .isOfTheHost
    }
  }

  /// Whether the library failed at a system call and not at the bytes: its messages for those end with the number.
  static func isOfTheHost(_ message: String) -> Bool { message.contains("(os error ") }

  private static func unreadable(_ what: String, _ number: Int32) -> Found {
    .unreadable("\(what) (\(String(cString: strerror(number))))")
  }

  private static func verify(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let payload = bytes.count - trailerBytes
    guard bytes[(bytes.count - 8)...].elementsEqual(mark) else { return false }
    let length = bytes.loadUnaligned(fromByteOffset: payload + SHA256.byteCount, as: UInt64.self)
    guard UInt64(littleEndian: length) == UInt64(payload) else { return false }
    let digest = SHA256.digest(of: UnsafeRawBufferPointer(rebasing: bytes[..<payload]))
    return bytes[payload..<(payload + SHA256.byteCount)].elementsEqual(digest)
  }

  private static func discard(_ name: String, _ directory: CacheDirectory, _ why: String) -> Found {
    unlinkat(directory.descriptor, name, 0)
    return .refused(why)
  }

  /// Writes beside and renames. - Throws: `.cacheFailed`, when the directory is full or read-only.
  static func store(_ name: String, in directory: CacheDirectory, payload: UnsafeRawBufferPointer) throws(SandboxError)
  {
    var trailer = SHA256.digest(of: payload)
    withUnsafeBytes(of: UInt64(payload.count).littleEndian) { trailer.append(contentsOf: $0) }
    trailer.append(contentsOf: mark)
    let temporary = ".\(name).\(getpid()).\(atoll_monotonic_nanoseconds())"
    let file = openat(directory.descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure(directory, name) }
    let isWritten = write(payload, to: file) && trailer.withUnsafeBytes { write($0, to: file) }
    let isClosed = close(file) == 0
    guard isWritten, isClosed, renameat(directory.descriptor, temporary, directory.descriptor, name) == 0 else {
      let error = failure(directory, name)
      unlinkat(directory.descriptor, temporary, 0)
      throw error
    }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let written = Glibc.write(file, bytes.baseAddress! + offset, bytes.count - offset)
      if written < 0 {
        if errno == EINTR { continue }
        return false
      }
      offset += written
    }
    return true
  }

  private static func failure(_ directory: CacheDirectory, _ name: String) -> SandboxError {
    SandboxError(
      .cacheFailed,
      """
      cache directory \(directory.path): \(name) cannot be written (\(String(cString: strerror(errno)))); the module \
      runs, but the next start compiles it anew
      """
    )
  }

  /// Removes the oldest files past `SandboxLimits.cacheFilesMax`, and what a crash left half written.
  static func trim(_ directory: CacheDirectory, keeping limit: Int = SandboxLimits.cacheFilesMax) {
    // A descriptor of its own: fdopendir takes it over and moves its offset.
    let copy = openat(directory.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { return }
    defer { closedir(stream) }
    var files: [(name: String, used: Int)] = []
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var state = stat()
      guard name != ".", name != "..", fstatat(directory.descriptor, name, &state, AT_SYMLINK_NOFOLLOW) == 0,
        state.st_mode & S_IFMT == S_IFREG
      else { continue }
      if name.hasPrefix(".") {
        if now.tv_sec - state.st_mtim.tv_sec > 3600 { unlinkat(directory.descriptor, name, 0) }
      } else if name.hasSuffix(".cwasm") {
        files.append((name, state.st_mtim.tv_sec))
      }
    }
    guard files.count > limit else { return }
    files.sort { $0.used < $1.used }
    for file in files.prefix(files.count - limit) { unlinkat(directory.descriptor, file.name, 0) }
  }
}
