// Whole workers, built as `atoll build` builds them, over a scripted node: the header of C workers, what the SDKs import,
// and the logic of the examples that keep state or ask upstreams.
import EventLoop
import Foundation
import JavaScript
import Manifests
import Sandbox
import ScriptedNode
import Testing

@testable import Bundles

private typealias Bundle = Bundles.Bundle

private enum Machine {
  static let engine = try! Engine(EngineConfiguration(instances: 20))
  static let store = ModuleStore(engine: engine, cacheDirectory: ModuleStore.defaultCacheDirectory)
  static let javaScript = JavaScriptEngine(store: store)
}

/// Calls of a worker in turn over one node: tool and arguments; answers what the guest answered.
private func play(
  _ bundle: Bundle, _ calls: [(String, String)], prepare: @escaping @Sendable (ScriptedNode) -> Void = { _ in }
) async throws -> [String] {
  let (program, _) = try bundle.load(Machine.store, javaScript: Machine.javaScript)
  let loop = try EventLoop()
  loop.start(name: "guest-services")
  defer {
    loop.stop()
    loop.join()
  }
  return try await withCheckedThrowingContinuation { continuation in
    loop.spawn {
      do {
        let sandbox = try LoopSandbox(engine: Machine.engine, loop: loop)
        let prepared = try sandbox.prepare(program)
        let node = ScriptedNode(loop: loop)
        prepare(node)
        var answers: [String] = []
        for (tool, arguments) in calls {
          let request = #"{"method":"tools/call","name":"\#(tool)","arguments":\#(arguments),"context":{}}"#
          let outcome = await sandbox.call(prepared, request: Array(request.utf8), ledger: CallLedger(), services: node)
          switch outcome {
          case .answered(let bytes): answers.append(String(decoding: bytes, as: UTF8.self))
          default: answers.append("\(outcome)")
          }
        }
        continuation.resume(returning: answers)
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

@Suite("Guests over a node", .serialized, .timeLimit(.minutes(3)))
struct GuestServicesTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private func built(_ worker: String) throws -> Bundle { try Bundle.build("\(Self.root)/workers/\(worker)").bundle }

  private func built(_ files: [String: String]) throws -> Bundle {
    let worker = try BuildTests.Worker(files)
    return try withExtendedLifetime(worker) { try Bundle.build(worker.path).bundle }
  }

  private func modules(_ bundle: Bundle) throws -> Set<String> {
    Set(try WasmShape(bundle.module).imports.map(\.module))
  }

  // MARK: C

  private static let cManifest = """
    name = "sample"
    [source]
    language = "c"
    entry = "worker.c"
    [permissions]
    kv = ["notes"]
    [session]
    ttl = "1h"
    [[upstreams]]
    name = "a"
    url = "https://a.test"
    [limits]
    host_calls = 200
    [[tools]]
    name = "run"
    description = "Runs"
    session = true
    """

  @Test func aWorkerInCUsesStateAndUpstreams() async throws {
    let source = #"""
      #include <atoll.h>
      int main(void) {
        char version[64];
        atoll_answer put = atoll_kv_put("notes", "a\"b", "x\0y", 3, 5000, atoll_absent);
        atoll_string(put.head, "version", version, sizeof version);
        atoll_answer again = atoll_kv_put("notes", "a\"b", "z", 1, 0, atoll_absent);
        atoll_answer got = atoll_kv_get("notes", "a\"b");
        printf("put %s, %s: %s, got %zu %d", version, again.code, again.message, got.count, memcmp(got.bytes, "x\0y", 4));
        atoll_answer list = atoll_kv_list(NULL, "a", NULL, 5);
        atoll_answer gone = atoll_kv_delete("notes", "a\"b", version);
        printf(", list %s, deleted %d %d", list.head, atoll_is_true(gone.head, "deleted"),
               atoll_is_true(atoll_kv_get("notes", "a\"b").head, "found"));
        atoll_session_put("state", 5, NULL);
        printf(", session %s", atoll_session_get().bytes);
        atoll_session_end();
        int32_t one = atoll_fetch_begin("GET", "https://a.test/1", NULL, NULL, 0, 100);
        int32_t two = atoll_fetch_begin("POST", "https://a.test/2", "[[\"accept\",\"a\"]]", "body", 4, 0);
        atoll_answer second = atoll_finish(two), first = atoll_finish(one), none = atoll_fetch("GET", "https://b.test/");
        printf(", fetch %d %s, %s, %s", (int)atoll_number(first.head, "status", -1), first.bytes, second.code, none.code);
        return 0;
      }
      """#
    let bundle = try built(["atoll.toml": Self.cManifest, "worker.c": source])
    #expect(try modules(bundle).isSuperset(of: ["atoll:kv", "atoll:session", "atoll:fetch"]))
    let answers = try await play(bundle, [("run", "{}")]) { node in
      node.upstreams["https://a.test/1"] = [.init(200, [(5, "he"), (5, "llo")])]
      node.upstreams["https://a.test/2"] = [ScriptedNode.Reply(200, [(2, "half")]).breakingOff(with: "reset")]
    }
    #expect(
      answers == [
        """
        put 1, conflict: another call wrote meanwhile; get it again, got 3 0, \
        list {"keys":[{"key":"a"b","version":"1"}]}, deleted 1 0, session state, fetch 200 hello, reset, denied
        """
      ])
  }

  @Test func longValuesTakeFewHostCallsInC() async throws {
    let source = """
      #include <atoll.h>
      int main(void) {
        atoll_answer got = atoll_kv_get(NULL, "long");
        printf("%zu %c", got.count, got.bytes[got.count - 1]);
        return 0;
      }
      """
    let manifest = Self.cManifest.replacing("host_calls = 200", with: "host_calls = 20")
    let answers = try await play(try built(["atoll.toml": manifest, "worker.c": source]), [("run", "{}")]) { node in
      node.store["notes"] = ["long": .init(String(repeating: "x", count: 1_000_000) + "y")]
    }
    #expect(answers == ["1000001 y"])
  }

  @Test func theHeaderImportsNothingByItself() throws {
    let source = "#include <atoll.h>\nint main(void) { puts(\"1\"); return 0; }\n"
    let bundle = try built(["atoll.toml": BuildTests.cManifest, "worker.c": source])
    #expect(try modules(bundle) == ["wasi_snapshot_preview1"])
  }

  // MARK: Swift

  @Test func aSwiftWorkerImportsWhatItUses() throws {
    let hello = try modules(built("hello"))
    #expect(hello.isDisjoint(with: ["atoll:kv", "atoll:session", "atoll:fetch"]))
    #expect(try modules(built("notes")).isDisjoint(with: ["atoll:session", "atoll:fetch"]))
  }

  @Test func aSwiftWorkerAsksSeveralUpstreamsAtOnce() async throws {
    let source = #"""
      import AtollWorker

      @main struct Sample: Worker {
        static let tools = [
          Tool("run") { arguments throws(ToolError) in
            let parts = Fetch.all(["https://a.test/1", "https://a.test/2", "https://a.test/3"].map { Fetch.Request($0) })
            var texts: [String] = []
            for part in parts {
              switch part {
              case .success(let response): texts.append("\(response.status) \(response.text)")
              case .failure(let error): texts.append(error.code)
              }
            }
            let counted = try Session.update { old throws(ToolError) in .text("\(Int(old?.text ?? "0")! + 1)") }
            texts.append(String(decoding: counted!.bytes, as: UTF8.self))
            return .json { $0.value(texts) }
          },
          Tool("fail") { arguments throws(ToolError) in
            .text(try orToolError(fetching: fetch("https://a.test/2")).text)
          },
        ]
      }
      """#
    let manifest =
      Self.cManifest.replacing("\"c\"", with: "\"swift\"").replacing("worker.c", with: "worker.swift")
      + "\n[[tools]]\nname = \"fail\"\ndescription = \"Fails\"\n"
    let bundle = try built(["atoll.toml": manifest, "worker.swift": source])
    #expect(try modules(bundle).isDisjoint(with: ["atoll:kv"]))
    let answers = try await play(bundle, [("run", "{}"), ("run", "{}"), ("fail", "{}")]) { node in
      node.upstreams["https://a.test/1"] = [.init(200, [(30, "one")])]
      node.upstreams["https://a.test/2"] = [.failure("timeout", after: 10)]
      node.upstreams["https://a.test/3"] = [ScriptedNode.Reply(200, [(1, "half")]).breakingOff(with: "reset")]
    }
    #expect(answers.first?.contains(#"["200 one","timeout","reset","1"]"#) == true, "\(answers)")
    #expect(answers[1].contains(#"reset","2"]"#))
    #expect(answers[2].contains("timeout: it failed"))
  }

  // MARK: The examples

  @Test func notesAreKeptWithVersions() async throws {
    let answers = try await play(
      try built("notes"),
      [
        ("add_note", #"{"title":"a/1","text":"one","days":2}"#), ("add_note", #"{"title":"a/1","text":"two"}"#),
        ("edit_note", #"{"title":"a/1","text":"\u00fc","version":"1"}"#),
        ("edit_note", #"{"title":"a/1","text":"lost","version":"1"}"#), ("get_note", #"{"title":"a/1"}"#),
        ("add_note", #"{"title":"a/2","text":"x"}"#), ("add_note", #"{"title":"b","text":"x"}"#),
        ("search_notes", #"{"prefix":"a/","limit":1}"#), ("list_notes", #"{"cursor":"a/1"}"#),
        ("delete_note", #"{"title":"b","version":"1"}"#), ("delete_note", #"{"title":"b"}"#),
        ("get_note", #"{"title":"b"}"#),
      ])
    let expected = [
      #""version":"1""#, "conflict: there is a note a/1 already", #""version":"2""#,
      "conflict: a/1 was changed or deleted since version 1", #""text":"ü","version":"2","expires_ms":null"#,
      #""version":"3""#, #""version":"4""#,
      #"{"notes":[{"title":"a/1","version":"2"}],"cursor":"a/1","complete":false}"#,
      #"{"notes":[{"title":"a/2","version":"3"},{"title":"b","version":"4"}],"complete":true}"#,
      "conflict: b is not at version 1 any more", #"{"deleted":true}"#, "there is no note b",
    ]
    for (answer, part) in zip(answers, expected) { #expect(answer.contains(part), "\(answer)") }
  }

  @Test func aCartCountsEveryOperationOnce() async throws {
    let add = #"{"sku":"tea-100","quantity":2,"operation_id":"a"}"#
    let answers = try await play(
      try built("cart"),
      [
        ("checkout", "{}"), ("add_item", add), ("add_item", add),
        ("add_item", #"{"sku":"spoon-1","operation_id":"b"}"#),
        ("remove_item", #"{"sku":"tea-100","quantity":1,"operation_id":"c"}"#), ("add_item", #"{"sku":"car"}"#),
        ("add_item", #"{"sku":"mug-1","quantity":999}"#), ("add_item", #"{"sku":"mug-1"}"#),
        ("remove_item", #"{"sku":"mug-1"}"#), ("show_cart", #"{"operations":true}"#), ("checkout", "{}"),
        ("show_cart", "{}"),
      ]
    ) { $0.conflicts = 5 }
    let expected = [
      "the cart is empty", #"{"applied":true,"currency":"EUR","lines":[{"sku":"tea-100""#, #"{"applied":false"#,
      #""total":1795}"#, #""total":900}"#, "there is no product car; there are tea-100", #""total":1249650}"#,
      "a cart takes at most 999", #""total":900}"#, #""total":900,"operations":["a","b","c"]}"#,
      #"{"ordered":true"#, #""lines":[],"total":0}"#,
    ]
    for (answer, part) in zip(answers, expected) { #expect(answer.contains(part), "\(answer)") }
  }

  @Test func fanoutAnswersWhatItHasAndSaysWhatIsMissing() async throws {
    let url: @Sendable (String) -> String = { shop in "upstream://\(shop)/prices?sku=tea%20100" }
    let bundle = try built("fanout")
    let call = ("compare_prices", #"{"sku":"tea 100"}"#)
    let partial = try await play(bundle, [call]) { node in
      node.upstreams[url("shop-a")] = [.init(200, [(0, #"{"price":900,"#), (20, #""currency":"EUR"}"#)])]
      node.upstreams[url("shop-b")] = [
        .failure("circuit_open", "shop-b failed too often", more: #","retry_after_ms":1500"#)
      ]
      node.upstreams[url("shop-c")] = [.init(503, [(0, "down")])]
    }
    #expect(
      partial == [
        #"{"sku":"tea 100","offers":[{"shop":"shop-a","price":900,"currency":"EUR"}],"#
          + #""best":{"shop":"shop-a","price":900,"currency":"EUR"},"complete":false,"parts":[{"shop":"shop-a","status":"ok"},"#
          + #"{"shop":"shop-b","status":"failed","code":"circuit_open","message":"shop-b failed too often","retry_after_seconds":1.5},"#
          + #"{"shop":"shop-c","status":"failed","code":"http_503","message":"shop-c answered with the status 503"}]}"#
      ])
    let whole = try await play(bundle, [call, call]) { node in
      for (shop, price) in [("shop-a", 900), ("shop-b", 850), ("shop-c", 1000)] {
        node.upstreams[url(shop)] = [
          .init(200, [(0, #"{"price":\#(price),"currency":"EUR"}"#)]), .init(200, [(0, "{}")]),
        ]
      }
    }
    #expect(whole[0].contains(#""best":{"shop":"shop-b","price":850,"currency":"EUR"},"complete":true"#))
    #expect(whole[1].contains(#""best":null,"complete":false"#))
    #expect(whole[1].contains(#""code":"bad_answer","message":"shop-c sent no price"#))
  }
}
