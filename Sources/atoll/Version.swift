// atoll version

import ArgumentParser
import JSON
import MCP
import Nodes

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the version of atoll and of its engine.")

  /// Follows semantic versioning; the first release will be 0.1.0.
  static let number = Node.version
  static let text = "atoll \(number) (wasmtime 50.0.1, worker ABI 1, MCP \(Revision.modern.text))"

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard json else { return Terminal.output(Self.text) }
    JSONText.print {
      $0.member("atoll", Self.number)
      $0.member("wasmtime", "50.0.1")
      $0.member("abi", 1)
      $0.member("mcp", Revision.served.map(\.text))
    }
  }
}
