// atoll kv list NAMESPACE: its keys.

import ArgumentParser
import JSON
import KeyValue

struct KVList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the keys of a namespace, in byte order.",
    discussion: """
      One key a line; control characters in keys are shown and not sent. With --json: keys, each with key, version \
      and expires_ms, and cursor where there are more. Exit status: 0 ok, 2 wrong usage, 3 the store could not be \
      reached or used.
      """)

  @OptionGroup var options: KVOptions
  @Option(help: "Only keys that begin with this.") var prefix = ""
  @Option(help: "Begin after this key.") var after: String?
  @Option(help: "At most so many keys, 1 to 1000.") var limit = 100
  @Flag(help: "All keys, --limit of them at a time.") var all = false

  func run() throws {
    let (prefix, limit, all) = (Array(prefix.utf8), limit, all)
    let start = after.map { Array($0.utf8) }
    let first = KeyValueOperation.Body.list(prefix: prefix, cursor: start, limit: limit)
    let (keys, isLast) = try options.run(checking: first) {
      (store) async throws(KeyValueError) -> ([KeyValueListing], Bool) in
      var keys: [KeyValueListing] = []
      var cursor = start
      while true {
        let answer = try await store.perform(.list(prefix: prefix, cursor: cursor, limit: limit))
        guard case .page(let page, let isLast) = answer else { return (keys, true) }
        keys += page
        cursor = page.last?.key
        if isLast || !all || page.isEmpty { return (keys, isLast) }
      }
    }
    if options.json { printJSON(keys, isLast) } else { printText(keys, isLast) }
  }

  private func printJSON(_ keys: [KeyValueListing], _ isLast: Bool) {
    JSONText.print {
      $0.key("keys")
      $0.beginArray()
      for listing in keys {
        $0.beginObject()
        $0.member("key", String(decoding: listing.key, as: UTF8.self))
        $0.member("version", "\(listing.version)")
        if let expires = listing.expires { $0.member("expires_ms", expires) }
        $0.endObject()
      }
      $0.endArray()
      if !isLast, let last = keys.last { $0.member("cursor", String(decoding: last.key, as: UTF8.self)) }
    }
  }

  private func printText(_ keys: [KeyValueListing], _ isLast: Bool) {
    for listing in keys {
      Terminal.output(TerminalLogHandler.printable(String(decoding: listing.key, as: UTF8.self)))
    }
    if !isLast, let last = keys.last {
      let cursor = TerminalLogHandler.printable(String(decoding: last.key, as: UTF8.self))
      Terminal.line("there are more: --after '\(cursor)', or --all")
    }
  }
}
