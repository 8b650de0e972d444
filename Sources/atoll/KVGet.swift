// atoll kv get NAMESPACE KEY: the bytes of a value.

import ArgumentParser
import JSON
import KeyValue

struct KVGet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Write a value to standard output, byte for byte.",
    discussion: """
      With --json: found, version, expires_ms (milliseconds since 1970; left out where it never expires) and \
      value_base64. Exit status: 0 ok, 1 not there, 2 wrong usage, 3 the store could not be reached or used.
      """)

  @OptionGroup var options: KVOptions
  @Argument(help: "The key.") var key: String

  func run() throws {
    let operation = KeyValueOperation.Body.get(key: Array(key.utf8))
    let entry = try options.run(checking: operation) { (store) async throws(KeyValueError) -> KeyValueEntry? in
      guard case .entry(let entry) = try await store.perform(operation) else { return nil }
      return entry
    }
    if options.json {
      JSONText.print {
        $0.member("found", entry != nil)
        guard let entry else { return }
        $0.member("version", "\(entry.version)")
        if let expires = entry.expires { $0.member("expires_ms", expires) }
        $0.member("value_base64", Base64.encode(entry.value))
      }
    } else if let entry {
      Terminal.outputAsIs(entry.value)
    } else {
      Terminal.line("\(options.namespace) has no key \(TerminalLogHandler.printable(key))")
    }
    if entry == nil { throw ExitCode(ExitStatus.no.rawValue) }
  }
}
