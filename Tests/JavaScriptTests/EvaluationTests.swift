// Evaluating once, at build: what is taken, what is refused, and under which caps.
import Sandbox
import Testing

@testable import JavaScript

@Suite("Evaluation", .timeLimit(.minutes(1)))
struct EvaluationTests {
  @Test func theToolsOfTheDefaultExportAreNamed() throws {
    #expect(
      try evaluate(module("b() {}, a: async () => {}, 'with space': () => {}")).tools == ["b", "a", "with space"])
  }

  @Test func theSameSourceGivesTheSameImage() throws {
    let source = module("t() { return 1 }", before: "const m = new Map([['a', 1]]); const o = { m }; class C {}")
    let image = try evaluate(source).image
    for _ in 0..<3 { #expect(try evaluate(source).image == image) }
  }

  @Test func theImageIsAMemoryAndNothingElse() throws {
    let shape = try WasmShape(try evaluate(module("t() {}")).image)
    #expect(shape.imports.isEmpty)
    #expect(shape.exports.map(\.name) == ["memory"])
    #expect(shape.functionCount == 0)
    #expect(shape.memories[0].maximum == nil)
  }

  @Test func whatStoodOnTheStackIsNotInTheImage() throws {
    let image = try evaluate(module("t() {}")).image
    let sections = try ModuleSections(image)
    var cursor = ByteCursor(sections[ModuleSections.ID.data])
    let count = try cursor.unsigned32()
    #expect(count > 0)
    // The first segment: flags 0, i32.const, its address.
    #expect(try cursor.byte() == 0)
    #expect(try cursor.byte() == 0x41)
    let address = try cursor.unsigned32()
    #expect(address >= 65_536, "something below the stack pointer was kept")
  }

  @Test func whatAnErrorSaysHasItsPlace() {
    let error = evaluationError("\n  const a = 1;\n  nowhere();\nexport default { tools: {} };")
    #expect(error?.code == .threw)
    #expect(error?.message == "ReferenceError: nowhere is not defined")
    #expect(error?.stack?.contains("worker.js:3:3") == true, "\(error?.stack ?? "no stack")")
  }

  @Test func aSyntaxErrorHasItsPlace() {
    let error = evaluationError("\nlet = = 1;")
    #expect(error?.code == .threw)
    #expect(error?.message.hasPrefix("SyntaxError") == true)
    #expect(error?.stack?.contains("worker.js:2:") == true, "\(error?.stack ?? "no stack")")
  }

  @Test func anEvaluationThatNeverEndsIsCutByTheProcessorCap() {
    let error = evaluationError("for (;;) {}", limits: CallLimits(cpuMilliseconds: 20))
    #expect(error?.code == .outOfTime)
    #expect(error?.message.contains("20 ms") == true)
  }

  @Test func anEvaluationThatAllocatesWithoutEndIsCutByTheMemoryCap() {
    let error = evaluationError(
      "const a = []; for (;;) a.push(new Uint8Array(65536).fill(1));",
      limits: CallLimits(memoryBytes: 4 << 20, cpuMilliseconds: 5_000))
    #expect(error?.code == .outOfMemory, "\(error?.message ?? "it ended well")")
    #expect(error?.message.contains("limits.memory") == true)
  }

  @Test(arguments: [
    ("Date.now()", "Date.now"), ("new Date()", "Date"), ("Math.random()", "Math.random"),
    ("console.log('x')", "console"),
    ("setTimeout(() => {}, 1)", "setTimeout"), ("crypto.getRandomValues(new Uint8Array(4))", "crypto"),
    ("crypto.randomUUID()", "crypto.randomUUID"), ("performance.now()", "performance.now"),
    ("fetch('http://x.test/')", "fetch"),
  ])
  func callingTheHostIsRefusedByNameAndPlace(expression: String, name: String) {
    let error = evaluationError("\nconst a = 1;\nawait \(expression);\nexport default { tools: {} };")
    #expect(error?.stack?.contains("worker.js:3:") == true, "\(error?.message ?? "") \(error?.stack ?? "")")
    #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
  }

  /// Less than the engine's own memory, a little more than it, and too little for the source.
  @Test(arguments: [64, 192, 320, 448])
  func aCapTooSmallForTheEngineSaysSo(kibibytes: Int) {
    let source = module("t() {}", before: "const text = '\(String(repeating: "x", count: 1 << 20))';")
    let error = evaluationError(source, limits: CallLimits(memoryBytes: kibibytes << 10))
    #expect(error?.code == .outOfMemory, "\(error?.message ?? "it ended well")")
    #expect(error?.message.contains("\(kibibytes) KiB") == true)
  }

  @Test func theSmallestProcessorCapIsEnoughForASmallModule() throws {
    #expect(try evaluate(module("t() {}"), limits: CallLimits(cpuMilliseconds: 1)).tools == ["t"])
  }

  @Test func anAwaitThatCannotEndIsAnError() {
    #expect(evaluationError("await new Promise(() => {}); export default { tools: {} };")?.code == .threw)
  }

  @Test func topLevelAwaitThatEndsIsTaken() async throws {
    let source = module("t() { return v }", before: "const v = await Promise.resolve('awaited');")
    #expect(try await call(source).text == #""awaited""#)
  }

  @Test func aWorkerWithoutDefaultExportIsAnError() {
    #expect(evaluationError("export const a = 1;")?.code == .threw)
  }
}
