// Running a compiler: no shell, its own words kept, waited for.
internal import CSpawn
internal import Glibc
internal import Manifests

enum ChildProcess {
  struct Result: Equatable {
    /// The exit code, or 128 and the signal's number.
    var status: Int32
    /// What it wrote to standard output and standard error, cut at a limit.
    var output: String
  }

  /// Runs a program to its end, in `folder` where one is given. `log` is a file that may be overwritten; its path is
  /// whole. Blocks: call it off the loop.
  static func run(
    _ program: String, _ arguments: [String], in folder: String? = nil, log: String
  ) throws(FileError) -> Result {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let folder { unsafe cspawn_add_folder(&actions, folder) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)

    // A node's threads block signals and ignore SIGPIPE; a compiler should have neither from us.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var (none, pipe) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigemptyset(&pipe)
    unsafe sigaddset(&pipe, SIGPIPE)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &pipe)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var identifier: pid_t = 0
    let failure = unsafe posix_spawn(&identifier, program, &actions, &attributes, words, environ)
    guard failure == 0 else { throw FileError(path: program, reason: Files.reason(failure)) }

    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0 {
      guard errno == EINTR else { throw FileError(path: program, reason: Files.reason(errno)) }
    }
    let signal = status & 0x7F
    return Result(status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: text(log))
  }

  private static func text(_ log: String) -> String {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(log, atMost: 64 << 20) } catch { return "" }
    let cut = bytes.count > BundleLimits.compilerOutputBytes
    return String(decoding: bytes.prefix(BundleLimits.compilerOutputBytes), as: UTF8.self) + (cut ? "\n…\n" : "")
  }
}
