// The example workers in TypeScript and JavaScript, and that nothing of a call is left for the next, over HTTP.
import Foundation
import Testing

extension TheBinary {
  @Suite("with the example workers in JavaScript", .needsEsbuild)
  struct ScriptWorkers {
    @Test(.timeLimit(.minutes(3)))
    func currencyIsExact() throws {
      let node = try ServedNode([Bundles.script("currency")])
      let answer = try node.call("convert", #"{"amount":"12.50","from":"EUR","to":"JPY"}"#)
      #expect(answer.text == #"{"amount":"2000","currency":"JPY","rate":"160","asOf":"2026-01-02","text":"¥2,000"}"#)
      // A binary fraction would say 0.01 here: 0.015 is a little less than it looks.
      #expect(
        try node.call("convert", #"{"amount":"0.015","from":"EUR","to":"EUR"}"#).text.contains(#""amount":"0.02""#))
      #expect(
        try node.call("format", #"{"amount":"1234567.891","currency":"EUR","locale":"de"}"#).text
          == "1.234.567,89\u{A0}€")
      #expect(try node.call("format", #"{"amount":"-0.001","currency":"USD"}"#).text == "$0.00")
      let unknown = try node.call("convert", #"{"amount":"1","from":"QQQ","to":"EUR"}"#)
      #expect(unknown.isError && unknown.text.hasPrefix("Unknown currency QQQ; there are EUR, USD"))
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

    /// What an editor shows is what the schemas say: nobody has to remember to run `atoll types` again.
    @Test(arguments: ["currency", "cart"]) func committedTypesAreTheGenerators(worker: String) throws {
      let folder = try TemporaryFolder()
      let source = URL(filePath: Installation.root + "/workers/" + worker)
      let copy = URL(filePath: folder.file(worker))
      try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
      for name in ["atoll.toml", "schemas"] {
        try FileManager.default.copyItem(at: source.appending(path: name), to: copy.appending(path: name))
      }
      #expect(try Command.run(["types", copy.path]).status == ExitStatus.ok)
      let committed = try String(contentsOf: source.appending(path: "atoll.d.ts"), encoding: .utf8)
      let isCurrent = try String(contentsOf: copy.appending(path: "atoll.d.ts"), encoding: .utf8) == committed
      #expect(isCurrent, "run `atoll types workers/\(worker)`")
    }

    /// Whatever a call leaves behind, the next one must not see: over HTTP, by many clients at once.
    @Test(.timeLimit(.minutes(5)))
    func tenThousandCallsUnderLoadAreEachTheFirst() throws {
      let folder = try TemporaryFolder()
      let worker = folder.file("greeter")
      #expect(try Command.run(["new", "--language", "javascript", worker]).status == ExitStatus.ok)
      try Self.counting.write(toFile: worker + "/worker.js", atomically: false, encoding: .utf8)
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

    /// Counts its calls everywhere that JavaScript can keep something.
    private static let counting = """
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
      """
  }
}
