// What the conformance suite needs of an adapter: a store of its own to open, restart and look into.
//
// A new adapter adds one file with its fixture and a `StoreKind`, and its name to `StoreKind.all`.
import KeyValue
import Testing

/// One store for one test. Whatever it started ends when it is dropped.
protocol StoreFixture: AnyObject, Sendable {
  /// Opens the store. Called several times it gives what several nodes have: backends of their own over one store.
  func open() throws -> any KeyValueBackend
  /// Ends what holds the data and starts it again, as hard as the adapter claims to bear: a server is killed. Called
  /// while no backend is open.
  func restart() async throws
  /// Records that the store holds of a namespace, those among them that have expired and only wait to be swept; nil
  /// where the adapter cannot tell.
  func recordCount(namespace: String) async throws -> Int?
}

/// An adapter that the suite runs against.
struct StoreKind: Sendable, CustomTestStringConvertible {
  let name: String
  /// Does a restart lose what was written?
  var restartLosesData = false
  /// Why it cannot be tested here, such as a server that is not installed. Such a kind is left out of `all`.
  var absence: String?
  /// Is the test one that restarts the store? Then it must have a server of its own; others may share one, because
  /// each test has a namespace that no other test uses.
  let make: @Sendable (_ willRestart: Bool) async throws -> any StoreFixture

  var testDescription: String { name }
}
