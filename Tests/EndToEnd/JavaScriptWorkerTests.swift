// JavaScript and TypeScript workers as their authors meet them: new, check, types, call, dev, and what the log says.
import Foundation
import Testing

extension TheBinary {
  @Suite("with workers in JavaScript", .enabled(if: Esbuild.isThere, "esbuild is not installed"))
  struct JavaScriptWorkers {
    /// A folder that `atoll new` made.
    private func worker(_ language: String, in folder: TemporaryFolder) throws -> String {
      let path = folder.file("greeter")
      let made = try Command.run(["new", "--language", language, path])
      #expect(made.status == ExitStatus.ok, "\(made.errors)")
      return path
    }

    private func replace(_ text: String, with other: String, in file: String) throws {
      let before = try String(contentsOfFile: file, encoding: .utf8)
      #expect(before.contains(text))
      try before.replacing(text, with: other).write(toFile: file, atomically: false, encoding: .utf8)
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["javascript", "typescript"])
    func aNewWorkerIsCheckedAndAnswers(language: String) throws {
      let folder = try TemporaryFolder()
      let path = try worker(language, in: folder)
      #expect(try Command.run(["check", path]).status == ExitStatus.ok)
      let answered = try Command.run(["call", path, "greet", #"{"name":"Ada"}"#])
      #expect(answered.output == "Hello, Ada!\n", "\(answered.errors)")
      let failed = try Command.run(["call", path, "greet", #"{"name":"nobody"}"#])
      #expect(failed.status == ExitStatus.toolError)
      #expect(failed.output == "There is nobody to greet.\n")
      let inspected = try Command.run(["inspect", path, "--json"])
      let object = try JSONSerialization.jsonObject(with: Data(inspected.output.utf8)) as? [String: Any] ?? [:]
      #expect(object["kind"] as? String == "image")
      #expect((object["engine_digest"] as? String)?.count == 64)
      #expect(object["sources"] as? [String] == [language == "typescript" ? "worker.ts" : "worker.js"])
    }

    @Test(.timeLimit(.minutes(3)), .needsClient, arguments: ["auto", "legacy"])
    func theOfficialClientCallsIt(mode: String) throws {
      let folder = try TemporaryFolder()
      let node = try ServedNode([try worker("javascript", in: folder)], verb: "dev")
      let report = try ClientReport.run(
        node.url, mode: mode,
        steps: """
          [{"list": true}, {"call": "greet", "arguments": {"name": "Ada"}}, {"call": "greet", "arguments": {"name": "nobody"}}]
          """)
      try #require(report.steps.count == 3)
      #expect(report.steps[0].tools?.map(\.name) == ["greet"])
      #expect(report.steps[1].text == ["Hello, Ada!"] && report.steps[1].isError == false)
      #expect(report.steps[2].text == ["There is nobody to greet."] && report.steps[2].isError == true)
    }

    @Test(.timeLimit(.minutes(3)))
    func checkNamesTheAuthorsPlace() throws {
      let folder = try TemporaryFolder()
      let path = try worker("typescript", in: folder)
      try replace(
        "const worker: Worker", with: "interface X {}\n\nnowhere();\nconst worker: Worker", in: path + "/worker.ts")
      let checked = try Command.run(["check", path])
      #expect(checked.status == ExitStatus.usage)
      #expect(
        checked.errors.contains("\(path)/worker.ts:5:1: ReferenceError: nowhere is not defined"), "\(checked.errors)")
      #expect(!FileManager.default.fileExists(atPath: path + "/.atoll"), "check wrote something")
    }

    @Test(.timeLimit(.minutes(3)))
    func typesFollowTheSchema() throws {
      let folder = try TemporaryFolder()
      let path = try worker("typescript", in: folder)
      try replace("\"required\"", with: "\"title\": \"x\", \"required\"", in: path + "/schemas/greet.json")
      try replace(
        "\"name\": {", with: "\"times\": { \"type\": \"integer\" }, \"name\": {", in: path + "/schemas/greet.json")
      #expect(try Command.run(["types", path]).status == ExitStatus.ok)
      let types = try String(contentsOfFile: path + "/atoll.d.ts", encoding: .utf8)
      #expect(types.contains("times?: number;"))
      #expect(types.contains("name: string;"))
      let other = try Command.run(["types", Installation.worker("hello")])
      #expect(other.status == ExitStatus.usage)
      #expect(other.errors.contains("neither javascript nor typescript"))
    }

    @Test(.timeLimit(.minutes(3)))
    func theLogHasTheAuthorsPlaces() throws {
      let folder = try TemporaryFolder()
      let path = try worker("typescript", in: folder)
      try replace(
        "return `", with: "interface Y {}\n      if (name === \"boom\") null.x;\n      return `",
        in: path + "/worker.ts")
      let node = try ServedNode([path])
      let answer = try node.call("greet", #"{"name":"boom"}"#)
      #expect(answer.isError)
      #expect(node.errors.contains("worker.ts:8:"), "\(node.errors)")
      #expect(!node.errors.contains("worker.js:"))
    }

    @Test(.timeLimit(.minutes(3)))
    func devAnswersWithTheNewCodeAndSaysHowLongItTook() throws {
      let folder = try TemporaryFolder()
      let path = try worker("javascript", in: folder)
      let node = try ServedNode([path], verb: "dev")
      #expect(try node.call("greet", #"{"name":"Ada"}"#).text == "Hello, Ada!")
      for greeting in ["Good day", "Good evening"] {
        try replace(greeting == "Good day" ? "Hello" : "Good day", with: greeting, in: path + "/worker.js")
        let deadline = Date(timeIntervalSinceNow: 10)
        var text = ""
        while Date() < deadline, text != "\(greeting), Ada!" {
          usleep(5_000)
          text = try node.call("greet", #"{"name":"Ada"}"#).text
        }
        #expect(text == "\(greeting), Ada!")
      }
      #expect(node.errors.contains(" ms after the save: rebuilt and reloaded in "), "\(node.errors)")
      try replace("Good evening", with: "` + ;", in: path + "/worker.js")
      let deadline = Date(timeIntervalSinceNow: 10)
      while Date() < deadline, !node.errors.contains("the last good version goes on serving") { usleep(5_000) }
      #expect(node.errors.contains("worker.js:7:"), "\(node.errors)")
      #expect(try node.call("greet", #"{"name":"Ada"}"#).text == "Good evening, Ada!")
    }
  }
}

private enum Esbuild {
  static let isThere: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["ATOLL_ESBUILD"] { return FileManager.default.isExecutableFile(atPath: named) }
    return (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/esbuild")
    }
  }()
}
