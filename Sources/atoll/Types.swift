// atoll types WORKER…: the types that a TypeScript worker is written against.

import ArgumentParser
import JavaScript
import Manifests

struct Types: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write atoll.d.ts: the API's types, and each tool's arguments from its input schema.",
    discussion: """
      For JavaScript and TypeScript workers; run it again when a schema has changed. The types help the \
      editor: what is called is checked against the schema all the same.
      """)

  @Argument(help: "Workers' folders.", completion: .directory) var folders: [String] = ["."]

  func run() throws {
    for folder in folders {
      let manifest = try Workshop.attempt { () throws(ManifestError) in try Manifest.load(folder: folder) }
      guard manifest.source?.language.isScript == true else {
        throw Failure(
          .usage,
          "\(folder)/\(Manifest.fileName): [source] language is neither javascript nor typescript, so there is nothing to type"
        )
      }
      let path = "\(folder)/\(TypeDeclarations.fileName)"
      try Files.write(Array(Self.text(manifest).utf8), to: path, followingLinks: false)
      Terminal.output(path)
    }
  }

  static func text(_ manifest: Manifest) -> String {
    TypeDeclarations.text(
      tools: manifest.tools.map {
        TypedTool(name: $0.name, description: $0.description, input: $0.input.bytes, output: $0.output?.bytes)
      })
  }
}
