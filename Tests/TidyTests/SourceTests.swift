// What every source file of ours keeps to.
import Testing

@Suite struct SourceTests {
  @Test func theRepositoryIsRead() {
    #expect(Repository.sources.count > 50 && Repository.files.contains { $0.path == "Package.swift" })
  }

  /// style.md F1: a task that does not prefer its loop hops threads at every suspension.
  @Test func tasksStartInOnePlace() {
    let places = Repository.sources
      .filter { $0.path != House.spawnFile && !House.apart.contains($0.module ?? "") }
      .flatMap { $0.places(of: #/\bTask(?:\s*\.\s*(?:detached|immediate|immediateDetached))?\s*(?:<[^>]*>\s*)?[({]/#) }
    #expect(places == [])
    #expect(Repository.file(House.spawnFile)?.text.contains("executorPreference") == true)
  }

  @Test func noFoundationOnThePathOfACall() {
    let places = Repository.sources
      .filter { House.onThePathOfACall.contains($0.module ?? "") }
      .flatMap { $0.places(of: #/^\s*(?:\w+ )?import Foundation/#) }
    #expect(places == [])
  }

  @Test func eachSwiftFileSaysWhatItIsFor() {
    let silent = Repository.swift.filter { file in
      guard let first = file.lines.first(where: { !$0.isEmpty }) else { return true }
      return !first.hasPrefix("// ") || first.count < 15
    }
    #expect(silent.map(\.path) == [])
  }

  @Test func sourceFilesStaySmall() {
    #expect(Repository.sources.filter { $0.lines.count > House.sourceLinesMax }.map(\.path) == [])
  }

  @Test func pointersStayWhereTheyBelong() {
    let places = Repository.sources
      .filter { !House.withPointers.contains($0.module ?? "") && !House.filesWithPointers.contains($0.path) }
      .flatMap { $0.places(of: #/\bUnsafe[A-Z]\w*|\bOpaquePointer\b|\bwithUnsafe\w+/#) }
    #expect(places == [])
  }

  /// Nothing is left for later, and nothing is named after the machine or the mirror it was written on.
  /// The words are written in pieces, so that this file does not hold them itself.
  @Test func noLeftoversAndNoPlacesOfOneMachine() {
    let words: Set<Substring> = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
    let places = [
      "/wo" + "rk/", "/ro" + "ot/", "/tmp/at" + "oll", "py" + "pi.org", "pythonhost" + "ed", "npmjs" + ".org",
    ]
    for file in Repository.files {
      for (index, line) in file.lines.enumerated() {
        let found =
          line.split { !$0.isLetter }.filter(words.contains).map(String.init) + places.filter { line.contains($0) }
        #expect(found == [], "\(file.path):\(index + 1)")
      }
    }
  }
}
