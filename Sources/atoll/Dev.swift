// atoll dev WORKER…: serve, watch, rebuild, reload.

import ArgumentParser

struct Dev: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve workers and rebuild them as their source changes.",
    discussion: """
      A worker that does not build keeps serving its last good version, and says what is wrong. Calls in \
      flight end on the version they began with.
      """)

  @OptionGroup var options: NodeFlags

  func run() throws {
    try NodeRun.run(options, watching: true)
  }
}
