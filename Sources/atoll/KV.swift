// atoll kv: look into a node's state, and change it, by hand. The verbs below it are one file each.

import ArgumentParser
import KeyValue

struct KV: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kv",
    abstract: "Read and write the state that nodes keep for their workers.",
    discussion: """
      The store is the one that `atoll serve --kv` names: \(StoreAddress.forms). ATOLL_KV stands in for --kv. \
      Exit status: 0 ok, 1 the key is not there or the condition did not hold, 2 wrong usage, 3 the store could \
      not be reached or used.
      """,
    subcommands: [KVGet.self, KVPut.self, KVList.self, KVDelete.self])
}

/// What all of them share.
struct KVOptions: ParsableArguments {
  @Option(name: .customLong("kv"), help: "The store: \(StoreAddress.forms) (default: ATOLL_KV).") var address: String?
  @Option(help: "Milliseconds to wait for the store.") var timeout = 5_000
  @Flag(help: "Print one JSON object.") var json = false
  @Argument(help: "The namespace.") var namespace: String

  func validate() throws {
    guard (1...600_000).contains(timeout) else { throw ValidationError("--timeout is 1 to 600000 milliseconds.") }
  }

  /// - parameter making: whether a state file is made where there is none. A verb that only looks makes none.
  func store(making: Bool) throws(Failure) -> StoreAddress {
    guard let text = address ?? Terminal.environment("ATOLL_KV"), !text.isEmpty else {
      throw Failure(.usage, "no store: name it with --kv or in ATOLL_KV, as \(StoreAddress.forms)")
    }
    let store: StoreAddress
    do { store = try StoreAddress.parse(text) } catch { throw Failure(error) }
    switch store {
    case .memory:
      throw Failure(.usage, "memory: is gone with the process that has it: name the store of a node")
    case .sqlite(let path) where !making && !Files.isThere(path):
      throw Failure(.unreachable, "there is no state file \(path)")
    default: return store
    }
  }

  /// Opens the store, runs `body` over it, closes it. What is wrong with the operation itself, the first one, is said
  /// before a store is looked for.
  func run<T: Sendable>(
    checking operation: KeyValueOperation.Body, making: Bool = false,
    _ body: @escaping @Sendable (KVStore) async throws(KeyValueError) -> T
  ) throws(Failure) -> T {
    if let problem = KeyValueOperation(namespace: namespace, operation).problem() { throw Failure(problem) }
    return try KVStore.run(store(making: making), namespace: namespace, milliseconds: timeout, body)
  }
}

extension Failure {
  init(_ error: KeyValueError) {
    let status: ExitStatus =
      switch error.code {
      case .badRequest, .tooLarge, .badCursor, .configuration: .usage
      case .conflict: .no
      default: .unreachable
      }
    let doubt = error.mayHaveHappened ? " (whether it was written is not known: look with `atoll kv get`)" : ""
    self.init(status, error.message + doubt)
  }
}

extension ExitStatus {
  /// A key that is not there, a condition that did not hold: an answer, not a failure.
  static let no = ExitStatus.toolError
}
