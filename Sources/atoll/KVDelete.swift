// atoll kv delete NAMESPACE KEY.

import ArgumentParser
import JSON
import KeyValue

struct KVDelete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete a value.",
    discussion: """
      Exit status: 0 deleted, 1 it was not there or the condition did not hold, 2 wrong usage, 3 the store could \
      not be reached or used.
      """)

  @OptionGroup var options: KVOptions
  @Argument(help: "The key.") var key: String
  @Option(help: "Only if the value has this version.") var ifVersion: UInt64?

  func run() throws {
    let operation = KeyValueOperation.Body.delete(
      key: Array(key.utf8), condition: ifVersion.map { .version($0) } ?? .none)
    let answer = try options.run(checking: operation) { (store) async throws(KeyValueError) in
      try await store.perform(operation)
    }
    guard case .deleted(let wasThere) = answer else { return }
    if options.json {
      JSONText.print { $0.member("deleted", wasThere) }
    } else if !wasThere {
      Terminal.line("\(options.namespace) has no key \(TerminalLogHandler.printable(key))")
    }
    if !wasThere { throw ExitCode(ExitStatus.no.rawValue) }
  }
}
