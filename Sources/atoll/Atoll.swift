// The command. One verb is one type in one file, with its help beside it; this file lists them and
// decides how the process ends.

import ArgumentParser
import Glibc

struct Atoll: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atoll",
    abstract: "Run MCP tools as stateless WebAssembly workers.",
    discussion: """
      A worker is a folder with an atoll.toml and its source. Start with:

        atoll new --language javascript hello
        atoll dev hello

      Exit status: 0 ok, 1 the tool answered an error, 2 wrong usage or a wrong manifest, \
      3 could not reach or run it.
      """,
    version: Version.text,
    subcommands: [
      New.self, Types.self, Check.self, Build.self, Serve.self, Dev.self, CallCommand.self, KV.self, Inspect.self,
      PlanCommand.self, Sim.self, Bench.self, Version.self,
    ])
}

@main
enum Main {
  static func main() {
    // A reader that goes away (`atoll inspect … | head`) ends the command quietly, as Unix tools do.
    signal(SIGPIPE, SIG_DFL)
    do {
      var command = try Atoll.parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Terminal.error(failure.message)
      exit(failure.status.rawValue)
    } catch {
      // argument-parser's own: help and version end with 0, wrong usage with 64, which is 2 here.
      let code = Atoll.exitCode(for: error)
      let text = Atoll.fullMessage(for: error)
      if !text.isEmpty {
        if code == .success { print(text) } else { Terminal.line(text) }
      }
      exit(code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue)
    }
  }
}
