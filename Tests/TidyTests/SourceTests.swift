// What every source file of ours keeps to.
import Testing

@Suite struct SourceTests {
  private static var bareTask: Regex<Substring> {
    #/\bTask(?:\s*\.\s*(?:detached|immediate|immediateDetached))?\s*(?:<[^>]*>\s*)?[({]/#
  }
  private static var foundation: Regex<Substring> {
    #/^\s*(?:\w+ )?import Foundation/#
  }
  private static var pointer: Regex<Substring> {
    #/\bUnsafe[A-Z]\w*|\bOpaquePointer\b|\bwithUnsafe\w+/#
  }
  /// A page and the number of a section, such as 4, 2.6 or F1, after a space, `§` or "section".
  private static var section: Regex<(Substring, Substring)> {
    #/([\w.\/-]+\.md)\W{1,3}(?:[Ss]ections? )?[A-Z]?\d/#
  }

  /// Each rule finds what it is for, and only in code.
  @Test func theRulesFindWhatTheyLookFor() {
    let file = SourceFile(
      path: "a.swift",
      text: """
        internal import FoundationEssentials
        Task { }
        Task<Void, Never>(executorPreference: loop) { }
        Task.detached { }
        // Task { } in words
        let tasks: [Task<Void, Never>] = []
        func f(_ p: UnsafeRawPointer) {}
        """)
    #expect(file.places(of: Self.bareTask, with: "Task") == ["a.swift:2", "a.swift:3", "a.swift:4"])
    #expect(file.places(of: Self.foundation, with: "Foundation") == ["a.swift:1"])
    #expect(file.places(of: Self.pointer, with: "Unsafe") == ["a.swift:7"])
  }

  @Test func theRepositoryIsRead() {
    #expect(Repository.sources.count > 50 && Repository.files.contains { $0.path == "Package.swift" })
  }

  /// A task that does not prefer its loop hops threads at every suspension.
  @Test func tasksStartInOnePlace() {
    let places = Repository.sources
      .filter { $0.path != House.spawnFile && !House.apart.contains($0.module ?? "") }
      .flatMap { $0.places(of: Self.bareTask, with: "Task") }
    #expect(places == [])
    #expect(Repository.file(House.spawnFile)?.text.contains("executorPreference") == true)
  }

  @Test func noFoundationOnThePathOfACall() {
    let places = Repository.sources
      .filter { House.onThePathOfACall.contains($0.module ?? "") }
      .flatMap { $0.places(of: Self.foundation, with: "Foundation") }
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
      .flatMap { $0.places(of: Self.pointer, with: "nsafe") + $0.places(of: Self.pointer, with: "OpaquePointer") }
    #expect(places == [])
  }

  /// Others cannot read a page that is not under docs/: a comment names the public source of its rule.
  @Test func onlyOurOwnPagesAreCitedBySection() {
    let page = "digest" + ".md"
    let file = SourceFile(
      path: "a.swift",
      text: """
        // \(page) 2.6
        // docs/abi.md 3, \(page) F1
        // (\(page), section 4)
        // docs/abi.md 3
        // \(page)
        """)
    #expect(Self.privateSections(in: file) == ["a.swift:1", "a.swift:2", "a.swift:3"])
    let places = Repository.files
      .filter { file in ["Sources/", "Tests/", "docs/"].contains(where: file.path.hasPrefix) }
      .flatMap(Self.privateSections)
    #expect(places == [])
  }

  private static func privateSections(in file: SourceFile) -> [String] {
    guard file.text.contains(".md") else { return [] }
    return file.lines.enumerated()
      .filter { $0.element.matches(of: section).contains { !$0.output.1.hasPrefix("docs/") } }
      .map { "\(file.path):\($0.offset + 1)" }
  }

  /// Nothing is left for later, and nothing is named after the machine or the mirror it was written on.
  /// The words are written in pieces, so that this file does not hold them itself.
  @Test func noLeftoversAndNoPlacesOfOneMachine() {
    let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
    let places = [
      "/wo" + "rk/", "/ro" + "ot/", "/tmp/at" + "oll", "py" + "pi.org", "pythonhost" + "ed", "npmjs" + ".org",
    ]
    for file in Repository.files {
      for word in words where file.text.contains(word) {
        let lines = file.lines.indices.filter { file.lines[$0].split { !$0.isLetter }.contains(Substring(word)) }
        #expect(lines == [], "\(file.path) says \(word); its lines, counted from 0")
      }
      #expect(places.filter(file.text.contains) == [], "\(file.path)")
    }
  }
}
