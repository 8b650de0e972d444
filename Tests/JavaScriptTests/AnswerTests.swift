// What a tool returns or throws, as the bytes that `atoll_call` answers.
import Sandbox
import Testing

@testable import JavaScript

@Suite("Answers", .timeLimit(.minutes(1)))
struct AnswerTests {
  static func error(_ message: String) -> String {
    #"{"result":{"isError":true,"content":[{"type":"text","text":"\#(message)"}]}}"#
  }

  @Test(arguments: [
    ("t() { return 'text' }", #""text""#),
    ("t() { return { a: [1, null, true] } }", #"{"a":[1,null,true]}"#),
    ("async t({ x }) { await null; return x }", "7"),
    ("t() { return { then(done) { done('later') } } }", #""later""#),
    ("t(_, context) { return typeof context }", #""object""#),
    ("t() { return this.other() }, other() { return 1 }", "1"),
  ])
  func aValueIsAnsweredAsItsJSON(tool: String, answer: String) async throws {
    #expect(try await call(module(tool), "t", #"{"x":7}"#).text == answer)
  }

  @Test func anObjectWhoseOnlyMemberIsResultIsNotTakenForProtocol() async throws {
    let answer = try await call(module("t() { return { result: { isError: true } } }")).text
    #expect(answer == #"{"result":{"structuredContent":{"result":{"isError":true}}}}"#)
    let two = try await call(module("t() { return { result: '}', b: 1 } }")).text
    #expect(two == #"{"result":"}","b":1}"#)
    let quoted = try await call(module(#"t() { return { result: "\",}" } }"#)).text
    #expect(quoted == #"{"result":{"structuredContent":{"result":"\",}"}}}"#)
  }

  @Test(arguments: [
    ("t() { throw new Error('boom') }", "boom"),
    ("t() { throw new TypeError() }", "TypeError"),
    ("async t() { throw 'text' }", "text"),
    ("t() { throw { code: 5 } }", #"{\"code\":5}"#),
    ("t() { throw Object.create(null) }", "{}"),
    (
      "t() { throw { get message() { throw 1 }, toJSON() { throw 2 }, toString() { throw 3 } } }",
      "something that has no text was thrown"
    ),
    ("t() { Promise.reject(new Error('lost')); return 1 }", "lost"),
    ("async t() { setTimeout(() => { throw new Error('late') }, 1); await new Promise(() => {}) }", "late"),
    ("t() { queueMicrotask(() => { throw new Error('job') }); return 1 }", "job"),
    ("t() { return new Promise(() => {}) }", "the promise can never be settled: nothing is left to wait for"),
  ])
  func whatIsThrownIsAnErrorOfTheTool(tool: String, message: String) async throws {
    #expect(try await call(module(tool)).text == Self.error(message))
  }

  @Test(arguments: [
    ("t() { const a = {}; a.a = a; return a }", "circular reference"),
    ("t() { return { n: 1n } }", "BigInt are forbidden in JSON.stringify"),
    ("t() { return { toJSON() { throw new Error('mine') } } }", "mine"),
  ])
  func whatJSONCannotHoldIsAnErrorThatNamesTheTool(tool: String, why: String) async throws {
    let message = "the answer of the tool `t` cannot be written as JSON: \(why)"
    #expect(try await call(module(tool)).text == Self.error(message))
  }

  @Test(arguments: [
    ("t() {}", "undefined"),
    ("t() { return () => 1 }", "a function"),
    ("t() { return 1n }", "a BigInt"),
    ("t() { return Symbol('x') }", "a symbol"),
  ])
  func whatHasNoJSONIsAnErrorThatSaysWhatToReturn(tool: String, what: String) async throws {
    let fix = "return a string, a number, a boolean, null, or an object or array of these"
    #expect(try await call(module(tool)).text == Self.error("the tool `t` returned \(what): \(fix)"))
  }

  @Test func anExpectedErrorIsNotLoggedAndAnotherOneIs() async throws {
    let ledger = CallLedger()
    let expected = "import { ToolError } from 'atoll'; class Mine extends ToolError {}"
    let answer = try await call(module("t() { throw new Mine('no such city') }", before: expected), ledger: ledger).text
    #expect(answer == Self.error("no such city"))
    #expect(ledger.use.logBytes == 0)
    let other = CallLedger()
    _ = try await call(module("t() { throw new Error('bug') }"), ledger: other)
    #expect(other.use.logBytes > 0)
  }

  @Test(arguments: [
    "Object.prototype.toJSON = () => 'stolen'; throw new Error('x')",
    "String.prototype.toString = () => 'stolen'; throw new Error('x')",
    "Object.defineProperty(Object.prototype, 'result', { set() {}, get() { return 'stolen' } }); throw new Error('x')",
    "JSON.stringify = () => 'stolen'; Array.prototype.join = () => 'stolen'; throw new Error('x')",
    "globalThis.Error = class {}; Promise.prototype.then = () => {}; throw null ?? new TypeError('x')",
  ])
  func pollutionDoesNotReachTheEnginesOwnAnswer(code: String) async throws {
    #expect(try await call(module("async t() { \(code) }")).text == Self.error("x"))
  }
}
