// atoll bench: figures of this machine, by the product itself.

import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure.", subcommands: [ColdStart.self])
}
