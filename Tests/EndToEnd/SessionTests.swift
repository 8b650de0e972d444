// Sessions through the built binary: handles, two nodes, a crash, a store that hangs.
import Foundation
import Synchronization
import Testing

private let keys = ["ATOLL_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]

extension TheBinary {
  @Suite("with sessions", .needsEsbuild, .needsRedis)
  struct Sessions {
    private func node(
      _ workers: [String], kv: String, options: [String] = ["--loops", "1"], environment: [String: String] = [:]
    ) throws -> ServedNode {
      try ServedNode(
        workers, options: options + ["--kv", kv], environment: keys.merging(environment) { $1 })
    }

    private func lines(_ answer: ToolAnswer) -> [String: Int] {
      let lines = answer.structured["lines"] as? [[String: Any]] ?? []
      return Dictionary(uniqueKeysWithValues: lines.map { ($0["sku"] as? String ?? "", $0["quantity"] as? Int ?? 0) })
    }

    @Test(.timeLimit(.minutes(3)))
    func aHandleGoesOnWithItsCartAndNoOther() throws {
      let node = try node([Bundles.script("cart")], kv: "memory:")
      let first = try node.call("add_item", #"{"sku":"tea-100"}"#)
      #expect(!first.isError, "\(first.text)")
      let handle = try #require(first.session)
      let second = try node.call("add_item", #"{"sku":"tea-100","quantity":2,"session":"\#(handle)"}"#)
      #expect(lines(second) == ["tea-100": 3], "\(second.text)")
      #expect(second.session == handle)
      let other = try node.call("show_cart")
      #expect(lines(other).isEmpty)
      #expect(other.session != nil && other.session != handle)
      // A session that was only looked at is one too.
      #expect(try !node.call("show_cart", #"{"session":"\#(other.session ?? "")"}"#).isError)
      let done = try node.call("checkout", #"{"session":"\#(handle)"}"#)
      #expect(!done.isError && done.session == nil, "\(done.text)")
      let after = try node.call("show_cart", #"{"session":"\#(handle)"}"#)
      #expect(after.isError && after.text.hasPrefix("session_refused"), "\(after.text)")
    }

    @Test(.timeLimit(.minutes(3)))
    func aHandleThatIsNotGoodHereIsRefusedWithOneText() throws {
      let cart = try Bundles.script("cart")
      // The same code under another name.
      let twin = try Bundles.edited("cart") { $0.replacing("name = \"cart\"", with: "name = \"other\"") }
        .replacing("cart.atoll", with: "other.atoll")
      let redis = try RedisProcess()
      let short = try Bundles.edited("cart") { $0.replacing("ttl = \"30m\"", with: "ttl = \"1s\"") }
      let config = try TemporaryFolder()
      let file = try config.write(
        """
        anonymous = true
        [[callers]]
        name = "ann"
        token = "{secret:ANN}"
        [[callers]]
        name = "bob"
        token = "{secret:BOB}"
        """, to: "node.toml")
      let node = try node(
        [cart], kv: redis.url, options: ["--loops", "1", "--config", file],
        environment: ["ATOLL_SECRET_ANN": "token-of-ann", "ATOLL_SECRET_BOB": "token-of-bob"])
      let ann = "Authorization: Bearer token-of-ann"
      let made = try node.call("add_item", #"{"sku":"mug-1"}"#, field: ann)
      let handle = try #require(made.session, "\(made.text)")
      func refusal(_ handle: String, _ field: String?) throws -> String {
        let answer = try node.call("show_cart", #"{"session":"\#(handle)"}"#, field: field)
        #expect(answer.isError)
        return answer.text
      }
      #expect(try !node.call("show_cart", #"{"session":"\#(handle)"}"#, field: ann).isError)
      var texts: Set<String> = []
      texts.insert(try refusal(handle, "Authorization: Bearer token-of-bob"))
      texts.insert(try refusal(handle, nil))
      texts.insert(try refusal(String(handle.reversed()), ann))
      texts.insert(try refusal("x", ann))
      // Another node with the same keys and store, and a worker whose sessions live a second.
      let brief = try self.node([short], kv: redis.url)
      let expiring = try #require(try brief.call("add_item", #"{"sku":"mug-1"}"#).session)
      texts.insert(try self.node([twin], kv: redis.url).call("show_cart", #"{"session":"\#(expiring)"}"#).text)
      usleep(1_300_000)
      texts.insert(try brief.call("show_cart", #"{"session":"\#(expiring)"}"#).text)
      #expect(texts.count == 1, "\(texts)")
      #expect(texts.first?.hasPrefix("session_refused") == true)
      // A token that nobody has is no caller at all.
      let stranger = try node.ask(
        ToolRequest("show_cart").text(port: node.port, field: "Authorization: Bearer wrong"))
      #expect(stranger.status == 401)
      for secret in ["token-of-ann", "token-of-bob", keys["ATOLL_KEYS"]!, handle] {
        #expect(!node.errors.contains(secret), "the log shows a secret")
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func twoCallsAtOnceLoseNothing() throws {
      let redis = try RedisProcess()
      let node = try node([Bundles.script("cart")], kv: redis.url, options: ["--loops", "2"])
      let handle = try #require(try node.call("add_item", #"{"sku":"tea-100"}"#).session)
      let added = onThreads(4) { thread in
        (0..<25).filter { index in
          let arguments = #"{"sku":"tea-100","operation_id":"\#(thread)-\#(index)","session":"\#(handle)"}"#
          guard let answer = try? node.call("add_item", arguments) else { return false }
          return !answer.isError
        }.count
      }.reduce(0, +)
      #expect(added > 0)
      let cart = try node.call("show_cart", #"{"session":"\#(handle)"}"#)
      #expect(lines(cart) == ["tea-100": 1 + added], "\(cart.text)")
    }

    /// 10,000 updates of 40 sessions, over two nodes with Redis, one of which is killed in the middle and started again.
    /// Every update has an id of its own, and one that got no answer is sent again, to the other node.
    @Test(.timeLimit(.minutes(5)))
    func aCrashLosesNoAcknowledgedUpdateAndDoublesNone() throws {
      let redis = try RedisProcess()
      let cart = try Bundles.script("cart")
      let nodes = Mutex<[ServedNode]>([try node([cart], kv: redis.url), try node([cart], kv: redis.url)])
      let acknowledged = Atomic(0)
      let (sessions, updates) = (40, 250)
      let crash = Thread { [self] in
        while acknowledged.load(ordering: .relaxed) < sessions * updates / 3 { usleep(5_000) }
        nodes.withLock { $0[1] }.crash()
        if let fresh = try? node([cart], kv: redis.url) { nodes.withLock { $0[1] = fresh } }
      }
      crash.start()
      let results = onThreads(8) { thread -> [String] in
        var problems: [String] = []
        for session in stride(from: thread, to: sessions, by: 8) {
          guard let problem = Self.fill(session, updates, nodes, acknowledged) else { continue }
          problems.append(problem)
        }
        return problems
      }.flatMap { $0 }
      #expect(results.isEmpty, "\(results.prefix(3))")
      #expect(acknowledged.load(ordering: .relaxed) == sessions * updates)
    }

    /// Sends the updates of one session in turn to both nodes until each is acknowledged, and counts ids at the end.
    private static func fill(
      _ session: Int, _ updates: Int, _ nodes: borrowing Mutex<[ServedNode]>, _ acknowledged: borrowing Atomic<Int>
    ) -> String? {
      var handle: String?
      for index in 0..<updates {
        let id = "\(session)-\(index)"
        var answered = false
        for attempt in 0..<400 where !answered {
          let node = nodes.withLock { $0[(index + attempt) % 2] }
          let argument = handle.map { #","session":"\#($0)""# } ?? ""
          let arguments = #"{"sku":"spoon-1","quantity":1,"operation_id":"\#(id)"\#(argument)}"#
          guard let answer = try? node.call("add_item", arguments), !answer.isError, let given = answer.session else {
            usleep(10_000)
            continue
          }
          handle = given
          answered = true
        }
        guard answered else { return "session \(session): update \(index) was never acknowledged" }
        acknowledged.add(1, ordering: .relaxed)
      }
      let node = nodes.withLock { $0[0] }
      guard let shown = try? node.call("show_cart", #"{"operations":true,"session":"\#(handle ?? "")"}"#) else {
        return "session \(session) was not shown"
      }
      let ids = shown.structured["operations"] as? [String] ?? []
      let wanted = (0..<updates).map { "\(session)-\($0)" }
      guard ids == wanted else { return "session \(session): \(ids.count) ids, \(Set(ids).count) different; \(shown.text.prefix(300))" }
      let lines = shown.structured["lines"] as? [[String: Any]] ?? []
      return lines.first?["quantity"] as? Int == updates ? nil : "session \(session): \(lines)"
    }

    /// Redis stands still for 5 s: hello does not notice, carts say so, and all is well at once when it is back.
    @Test(.timeLimit(.minutes(3)))
    func aStoreThatHangsCostsOnlyThoseWhoNeedIt() throws {
      let redis = try RedisProcess()
      let node = try node([Bundles.script("cart"), Bundles.hello()], kv: redis.url)
      let handle = try #require(try node.call("add_item", #"{"sku":"tea-100"}"#).session)
      let show = ToolRequest("show_cart", #"{"session":"\#(handle)"}"#)
      let before = try latencies(node, seconds: 2)
      redis.pause()
      let over = Flag()
      let results = Mutex<[Refusal]>([])
      let done = DispatchSemaphore(value: 0)
      let asking = Thread {
        // Four clients that need the store all the time.
        let refusals = onThreads(4) { _ -> [Refusal] in
          var answers: [Refusal] = []
          while !over.isRaised {
            guard let answer = try? node.call("show_cart", #"{"session":"\#(handle)"}"#) else { continue }
            answers.append(Refusal(isError: answer.isError, text: answer.text))
            usleep(20_000)
          }
          return answers
        }.flatMap { $0 }
        results.withLock { $0 = refusals }
        done.signal()
      }
      asking.start()
      let during = try latencies(node, seconds: 5)
      over.raise()
      done.wait()
      redis.resume()
      let back = ContinuousClock.now
      var isWell = false
      while ContinuousClock.now - back < .seconds(5), !isWell {
        isWell = try !ToolAnswer(node.ask(show.text(port: node.port))).isError
      }
      let healed = ContinuousClock.now - back
      let (p99Before, p99During) = (before.quantile(0.99), during.quantile(0.99))
      print("hello beside a store that hangs: p99 \(p99During) ms, before \(p99Before) ms; well after \(healed)")
      #expect(p99During < max(2 * p99Before, 5), "before: \(p99Before) ms")
      #expect(isWell && healed < .seconds(1))
      let refusals = results.withLock { $0 }
      #expect(refusals.count > 20)
      #expect(refusals.allSatisfy { $0.isError && $0.text.hasPrefix("state_unavailable") }, "\(refusals.first?.text ?? "")")
      #expect(try node.metric("atoll_faults_total") ?? 0 > 0)
    }

    private struct Refusal: Sendable {
      var isError: Bool
      var text: String
    }

    /// hello, 400 times a second: from sent to answered, in milliseconds.
    private func latencies(_ node: ServedNode, seconds: Double) throws -> [Double] {
      let connection = try node.connect()
      let request = ToolRequest(Hello.tool, Hello.arguments).text(port: node.port)
      let begin = ContinuousClock.now
      return try (0..<Int(400 * seconds)).map { index in
        let early = (begin + .microseconds(2_500 * index) - ContinuousClock.now) / .microseconds(1)
        if early > 0 { usleep(UInt32(early)) }
        let sent = ContinuousClock.now
        try connection.send(request)
        let answer = try ToolAnswer(connection.readResponse())
        #expect(answer.text == Hello.answer)
        return (ContinuousClock.now - sent) / .milliseconds(1)
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func aSharedStoreNeedsKeys() throws {
      let redis = try RedisProcess()
      let refused = try Command.run(["serve", "--listen", "127.0.0.1:0", "--kv", redis.url, Bundles.hello()])
      #expect(refused.status == ExitStatus.usage)
      #expect(refused.errors.contains("ATOLL_KEYS") && refused.errors.contains("openssl rand"), "\(refused.errors)")
      let file = try TemporaryFolder().file("state.db")
      let local = try Command.run(["serve", "--listen", "127.0.0.1:0", "--kv", "sqlite:\(file)", Bundles.script("cart")])
      #expect(local.status == ExitStatus.usage && local.errors.contains("ATOLL_KEYS"), "\(local.errors)")
    }
  }
}
