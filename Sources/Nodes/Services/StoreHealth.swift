// Whether a store answers: learnt from the operations on it.

package import KeyValue

/// What one loop of a node knows of its store. A value without a clock or a network: the simulator's nodes decide by it too.
///
/// A store that stops answering costs each operation its whole time-out, and each waiting call its instance. So once one
/// has run out of time, the others fail at once, and one at a time is let through to see whether the store is back.
package struct StoreHealth: Sendable {
  private enum State { case well, suspect, probing }

  /// What an operation changed.
  package enum Change: Sendable, Equatable {
    case recovered
    case failed(String)
  }

  private var state = State.well

  package init() {}

  package var isWell: Bool { state == .well }
  /// Whether an operation may be tried now; else it ends with ``leftAlone``.
  package var letsThrough: Bool { state != .probing }

  package static let leftAlone = KeyValueError(
    .unavailable, "the key-value store does not answer now, so it is left alone for a moment; try again")

  /// A call at the end of its own time says nothing about the store, nor does a listing, which may be long. Times are in
  /// nanoseconds of one clock.
  package static func isTest(_ operation: KeyValueOperation, deadline: UInt64, now: UInt64, timeout: UInt64) -> Bool {
    if case .list = operation.body { return false }
    return deadline >= now &+ timeout / 2
  }

  /// An operation is tried.
  package mutating func begin() {
    if state == .suspect { state = .probing }
  }

  /// An operation that was tried is over.
  package mutating func judge(_ result: Result<KeyValueAnswer, KeyValueError>, isTest: Bool) -> Change? {
    // That too much waits is this node's doing: it says nothing of the store.
    if case .failure(let error) = result, error.code == .busy {
      if state == .probing { state = .suspect }
      return nil
    }
    guard case .failure(let error) = result, error.code == .unavailable else {
      defer { state = .well }
      return state == .well ? nil : .recovered
    }
    guard isTest || state == .probing else { return nil }
    defer { state = .suspect }
    return state == .well ? .failed(error.message) : nil
  }
}
