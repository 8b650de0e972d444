// JavaScript and TypeScript workers as their authors use them: new, dev, a save, a call by the official client.
import Foundation
import Testing

extension TheBinary {
  @Suite("with JavaScript workers", .needsEsbuild)
  struct JavaScriptWorkers {
    @Test(.timeLimit(.minutes(3)), .needsClient, arguments: ["javascript", "typescript"])
    func aNewWorkerIsServedByDevAndCalledByTheOfficialClient(language: String) throws {
      let folder = try TemporaryFolder()
      let worker = folder.file("greeter")
      let made = try Command.run(["new", "--language", language, worker])
      #expect(made.status == ExitStatus.ok, "\(made.errors)")
      let node = try ServedNode([worker], verb: "dev")
      let report = try ClientReport.run(
        node.url, mode: "auto",
        steps: """
          [{"list": true}, {"call": "greet", "arguments": {"name": "Ada"}},
           {"call": "greet", "arguments": {"name": "nobody"}}]
          """)
      try #require(report.steps.count == 3)
      #expect(report.steps[0].tools?.map(\.name) == ["greet"])
      #expect(report.steps[1].text == ["Hello, Ada!"] && report.steps[1].isError == false)
      #expect(report.steps[2].text == ["There is nobody to greet."] && report.steps[2].isError == true)
    }

    /// A save is answered by the new code; a save that does not build says where, and the last good version goes on.
    @Test(.timeLimit(.minutes(3)))
    func devAnswersWithWhatWasSaved() throws {
      let folder = try TemporaryFolder()
      let worker = folder.file("greeter")
      #expect(try Command.run(["new", "--language", "javascript", worker]).status == ExitStatus.ok)
      let node = try ServedNode([worker], verb: "dev")
      #expect(try node.call(Hello.tool, Hello.arguments).text == "Hello, Ada!")
      let source = try String(contentsOfFile: worker + "/worker.js", encoding: .utf8)
      try Self.save(source.replacing("Hello", with: "Good day"), worker)
      #expect(try Self.answers("Good day, Ada!", node))
      try Self.save(source.replacing("return `", with: "return ` + `"), worker)
      #expect(Self.says("worker.js:", node) && Self.says("last good version", node), "\(node.errors)")
      #expect(try node.call(Hello.tool, Hello.arguments).text == "Good day, Ada!")
      try Self.save(source.replacing("Hello", with: "Welcome"), worker)
      #expect(try Self.answers("Welcome, Ada!", node))
      #expect(Self.says("after the save", node), "\(node.errors)")
    }

    @Test(.timeLimit(.minutes(3)))
    func currencyIsExact() throws {
      let node = try ServedNode([Bundles.script("currency")])
      let answer = try node.call("convert", #"{"amount":"12.50","from":"EUR","to":"JPY"}"#)
      #expect(answer.text == #"{"amount":"2000","currency":"JPY","rate":"160","asOf":"2026-01-02","text":"¥2,000"}"#)
      // A binary fraction would say 0.01 here: 0.015 is a little less than it looks.
      #expect(try node.call("convert", #"{"amount":"0.015","from":"EUR","to":"EUR"}"#).text.contains(#""amount":"0.02""#))
      #expect(try node.call("format", #"{"amount":"1234567.891","currency":"EUR","locale":"de"}"#).text == "1.234.567,89\u{A0}€")
      #expect(try node.call("format", #"{"amount":"-0.001","currency":"USD"}"#).text == "$0.00")
      let unknown = try node.call("convert", #"{"amount":"1","from":"XXX","to":"EUR"}"#)
      #expect(unknown.isError && unknown.text.hasPrefix("Unknown currency XXX; there are EUR, USD"))
      let wrong = try node.call("convert", #"{"amount":12.5,"from":"EUR","to":"JPY"}"#)
      #expect(wrong.isError && wrong.text.contains("/amount"))
    }

    @Test(.timeLimit(.minutes(3)), .needsMarked)
    func markdownIsSafeToShow() throws {
      let node = try ServedNode([Bundles.script("markdown")])
      let hostile = ###"{"markdown":"# A <script>x</script>\n\n[a](javascript:x) [b](https://c.d/?e=1&f=2)"}"###
      #expect(
        try node.call("render", hostile).text
          == "<h1>A &lt;script&gt;x&lt;/script&gt;</h1>\n<p>a <a href=\"https://c.d/?e=1&amp;f=2\">b</a></p>\n")
      #expect(
        try node.call("outline", ###"{"markdown":"# A\n\n## B\n\ntext"}"###).text
          == #"{"headings":[{"level":1,"text":"A"},{"level":2,"text":"B"}]}"#)
    }

    /// Whatever a call leaves behind, the next one must not see: over HTTP, by many clients at once.
    @Test(.timeLimit(.minutes(5)))
    func tenThousandCallsUnderLoadAreEachTheFirst() throws {
      let folder = try TemporaryFolder()
      let worker = folder.file("greeter")
      #expect(try Command.run(["new", "--language", "javascript", worker]).status == ExitStatus.ok)
      try Self.save(
        """
        let calls = 0;
        const seen = new Map();
        export default {
          tools: {
            greet({ name }) {
              calls += 1;
              globalThis.total = (globalThis.total ?? 0) + 1;
              Object.prototype.leaked = (Object.prototype.leaked ?? 0) + 1;
              Array.prototype.push = Array.prototype.push.bind([]);
              seen.set(name + seen.size, true);
              return [calls, globalThis.total, Object.prototype.leaked, seen.size].join(" ");
            },
          },
        };
        """, worker)
      let node = try ServedNode([worker])
      let texts = onThreads(8) { _ -> Set<String> in
        var texts: Set<String> = []
        guard let connection = try? node.connect() else { return ["no connection"] }
        for _ in 0..<1250 {
          do {
            try connection.send(ToolRequest(Hello.tool, Hello.arguments).text(port: node.port))
            texts.insert(try ToolAnswer(connection.readResponse()).text)
          } catch {
            texts.insert("\(error)")
          }
        }
        return texts
      }
      #expect(texts == Array(repeating: ["1 1 1 1"], count: 8))
    }

    /// An error that nobody expected names the author's file and line in the log, and only its message to the caller.
    @Test(.timeLimit(.minutes(3)))
    func anUnexpectedErrorNamesTheAuthorsLine() throws {
      let folder = try TemporaryFolder()
      let worker = folder.file("greeter")
      #expect(try Command.run(["new", "--language", "typescript", worker]).status == ExitStatus.ok)
      try "export function fail(what: string): never {\n  throw new RangeError(what);\n}\n"
        .write(toFile: worker + "/fail.ts", atomically: false, encoding: .utf8)
      try "import { fail } from \"./fail\";\n\nexport default { tools: { greet: async () => fail(\"too far\") } };\n"
        .write(toFile: worker + "/worker.ts", atomically: false, encoding: .utf8)
      let node = try ServedNode([worker])
      let answer = try node.call(Hello.tool, Hello.arguments)
      #expect(answer.isError && answer.text.contains("too far") && !answer.text.contains("fail.ts"))
      #expect(Self.says("fail.ts:2:", node), "\(node.errors)")
    }

    // MARK: Steps

    private static func save(_ source: String, _ worker: String) throws {
      try source.write(toFile: worker + "/worker.js", atomically: false, encoding: .utf8)
    }

    private static func answers(_ text: String, _ node: ServedNode) throws -> Bool {
      try holds { try node.call(Hello.tool, Hello.arguments).text == text }
    }

    private static func says(_ text: String, _ node: ServedNode) -> Bool {
      holds { (node.errors + node.output).contains(text) }
    }

    private static func holds(_ condition: () throws -> Bool) rethrows -> Bool {
      let deadline = Date(timeIntervalSinceNow: 20)
      while Date() < deadline {
        if try condition() { return true }
        usleep(10_000)
      }
      return false
    }
  }
}
