// atoll build DIR: source folder or .wasm in, one content-addressed bundle out.

import ArgumentParser
import Bundles
import JSON
import Manifests

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a worker's folder into one bundle: module, manifest, schemas.",
    discussion: "Writes DIR/.atoll/<name>.atoll. The same input gives the same bytes.")

  @Argument(help: "The worker's folder, or a .wasm with an atoll.toml beside it.", completion: .directory) var folder: String
  @Option(name: .shortAndLong, help: "Write the bundle to this file instead.", completion: .file()) var output: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let started = Clock.now
    let built = try Workshop.attempt { () throws(BundleError) in try Bundle.build(folder) }
    let place = folder.hasSuffix(".wasm") ? Workshop.folder(of: folder) : folder
    let path = output ?? Bundle.path(of: built.bundle.manifest.name, in: place)
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
