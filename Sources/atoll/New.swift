// atoll new: a worker's folder to start from.

import ArgumentParser
import Manifests

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a new worker: manifest, source, schema, a README of a few lines.",
    discussion: "The folder must not exist yet, or be empty.")

  enum Language: String, ExpressibleByArgument, CaseIterable { case swift, c }

  @Option(name: .shortAndLong, help: "swift or c.") var language: Language = .swift
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
    for file in Template.files(language: language, worker: worker) {
      try Files.write(Array(file.text.utf8), to: "\(name)/\(file.path)", makingFolders: true)
    }
    Terminal.output("made \(name): \(Template.files(language: language, worker: worker).map(\.path).joined(separator: ", "))")
    Terminal.line("next: atoll serve \(name)")
  }
}
