// atoll new: a worker's folder to start from.

import ArgumentParser
import JavaScript
import Manifests

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a new worker: manifest, source, schema, a README of a few lines.",
    discussion: "The folder must not exist yet, or be empty.")

  enum Language: String, ExpressibleByArgument, CaseIterable { case javascript, typescript, swift, c }

  @Option(name: .shortAndLong, help: "javascript, typescript, swift or c.") var language: Language = .swift
  @Argument(help: "The worker's name, which is also the new folder's.", completion: .directory) var name: String

  func run() throws {
    let worker = String(name.split(separator: "/").last ?? "")
    guard Template.isName(worker) else {
      throw Failure(
        .usage, "`\(worker)` cannot be a worker's name: use up to 64 of a-z, 0-9 and -, beginning with a letter")
    }
    guard try Files.isVacant(name) else {
      throw Failure(.usage, "\(name) exists and is not empty: choose another name, or remove it")
    }
    let files = Template.files(language: language, worker: worker)
    for file in files { try Files.write(Array(file.text.utf8), to: "\(name)/\(file.path)", makingFolders: true) }
    var made = files.map(\.path)
    if language == .typescript {
      let manifest = try Workshop.attempt { () throws(ManifestError) in try Manifest.load(folder: name) }
      try Files.write(Array(Types.text(manifest).utf8), to: "\(name)/\(TypeDeclarations.fileName)")
      made.append(TypeDeclarations.fileName)
    }
    Terminal.output("made \(name): \(made.joined(separator: ", "))")
    Terminal.line("next: atoll \(language == .javascript || language == .typescript ? "dev" : "serve") \(name)")
  }
}
