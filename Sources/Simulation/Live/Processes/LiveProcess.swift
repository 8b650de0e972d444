// One process of a live run: started, signalled, watched, ended, always by its id. The system calls of that.
internal import CSpawn
internal import EventLoop
internal import Glibc

/// A program that runs as long as its run wants it to, and never longer than the thread of its loop: the kernel kills it
/// when that thread ends, so that no exit of ours leaves it behind, not even SIGKILL. Confined to its loop's thread.
final class LiveProcess {
  /// How a process ended.
  enum Exit: Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .status(let status): "exit status \(status)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  /// What is started, and what it is called in messages.
  struct Program {
    var name: String
    var path: String
    var arguments: [String]
    /// `NAME=value`; nothing else is in its environment.
    var environment: [String] = []
    var folder: String?
    /// A path without suffix: the first start writes to `….log`, the second to `….2.log`.
    var output: String
  }

  let program: Program
  private(set) var identifier: pid_t?
  private(set) var exit: Exit?
  /// Told when it ends, also when that was asked for.
  var onExit: ((Exit) -> Void)?
  private(set) var starts = 0

  let loop: EventLoop
  private var watch: DescriptorWatch?
  private var pidfd: Int32 = -1
  private var waiters: [CheckedContinuation<Void, Never>] = []

  init(_ program: Program, on loop: EventLoop) {
    self.program = program
    self.loop = loop
  }

  deinit {
    // A loop that has ended has closed it.
    if loop.isOnLoop { watch?.close() }
    if let identifier { Self.end(identifier, pidfd) }
  }

  var isRunning: Bool { identifier != nil }

  /// What this start writes to.
  var output: String { output(of: starts) }
  /// What all starts have written to.
  var outputs: [String] { starts == 0 ? [] : (1...starts).map(output) }

  private func output(of start: Int) -> String { program.output + (start > 1 ? ".\(start).log" : ".log") }

  /// On the loop, whose thread it will not outlive.
  ///
  /// - throws: ``SimulationError`` when the program cannot be executed, or its output not be written.
  func start() throws(SimulationError) {
    precondition(loop.isOnLoop && identifier == nil, "a process is started once at a time, by its loop")
    starts += 1
    exit = nil
    let words = unsafe ([program.path] + program.arguments).map { unsafe strdup($0) } + [nil]
    let environment = unsafe program.environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + environment).forEach { unsafe free($0) } }
    var started: pid_t = 0
    let error = unsafe cspawn_start(program.path, words, environment, program.folder, output, &started)
    guard error == 0 else { throw failure("could not be started", error) }
    identifier = started
    pidfd = cspawn_watch(started)
    guard pidfd >= 0 else {
      let error = -pidfd
      Self.end(started, pidfd)
      identifier = nil
      throw failure("cannot be watched", error)
    }
    do throws(LoopError) {
      watch = try DescriptorWatch(loop: loop, descriptor: pidfd) { [weak self] _ in self?.ended() }
      watch?.interest = .readable
    } catch {
      Self.end(started, pidfd)
      identifier = nil
      throw SimulationError(.process, "\(program.name) cannot be watched: \(error.message)")
    }
  }

  /// Sends a signal; nothing where it has ended. Its id is its own until this object has waited for it.
  func send(_ signal: Int32) {
    guard let identifier else { return }
    Glibc.kill(identifier, signal)
  }

  /// As `kill -9` does, and waits until it is gone.
  func kill() async {
    send(SIGKILL)
    await exited()
  }

  /// Asks it to end, and kills it when it has not after a while. It is gone when this returns.
  func stop(graceMilliseconds: UInt64 = LiveLimits.stopMilliseconds) async {
    guard isRunning else { return }
    send(SIGTERM)
    // One that stands still hears nothing.
    send(SIGCONT)
    let timer = loop.timer(afterMilliseconds: graceMilliseconds) { [weak self] in self?.send(SIGKILL) }
    await exited()
    timer.cancel()
  }

  /// Waits until it has ended; at once where it does not run.
  func exited() async {
    guard isRunning else { return }
    await withCheckedContinuation { waiters.append($0) }
  }

  /// The pidfd says that it has ended, and waiting for it takes no time.
  private func ended() {
    guard let identifier else { return }
    var status: Int32 = 0
    let result = unsafe waitpid(identifier, &status, WNOHANG)
    guard result == identifier else { return }
    watch?.close()
    watch = nil
    close(pidfd)
    self.identifier = nil
    let exit = status & 0x7F == 0 ? Exit.status(status >> 8 & 0xFF) : .signal(status & 0x7F)
    self.exit = exit
    let told = waiters
    waiters = []
    for waiter in told { waiter.resume() }
    onExit?(exit)
  }

  /// The environment of this process, with some variables of its own; nil takes one out.
  static func environment(setting changes: [(name: String, value: String?)] = []) -> [String] {
    var lines: [String] = []
    var entry = unsafe environ
    while let line = unsafe entry.pointee {
      let text = unsafe String(cString: line)
      if !changes.contains(where: { text.hasPrefix($0.name + "=") }) { lines.append(text) }
      unsafe entry += 1
    }
    return lines + changes.compactMap { change in change.value.map { "\(change.name)=\($0)" } }
  }

  private static func end(_ identifier: pid_t, _ pidfd: Int32) {
    Glibc.kill(identifier, SIGKILL)
    while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
    if pidfd >= 0 { close(pidfd) }
  }

  private func failure(_ what: String, _ error: Int32) -> SimulationError {
    let reason = unsafe String(cString: strerror(error))
    return SimulationError(.process, "\(program.name) (\(program.path)) \(what): \(reason)")
  }
}
