// Waiting until a process says that it listens, and showing what it said when it does not.

import EventLoop
import Manifests

extension LiveProcess {
  /// Waits until a line of what this start has written holds `text`.
  ///
  /// - throws: ``SimulationError`` with the end of its output when it ends first, or has not said so in time.
  func waitUntilItSays(_ text: String, within milliseconds: UInt64 = LiveLimits.startMilliseconds)
    async
    throws(SimulationError)
  {
    let deadline = loop.now + milliseconds * 1_000_000
    let wanted = Array(text.utf8)
    while true {
      let said = outputBytes()
      if said.firstRange(of: wanted) != nil { return }
      if let exit { throw failure("ended (\(exit)) before it listened", said) }
      guard loop.now < deadline else { throw failure("did not listen within \(milliseconds) ms", said) }
      do { try await loop.sleep(milliseconds: LiveLimits.startPollMilliseconds) } catch {
        throw SimulationError(.process, "\(program.name) is not waited for any more: the run was interrupted")
      }
    }
  }

  /// What this start has written so far; nothing where that cannot be read.
  private func outputBytes() -> [UInt8] {
    do throws(FileError) { return try Files.read(output, atMost: LiveLimits.outputBytesMax) } catch { return [] }
  }

  /// An error with the end of what it said.
  func failure(_ what: String) -> SimulationError {
    failure("\(what)\(exit.map { " (\($0))" } ?? "")", outputBytes())
  }

  private func failure(_ what: String, _ said: [UInt8]) -> SimulationError {
    let end = String(decoding: said.suffix(LiveLimits.shownOutputBytes), as: UTF8.self)
    let shown = end.isEmpty ? "it wrote nothing to \(output)" : "the end of \(output):\n\(end)"
    return SimulationError(.process, "\(program.name) \(what); \(shown)")
  }
}
