// Lines of the log to a file descriptor, without ever waiting for whoever reads it.

import Glibc
import Synchronization

/// Writes lines to a descriptor for as long as it takes them; drops and counts them where it does not.
///
/// A loop logs on its own thread: a pipe that nobody empties must not stop it. The descriptor is not made non-blocking,
/// since other processes may share it; it is asked before each piece instead, and a piece is no longer than a pipe
/// that says it is ready takes at once (`PIPE_BUF`, POSIX). May be used from every thread; lines never mix.
final class LogWriter: Sendable {
  static let standardError = LogWriter(descriptor: STDERR_FILENO)

  private struct State {
    var dropped = 0
    /// The last line was cut: the next begins with a newline.
    var isCut = false
  }
  private let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes a line, its newline included, or drops it. `notice` words the line that says how many were dropped; it is
  /// written as soon as lines are taken again.
  func write(_ line: [UInt8], notice: (_ dropped: Int) -> [UInt8]) {
    state.withLock { state in
      if state.isCut, put([UInt8(ascii: "\n")]) == 1 { state.isCut = false }
      if !state.isCut, state.dropped > 0, put(notice(state.dropped), &state) { state.dropped = 0 }
      guard !state.isCut, state.dropped == 0, put(line, &state) else {
        state.dropped += 1
        return
      }
    }
  }

  /// Whether the whole line was taken.
  private func put(_ line: [UInt8], _ state: inout State) -> Bool {
    let count = put(line)
    if count > 0, count < line.count { state.isCut = true }
    return count == line.count
  }

  /// Writes what is taken without waiting, and says how much that was.
  private func put(_ bytes: [UInt8]) -> Int {
    var offset = 0
    while offset < bytes.count, isReady() {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, min(bytes.count - offset, NodeBounds.pipeBytes))
      }
      if count < 0, errno == EINTR { continue }
      // A log that nobody reads is not an error.
      guard count > 0 else { break }
      offset += count
    }
    return offset
  }

  private func isReady() -> Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&question, 1, 0) == 1 && question.revents == Int16(POLLOUT)
  }
}
