// kv and session of the module "atoll": what is asked of the node, and what the author gets of its answers.
import Sandbox
import ScriptedNode
import Testing

@testable import JavaScript

@Suite("State", .timeLimit(.minutes(1)))
struct StateTests {
  private static func notes(_ texts: [String: String]) -> @Sendable (ScriptedNode) -> Void {
    { node in
      var version = 0
      for (key, text) in texts.sorted(by: { $0.key < $1.key }) {
        version += 1
        node.store["notes", default: [:]][key] = .init(text, version: version)
      }
    }
  }

  // MARK: Key-value

  @Test(arguments: [
    ("await kv.get('a')", #""{\"n\":1}""#),
    ("await kv.get('none')", "null"),
    ("await kv.get('a', 'json')", #"{"n":1}"#),
    ("await kv.get('a', { type: 'json' })", #"{"n":1}"#),
    ("[...await kv.get('u', 'bytes')]", "[195,188]"),
    ("(await kv.get('u', 'arrayBuffer')).byteLength", "2"),
    ("await kv.getWithVersion('a', 'json')", #"{"value":{"n":1},"version":"1","expires":null}"#),
    ("await kv.getWithVersion('none')", "null"),
    ("await kv.namespace('other').get('a')", "null"),
    ("await kv.put('b', 'text')", #""1""#),
    ("await kv.put('b', '') && await kv.get('b')", #""""#),
    ("await kv.put('b', new Uint8Array([0, 1, 0])) && [...await kv.get('b', 'bytes')]", "[0,1,0]"),
    ("await kv.putJSON('b', { x: [1] }) && await kv.get('b', 'json')", #"{"x":[1]}"#),
    ("await kv.delete('a')", "true"),
    ("await kv.delete('none')", "false"),
    ("[await kv.delete('a', { ifVersion: '1' }), await kv.get('a')]", "[true,null]"),
    ("await kv.update('a', (old) => ({ n: old.n + 1 }), { type: 'json' })", #"{"n":2}"#),
    ("await kv.update('new', async (old) => `${old}!`)", #""null!""#),
    ("await kv.update('a', () => undefined)", #""{\"n\":1}""#),
    ("Object.prototype.toString.call(kv)", #""[object KVNamespace]""#),
  ])
  func aCallOfTheStoreHasItsValue(expression: String, value: String) async throws {
    let played = try await play("return \(expression)", prepare: Self.notes(["a": #"{"n":1}"#, "u": "ü"]))
    #expect(played.answer == value)
  }

  @Test(arguments: [
    ("kv.put('a', 5)", "kv.put(): the value must be a string or bytes; kv.putJSON() takes anything else"),
    ("kv.putJSON('a', undefined)", "kv.putJSON(): the value has no JSON"),
    ("kv.get(5)", "kv.get(): the key must be a string"),
    ("kv.get('a', 'xml')", "kv.get(): the type is one of text, json, bytes, arrayBuffer"),
    (
      "kv.put('a', 'b', { expirationTtl: 5 })",
      #"kv.put(): there is no option \"expirationTtl\", only ttl, ttlMs, ifVersion, ifAbsent"#
    ),
    ("kv.put('a', 'b', { ttl: 0 })", "kv.put(): the time to live must be more than 0"),
    ("kv.put('a', 'b', { ttl: 1, ttlMs: 1 })", "kv.put(): ttl (seconds) and ttlMs exclude each other"),
    ("kv.put('a', 'b', { ifVersion: '1', ifAbsent: true })", "kv.put(): ifVersion and ifAbsent exclude each other"),
    ("kv.update('a', 'b')", "kv.update(): a function from the old value to the new one is needed"),
    ("kv.update('a', () => ({}))", #"kv.update(): the new value must be a string or bytes, or the type \"json\""#),
    ("kv.put('a', 'b', { ifAbsent: true })", "conflict: another call wrote meanwhile; get it again"),
    ("kv.put('a', 'b', { ifVersion: '77' })", "conflict: another call wrote meanwhile; get it again"),
    ("kv.namespace('forbidden').get('a')", "denied: the namespace is not granted"),
  ])
  func whatCannotBeDoneSaysWhy(expression: String, message: String) async throws {
    #expect(try await play("return \(expression)", prepare: Self.notes(["a": "x"])).answer == toolError(message))
  }

  @Test func theRequestsAreThoseOfTheABI() async throws {
    let played = try await play(
      """
      await kv.put('a', 'xyz', { ttl: 1.5, ifAbsent: true });
      await kv.namespace('n').put('b', '', { ttlMs: 20.2 });
      await kv.delete('a', { ifVersion: '1' });
      await kv.list({ prefix: 'p/', cursor: 'p/1', limit: 5 });
      await kv.list();
      return 1;
      """)
    #expect(
      played.requests == [
        "kv if=absent key=a op=put ttl_ms=1500 +3", "kv key=b namespace=n op=put ttl_ms=21 +0",
        "kv if_version=1 key=a op=delete +0", "kv cursor=p/1 limit=5 op=list prefix=p/ +0", "kv op=list +0",
      ])
    // Start, wait, read, drop; and the request of the call.
    #expect(played.hostCalls == [5 * 4 + 1])
  }

  @Test func aListGoesOnFromItsCursor() async throws {
    let played = try await play(
      """
      const seen = []; let cursor;
      do {
        const page = await kv.list({ prefix: 'k', limit: 2, cursor });
        seen.push(page.keys.map(({ key }) => key).join(), page.complete);
        cursor = page.cursor;
      } while (cursor);
      return seen;
      """, prepare: Self.notes(["k1": "", "k2": "", "k3": "", "x": ""]))
    #expect(played.answer == #"["k1,k2",false,"k3",true]"#)
  }

  @Test func whatExpiresGoesOnToDoSoAfterAnUpdate() async throws {
    let played = try await play(
      """
      await kv.put('a', '1', { ttl: 100 });
      const before = (await kv.getWithVersion('a')).expires;
      await kv.update('a', (old) => old + '2');
      const after = await kv.getWithVersion('a');
      return [after.value, before instanceof Date, Math.abs(after.expires - before) <= 5];
      """)
    #expect(played.answer == #"["12",true,true]"#)
  }

  @Test func largeValuesComeWhole() async throws {
    let body = "const text = 'ü'.repeat(300000); await kv.put('a', text); return (await kv.get('a')) === text"
    let played = try await play(body)
    #expect(played.answer == "true")
    // Reading goes in growing steps: 4, 12, 48, 192, 768 KiB.
    #expect(played.hostCalls == [1 + 4 + 4 + 4])
  }

  @Test func operationsRunSideBySide() async throws {
    let played = try await play(
      "const all = await Promise.all([1, 2, 3, 4].map((n) => kv.get(`k${n}`))); return all.length",
      prepare: { $0.stateMilliseconds = 15 })
    #expect(played.answer == "4")
    #expect(played.mostAtOnce == 4)
  }

  @Test func moreOperationsThanHandlesTakeTurns() async throws {
    let played = try await play(
      "await Promise.all(Array.from({ length: 200 }, (_, n) => kv.put(`k${n}`, ''))); return (await kv.list({ limit: 1000 })).keys.length",
      prepare: { $0.stateMilliseconds = 50 })
    #expect(played.answer == "200")
    #expect(played.mostAtOnce == 64)
  }

  @Test func timersAndOperationsWakeInTheirOrder() async throws {
    let played = try await play(
      """
      const seen = [];
      const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
      await Promise.all([
        sleep(5).then(() => seen.push('early')), kv.get('a').then(() => seen.push('kv')),
        sleep(60).then(() => seen.push('late')),
      ]);
      return seen;
      """, prepare: { $0.stateMilliseconds = 25 })
    #expect(played.answer == #"["early","kv","late"]"#)
  }

  @Test func timersThatAreAlwaysDueDoNotKeepAnswersOut() async throws {
    let played = try await play(
      """
      let done = false, turns = 0;
      kv.get('a').then(() => { done = true; });
      while (!done) { turns++; await new Promise((next) => setTimeout(next, 0)); }
      return turns > 1;
      """, limits: CallLimits(cpuMilliseconds: 1_000, hostCalls: 100_000), prepare: { $0.stateMilliseconds = 10 })
    #expect(played.answer == "true")
  }

  // MARK: Sessions

  @Test func aSessionGoesOnFromCallToCall() async throws {
    let played = try await play(
      "const now = ((await session.get()) ?? { n: 0 }).n + 1; await session.put({ n: now }); return now", calls: 3)
    #expect(played.answers == ["1", "2", "3"])
  }

  @Test func anUpdateIsRepeatedWhereAnotherCallWrote() async throws {
    let body =
      "let asked = 0; const value = await session.update((old) => { asked++; return (old ?? 0) + 1; }); return [asked, value]"
    #expect(try await play(body, prepare: { $0.conflicts = 3 }).answer == "[4,2]")
    let lost = try await play(body, prepare: { $0.conflicts = 8 }).answer
    #expect(
      lost.contains("conflict: session.update(): other calls wrote between reading and writing, 8 times in a row"))
    let bounded =
      "let asked = 0; try { await session.update(() => ++asked, { attempts: 2 }) } catch (error) { return [asked, error.code] }"
    #expect(try await play(bounded, prepare: { $0.conflicts = 9 }).answer == #"[2,"conflict"]"#)
  }

  @Test func aSessionThatEndedIsGone() async throws {
    let body =
      "const seen = await session.get(); if (seen) await session.end(); else await session.put([1]); return seen"
    #expect(try await play(body, calls: 3).answers == ["null", "[1]", "null"])
  }

  // MARK: Errors

  @Test func anErrorOfStateHasNameCodeAndMessage() async throws {
    let body = """
      try { await kv.get('a') } catch (error) {
        return [error instanceof StateError, error instanceof Error, error.name, error.code, error.message, Object.keys(error)];
      }
      """
    let played = try await play(body, prepare: { $0.isDown = true })
    #expect(
      played.answer
        == #"[true,true,"StateError","state_unavailable","the store does not answer; try again later",[]]"#)
  }

  @Test func anErrorThatNobodyCaughtBeginsWithItsCode() async throws {
    let played = try await play("await session.get()", prepare: { $0.isDown = true })
    #expect(played.answer == toolError("state_unavailable: the store does not answer; try again later"))
    #expect(played.logLines == 1)
  }

  @Test func aCapabilityThatIsNotGrantedNamesTheLineToAdd() async throws {
    let kv = try await play("return kv.get('a')", grants: [.session, .fetch]).answer
    #expect(
      kv
        == toolError(
          #"denied: kv.get(): this worker was not granted it; write `kv = [\"<namespace>\"]` under `[permissions]` in atoll.toml"#
        ))
    let session = try await play("return session.update(() => 1)", grants: [.kv]).answer
    #expect(session.contains(#"`[session]` with `ttl = \"30m\"`, and `session = true` for the tool, in atoll.toml"#))
  }

  @Test func aRequestThatIsTooLargeIsRefused() async throws {
    let body = "await kv.put('a', new Uint8Array((1 << 20) + (65 << 10)))"
    #expect(try await play(body).answer.contains("too_large: kv.put(): a request has at most 1 MiB and 64 KiB"))
  }

  @Test(arguments: ["kv.get('a')", "kv.namespace('n').list()", "session.get()", "session.update(() => 1)"])
  func nothingIsAskedWhileTheModuleIsEvaluated(expression: String) {
    let error = evaluationError(
      #"import { kv, session } from "atoll";"# + "\nawait \(expression);\nexport default { tools: {} };")
    #expect(error?.message.contains("was called while the module was evaluated") == true, "\(error?.message ?? "none")")
    #expect(error?.stack?.contains("worker.js:2:") == true, "\(error?.stack ?? "")")
  }

  // MARK: What it costs who does not use it

  @Test func onlyWhatIsMentionedIsInTheImage() throws {
    func size(_ source: String) throws -> Int { try evaluate(source).image.count }
    let plain = try size(module("t() {}"))
    #expect(try size(module("t() { return 'the session of kv'; }")) < plain + 200)
    #expect(
      try size(#"import { ToolError } from "atoll";"# + module("t() { throw new ToolError('x'); }")) < plain + 2_000)
    let withKV = try size(#"import { kv } from "atoll";"# + module("t() { return kv.get('a'); }"))
    #expect(withKV > plain + 5_000)
    #expect(evaluationError(#"import { nothing } from "atoll";"# + module("t() {}"))?.code == .threw)
  }
}
