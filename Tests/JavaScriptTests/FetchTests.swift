// fetch over scripted upstreams: answers whole, in pieces, late, broken off, aborted.
import Sandbox
import ScriptedNode
import Testing

@testable import JavaScript

@Suite("fetch", .timeLimit(.minutes(1)))
struct FetchTests {
  private static let u = "https://a.test/x"
  private func ask(
    _ body: String, _ replies: ScriptedNode.Reply..., grants: Capabilities = .all
  ) async throws -> Played {
    try await play("const u = '\(Self.u)'; \(body)", grants: grants, prepare: { $0.upstreams[Self.u] = replies })
  }

  @Test func anAnswerHasItsHeadAndItsBody() async throws {
    let played = try await ask(
      """
      const r = await fetch(u);
      return [r.status, r.ok, r.statusText, r.url, r.redirected, r.type, r.headers.get('x-a'), r.bodyUsed, await r.text(), r.bodyUsed];
      """, .init(203, [(0, "he"), (0, "llo")]))
    #expect(played.answer == #"[203,true,"Fine","https://a.test/x",true,"basic","1, 2",false,"hello",true]"#)
  }

  @Test(arguments: [
    ("await (await fetch(u)).json()", #"{"a":[1,2]}"#),
    ("[...await (await fetch(u)).bytes()].length", "11"),
    ("(await (await fetch(u)).arrayBuffer()).byteLength", "11"),
    ("await (await (await fetch(u)).blob()).text()", #""{\"a\":[1,2]}""#),
    ("await (await fetch(new URL(u + '#part'))).text()", #""{\"a\":[1,2]}""#),
    ("await (await fetch(new Request(u))).text()", #""{\"a\":[1,2]}""#),
    (
      "await (async () => { const r = await fetch(u), c = r.clone(); return [await c.text(), await r.json(), c.url] })()",
      #"["{\"a\":[1,2]}",{"a":[1,2]},"https://a.test/x"]"#
    ),
    (
      "await (async () => { const r = await fetch(u); await r.text(); return r.text().catch((e) => e.message) })()",
      #""the body has been read already""#
    ),
    (
      "await (async () => { const r = await fetch(u), out = []; for await (const piece of r.body) out.push(piece.length); return [out, r.bodyUsed] })()",
      "[[5,6],true]"
    ),
    (
      "await (async () => { const reader = (await fetch(u)).body.getReader(); const a = await reader.read(), b = await reader.read(), c = await reader.read(); return [a.value.length, b.done, c.done, c.value === undefined] })()",
      "[5,false,true,true]"
    ),
    (
      "await (async () => { const reader = (await fetch(u)).body.getReader(); const all = await Promise.all([reader.read(), reader.read(), reader.read()]); return all.map((x) => x.done) })()",
      "[false,false,true]"
    ),
    (
      "await (async () => { const r = await fetch(u); const reader = r.body.getReader(); return [r.body.locked, await r.text().catch((e) => e.name), (reader.releaseLock(), r.body.locked), await r.text()] })()",
      #"[true,"TypeError",false,"{\"a\":[1,2]}"]"#
    ),
    (
      "await (async () => { const r = await fetch(u); await r.body.cancel(); return [r.bodyUsed, await r.text().catch((e) => e.name)] })()",
      #"[true,"TypeError"]"#
    ),
    (
      "await (async () => { const r = await fetch(u); for await (const piece of r.body) break; return r.bodyUsed })()",
      "true"
    ),
    ("await new Response('abc', fetch).body.getReader().read().then((x) => x.value.length)", "3"),
    ("(fetch, new Response(null)).body", "null"),
  ])
  func bodiesAreReadInEveryWay(expression: String, value: String) async throws {
    let played = try await ask(
      "return \(expression)", .init(200, [(0, #"{"a":"#), (10, "[1,2]}")], type: "application/json"))
    #expect(played.answer == value)
  }

  @Test func theRequestIsTheOneOfTheABI() async throws {
    let url = "upstream://shop/prices?sku=a%20b"
    let played = try await play(
      """
      const r = await fetch('\(url)#frag', { method: 'post', headers: { 'X-B': '2' }, body: 'body' });
      const head = await fetch('\(url)', { method: 'HEAD' });
      return [r.status, head.status, head.body];
      """, prepare: { $0.upstreams[url] = [.init(204)] })
    #expect(played.answer == "[204,204,null]")
    #expect(played.requests.count == 2)
    #expect(played.requests.first?.contains("method=POST url=\(url) +4") == true)
    #expect(played.requests.first?.contains("content-type") == true)
    #expect(played.requests.last?.contains("method=HEAD url=\(url) +0") == true)
    // Start, wait, read, drop for each.
    #expect(played.hostCalls == [9])
  }

  @Test func aBodyThatComesInPiecesIsReadAsTheyCome() async throws {
    let played = try await ask(
      """
      const pieces = [];
      for await (const piece of (await fetch(u)).body) pieces.push(new TextDecoder().decode(piece));
      return pieces;
      """, .init(200, [(5, "a"), (10, "b"), (10, "c")]))
    #expect(played.answer == #"["a","b","c"]"#)
  }

  @Test func longBodiesTakeFewHostCalls() async throws {
    let long = String(repeating: "0123456789", count: 50_000)
    let played = try await ask("return (await (await fetch(u)).text()).length", .init(200, [(0, long)]))
    #expect(played.answer == "500000")
    #expect(played.hostCalls[0] <= 10)
  }

  @Test func requestsRunSideBySide() async throws {
    let played = try await play(
      """
      const start = performance.now();
      const all = await Promise.allSettled([1, 2, 3].map(async (n) => (await fetch(`https://a.test/${n}`)).text()));
      return [all.map((one) => one.value ?? one.reason.cause.code), performance.now() - start < 140];
      """,
      prepare: {
        $0.upstreams["https://a.test/1"] = [.init(200, [(60, "one")])]
        $0.upstreams["https://a.test/2"] = [.failure("connect_failed", after: 60)]
        $0.upstreams["https://a.test/3"] = [ScriptedNode.Reply(200, [(0, "three")]).after(60)]
      })
    #expect(played.answer == #"[["one","connect_failed","three"],true]"#)
    #expect(played.mostAtOnce == 3)
  }

  @Test func aFailureIsATypeErrorWithItsCause() async throws {
    let played = try await ask(
      "try { await fetch(u) } catch (error) { return [error instanceof TypeError, error.message, error.cause] }",
      .failure("circuit_open", "too many failures", more: #","retry_after_ms":1500"#))
    #expect(
      played.answer
        == #"[true,"circuit_open: too many failures",{"code":"circuit_open","message":"too many failures","upstream":"a","retryAfter":1.5}]"#
    )
    #expect(try await ask("await fetch(u)", .failure("timeout")).answer == toolError("timeout: it failed"))
  }

  @Test func aBodyThatBreaksOffSaysWhy() async throws {
    let read =
      "const r = await fetch(u); try { return await r.text() } catch (error) { return [error.name, error.cause.code, error.message] }"
    let reply = ScriptedNode.Reply(200, [(0, "half")]).breakingOff(with: "too_large")
    #expect(try await ask(read, reply).answer == #"["TypeError","too_large","too_large: the body broke off"]"#)
    let again = """
      const reader = (await fetch(u)).body.getReader(), seen = [];
      for (let n = 0; n < 4; n++) seen.push(await reader.read().then((x) => x.value.length, (error) => error.cause.code));
      return seen;
      """
    let late = ScriptedNode.Reply(200, [(0, "half"), (10, "x")]).breakingOff(with: "reset")
    #expect(try await ask(again, late).answer == #"[4,1,"reset","reset"]"#)
    // Where the bytes end with a step of reading.
    for count in [4_096, 16_384] {
      let exact = ScriptedNode.Reply(200, [(5, String(repeating: "x", count: count))]).breakingOff(with: "reset")
      #expect(try await ask(again, exact).answer == #"[\#(count),"reset","reset","reset"]"#)
    }
  }

  // MARK: Aborting

  @Test(arguments: [
    ("fetch(u, { signal: AbortSignal.abort() })", "AbortError", 0),
    ("fetch(u, { signal: AbortSignal.timeout(10) })", "TimeoutError", 1),
    (
      "(async () => { const c = new AbortController(); setTimeout(() => c.abort(), 5); return fetch(u, { signal: c.signal }) })()",
      "AbortError", 1
    ),
  ])
  func aSignalEndsARequestThatIsUnderWay(expression: String, name: String, cancelled: Int) async throws {
    let played = try await ask(
      "try { await \(expression) } catch (error) { return error.name }", ScriptedNode.Reply(200).after(5_000))
    #expect(played.answer == "\"\(name)\"")
    #expect(played.cancelled == cancelled)
  }

  @Test func aSignalEndsABodyThatIsUnderWay() async throws {
    let played = try await ask(
      """
      const r = await fetch(u, { signal: AbortSignal.timeout(20) });
      return r.text().catch((error) => [error.name, r.status]);
      """, ScriptedNode.Reply(200, [(0, "a")]).endless)
    #expect(played.answer == #"["TimeoutError",200]"#)
    #expect(played.cancelled == 1)
  }

  @Test func aSignalAfterTheEndDoesNothing() async throws {
    let played = try await ask(
      """
      const c = new AbortController(), r = await fetch(u, { signal: c.signal }), text = await r.text();
      c.abort();
      await new Promise((done) => setTimeout(done, 2));
      return text;
      """, .init(200, [(0, "whole")]))
    #expect(played.answer == #""whole""#)
    #expect(played.cancelled == 0)
  }

  @Test func bodiesThatNobodyReadsEndWithTheCall() async throws {
    let played = try await ask("const r = await fetch(u); return r.status", ScriptedNode.Reply(200, [(0, "a")]).endless)
    #expect(played.answer == "200")
    #expect(played.cancelled == 1)
  }

  @Test func moreHandlesThanThereAreIsAnErrorThatSaysWhatToDo() async throws {
    let played = try await ask(
      "const held = []; for (let n = 0; n < 65; n++) held.push(await fetch(u)); return held.length",
      ScriptedNode.Reply(200).endless)
    #expect(played.answer.contains("too_many: fetch https://a.test/x: 64 operations are held; read the bodies"))
  }

  @Test func aGrantThatIsMissingNamesTheLineToAdd() async throws {
    let played = try await ask("await fetch(u)", .init(200), grants: .kv)
    #expect(
      played.answer
        == toolError(
          "denied: fetch https://a.test/x: this worker was not granted it; write an `[[upstreams]]` table with `name` and `url` in atoll.toml"
        ))
    let other = try await ask(
      "try { await fetch('https://other.test/') } catch (error) { return error.cause.code }", .init(200))
    #expect(other.answer == #""denied""#)
  }

  @Test func theNameIsThereOnlyForWhoMentionsIt() async throws {
    let image = { (source: String) throws in try evaluate(source).image.count }
    let plain = try image(module("t() {}"))
    #expect(try image(module("t() { return fetch; }")) > plain + 10_000)
    #expect(try await call(module("t() { return typeof globalThis['fet' + 'ch'] }")).text == #""undefined""#)
  }
}
