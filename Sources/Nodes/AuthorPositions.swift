// Stack traces of JavaScript workers in the log, with the author's files and lines in place of the bundled module's.

import Bundles
import JavaScript
import Synchronization

/// The source map of one worker, read when the first line needs it. Thread-safe.
final class AuthorPositions: Sendable {
  private enum State {
    case unread
    case read(SourceMap?)
  }
  private let bundle: Bundle
  private let state = Mutex(State.unread)

  /// Nil for a worker that is not JavaScript.
  init?(_ bundle: Bundle) {
    guard bundle.engineDigest != nil else { return nil }
    self.bundle = bundle
  }

  /// The line as its author can use it. A line without a position costs a look at its bytes.
  func mapped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: ":")), text.contains("\(SourceMap.bundledFile):") else { return text }
    return map()?.mapped(text) ?? text
  }

  private func map() -> SourceMap? {
    state.withLock { state in
      if case .read(let map) = state { return map }
      let map = bundle.sourceMap()
      state = .read(map)
      return map
    }
  }
}
