// atoll check DIR…: everything that can be known without running the worker.

import ArgumentParser
import JSON
import Manifests
import MCP

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check manifests and schemas, and JavaScript workers' modules, without building.",
    discussion:
      "A JavaScript or TypeScript module is bundled and evaluated, and nothing is written. Prints every finding as file:line: what is wrong and what to write. Exits 2 when there is one."
  )

  @Argument(help: "Workers' folders, or a node.toml.", completion: .file()) var paths: [String]
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    var findings: [(path: String, message: String)] = []
    for path in paths {
      do throws(Failure) {
        if path.hasSuffix(".toml") && !path.hasSuffix("atoll.toml") {
          _ = try Workshop.nodeConfiguration(path)
        } else {
          try Workshop.check(folder: path.hasSuffix("atoll.toml") ? Workshop.folder(of: path) : path)
        }
        if !json { Terminal.output("\(path): ok") }
      } catch {
        findings.append((path, error.message))
      }
    }
    if json {
      JSONText.print {
        $0.member("ok", findings.isEmpty)
        $0.key("findings")
        $0.beginArray()
        for finding in findings {
          $0.beginObject()
          $0.member("path", finding.path)
          $0.member("message", finding.message)
          $0.endObject()
        }
        $0.endArray()
      }
    }
    guard !findings.isEmpty else { return }
    if !json { for finding in findings { Terminal.error(finding.message) } }
    throw ExitCode(ExitStatus.usage.rawValue)
  }
}
