// atoll build DIR: source folder or .wasm in, one content-addressed bundle out.

import ArgumentParser
import Bundles

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a worker's folder into one bundle: module, manifest, schemas.",
    discussion: "Writes DIR/.atoll/<name>.atoll. The same input gives the same bytes.")

  @Argument(help: "The worker's folder, with its atoll.toml.", completion: .directory) var folder: String
  @Option(name: .shortAndLong, help: "Write the bundle to this file instead.", completion: .file()) var output: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let started = Clock.now
    let built = try Workshop.build(folder)
    let path = output ?? Workshop.bundlePath(folder: folder, name: built.bundle.manifest.name)
    try Workshop.attempt { () throws(BundleError) in try built.bundle.write(to: path) }
    let milliseconds = Clock.milliseconds(since: started)
    for note in built.notes { Terminal.warning(note) }
    if json {
      JSONText.print {
        $0.member("name", built.bundle.manifest.name)
        $0.member("path", path)
        $0.member("digest", built.bundle.digest)
        $0.member("module_bytes", built.bundle.module.count)
        $0.member("milliseconds", figure: milliseconds)
        $0.member("notes", built.notes)
      }
    } else {
      Terminal.output(
        "\(path)  sha256:\(built.bundle.digest.prefix(12))  \(built.bundle.module.count / 1024) KiB  "
          + "in \(Clock.text(milliseconds))")
    }
  }
}
