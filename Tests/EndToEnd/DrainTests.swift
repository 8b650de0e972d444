// SIGTERM under load: every call that was accepted is answered, and the node ends by itself.
import Foundation
import Testing

extension TheBinary {
  @Suite("asked to stop")
  struct Drain {
    /// What became of one call.
    private enum Fate: Equatable {
      case answered(closes: Bool)
      /// The connection was refused or reset before the call counted as accepted.
      case refused
      case lost(String)
    }

    /// Issue 1, point 4: a call counts as accepted when its connection stood in the accept queue as draining began,
    /// so every call whose connection was made before the signal must be answered. On a connection that is used
    /// again, it is the request that must have been sent before.
    @Test(.timeLimit(.minutes(3)), arguments: [1, 2])
    func noAcceptedCallIsLost(loops: Int) throws {
      let node = try ServedNode([Bundles.hello()], options: ["--loops", "\(loops)"])
      let signalled = Flag()
      let over = Flag()
      Thread.detachNewThread {
        usleep(700_000)
        signalled.raise()
        node.terminate()
        usleep(1_500_000)
        over.raise()
      }
      let fates = onThreads(16) { index in
        Self.load(node, signalled, over, keepsAlive: index % 2 == 0)
      }.flatMap { $0 }
      let lost = fates.filter { if case .lost = $0 { true } else { false } }
      #expect(lost.isEmpty, "\(lost.count) of \(fates.count), the first: \(lost.first.map { "\($0)" } ?? "")")
      #expect(fates.filter { $0 == .answered(closes: false) }.count > 500, "there was load")
      #expect(try node.waitForExit(seconds: 10) == 0)
    }

    @Test(.timeLimit(.minutes(3)))
    func aRunningCallEndsAndReadinessFailsMeanwhile() throws {
      let node = try ServedNode([Bundles.limits()])
      #expect(try node.get("/health/ready").status == 200)
      let waiting = try node.connect()
      try waiting.send(ToolRequest(Breach.sleep.tool).text(port: node.port))
      let watching = try node.connect()
      usleep(200_000)
      node.terminate()
      usleep(100_000)
      try? watching.send("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:\(node.port)\r\n\r\n")
      if let readiness = try? watching.readResponse() {
        #expect(readiness.status == 503)
        #expect(readiness.headers["connection"]?.lowercased() == "close")
      }
      let answer = try ToolAnswer(waiting.readResponse(timeoutSeconds: 10))
      #expect(answer.text.contains(Breach.sleep.fault))
      #expect(answer.response.headers["connection"]?.lowercased() == "close")
      #expect(try node.waitForExit(seconds: 5) == 0)
    }

    /// Calls in a row until the time is over or the port is closed; keeps one connection, or makes one for each call.
    private static func load(_ node: ServedNode, _ signalled: Flag, _ over: Flag, keepsAlive: Bool) -> [Fate] {
      let request = ToolRequest(Hello.tool, Hello.arguments).text(port: node.port)
      var fates: [Fate] = []
      var kept: RawConnection?
      while !over.isRaised {
        guard let connection = kept ?? (try? node.connect()) else {
          fates.append(signalled.isRaised ? .refused : .lost("refused before the signal"))
          break
        }
        let fate = call(connection, request, signalled, isNew: kept == nil)
        fates.append(fate)
        kept = keepsAlive && fate == .answered(closes: false) ? connection : nil
        if fate == .refused { break }
      }
      return fates
    }

    private static func call(_ connection: RawConnection, _ request: String, _ signalled: Flag, isNew: Bool) -> Fate {
      var acceptedBeforeSignal = isNew && !signalled.isRaised
      do {
        try connection.send(request)
        acceptedBeforeSignal = acceptedBeforeSignal || !signalled.isRaised
        let answer = try ToolAnswer(connection.readResponse())
        guard answer.text == Hello.answer else { return .lost(answer.response.bodyText) }
        return .answered(closes: answer.response.headers["connection"]?.lowercased() == "close")
      } catch {
        return acceptedBeforeSignal ? .lost("\(error)") : .refused
      }
    }
  }
}
