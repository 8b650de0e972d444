// No call sees another's doing, and no call costs more than its caps.
import Sandbox
import Testing

@testable import JavaScript

@Suite("Isolation of calls", .timeLimit(.minutes(2)))
struct IsolationTests {
  /// Writes to a global, a prototype, a module variable, a cache and a built-in, and answers what it found of them.
  static let leaky = module(
    """
    t() {
      const seen = [globalThis.g, Object.prototype.p, count, cache.size, Array.prototype.map === map, [].x];
      globalThis.g = 1; Object.prototype.p = 2; count += 1; cache.set(count, count);
      Array.prototype.map = () => 'stolen'; Array.prototype.x = 'leak';
      return seen.map === undefined ? 'lost' : JSON.stringify({ ...seen });
    }
    """, before: "let count = 0; const cache = new Map(); const map = Array.prototype.map;")

  @Test func tenThousandCallsAnswerAsIfEachWereTheFirst() async throws {
    let limits = CallLimits(cpuMilliseconds: 1_000)
    let answers = try await withWorker(Self.leaky, limits: limits) { sandbox, prepared in
      var answers: [String: Int] = [:]
      for _ in 0..<10_000 {
        let outcome = await sandbox.call(prepared, request: request("t"), ledger: CallLedger())
        answers[outcome.text ?? "\(outcome)", default: 0] += 1
      }
      return answers
    }
    #expect(answers.count == 1, "\(answers)")
    #expect(answers.values.first == 10_000)
    #expect(answers.keys.first?.contains("true") == true)
  }

  /// Many at once, asleep in between: instances of one image over one engine, in any order.
  @Test func callsThatRunSideBySideSeeNothingOfEachOther() async throws {
    let source = module(
      """
      async t({ n }) {
        globalThis.seen = (globalThis.seen ?? 0) + 1; Object.prototype.n = n; mine = n;
        await Promise.all([1, 2].map((ms) => new Promise((done) => setTimeout(done, ms))));
        return [globalThis.seen, ({}).n, mine].join();
      }
      """, before: "let mine = null;")
    let wrong = try await withWorker(source, limits: CallLimits(cpuMilliseconds: 1_000)) { sandbox, prepared in
      await withTaskGroup(of: Int.self) { group in
        for worker in 0..<50 {
          group.addTask {
            var wrong = 0
            for index in 0..<20 {
              let n = worker * 20 + index
              let outcome = await sandbox.call(prepared, request: request("t", #"{"n":\#(n)}"#), ledger: CallLedger())
              if outcome.text != #""1,\#(n),\#(n)""# { wrong += 1 }
            }
            return wrong
          }
        }
        return await group.reduce(0, +)
      }
    }
    #expect(wrong == 0)
  }

  @Test func randomNumbersAreOthersInEveryCall() async throws {
    let source = module("t() { return [Math.random(), crypto.randomUUID()].join() }")
    let seen = try await withWorker(source) { sandbox, prepared in
      var seen = Set<String>()
      for _ in 0..<200 {
        seen.insert(await sandbox.call(prepared, request: request("t"), ledger: CallLedger()).text ?? "")
      }
      return seen
    }
    #expect(seen.count == 200)
  }

  @Test func recursionWithoutEndIsARangeErrorThatTheToolCanCatch() async throws {
    let source = module(
      "t() { const f = (n) => f(n + 1) + 1; try { return f(0) } catch (e) { return e.constructor.name } }")
    #expect(try await call(source, limits: CallLimits(cpuMilliseconds: 1_000)).text == #""RangeError""#)
  }

  @Test func aRegularExpressionThatRunsForEverIsCutByTheProcessorCap() async throws {
    let source = module("t() { return /^(a+)+$/.test('a'.repeat(60) + 'b') }")
    #expect(try await call(source, limits: CallLimits(cpuMilliseconds: 20)).fault?.kind == .cpuLimit)
  }

  @Test func aLoopIsCutByTheProcessorCap() async throws {
    #expect(
      try await call(module("t() { for (;;) {} }"), limits: CallLimits(cpuMilliseconds: 20)).fault?.kind == .cpuLimit)
  }

  @Test func aToolThatAllocatesWithoutEndIsCutByTheMemoryCap() async throws {
    let source = module("t() { const a = []; for (;;) a.push(new Uint8Array(65536).fill(1)) }")
    let limits = CallLimits(memoryBytes: 4 << 20, cpuMilliseconds: 5_000)
    #expect(try await call(source, limits: limits).fault?.kind == .memoryLimit)
  }

  @Test func promisesThatFeedThemselvesAreCutByTheProcessorCap() async throws {
    let source = module("async t() { for (;;) await null }")
    #expect(try await call(source, limits: CallLimits(cpuMilliseconds: 20)).fault?.kind == .cpuLimit)
  }

  @Test func sleepersEndByTheWallCap() async throws {
    let source = module("t() { return new Promise((done) => setTimeout(done, 60000)) }")
    let limits = CallLimits(cpuMilliseconds: 20, wallMilliseconds: 40)
    #expect(try await call(source, limits: limits).fault?.kind == .wallLimit)
  }
}
