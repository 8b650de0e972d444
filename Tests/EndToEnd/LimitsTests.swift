// Caps that bind, and a loop that stays fair while guests run into them.
import Foundation
import Testing

extension TheBinary {
  @Suite("under its caps")
  struct Limits {
    @Test(.timeLimit(.minutes(1)), arguments: Breach.allCases)
    func eachCapEndsItsCallWithItsOwnFault(breach: Breach) throws {
      let node = try ServedNode([Bundles.limits(), Bundles.hello()])
      let answer = try node.call(breach.rawValue, breach.arguments)
      #expect(answer.response.status == 200 && answer.isError)
      #expect(answer.text.contains(breach.fault), "\(answer.text)")
      if let key = breach.key { #expect(answer.text.contains(key), "\(answer.text)") }
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
      #expect(try node.metric(Metrics.liveInstances) == 0)
    }

    /// Issue 1, point 3: eight calls always looping on the one loop (the last one filling memory in the second
    /// case), 2,000 calls of hello meanwhile. Other suites may share the machine: the best of three rounds counts.
    @Test(.timeLimit(.minutes(2)), arguments: [Breach.loop, Breach.fill])
    func busyGuestsLeaveOthersTheirLatency(eighth: Breach) throws {
      let node = try ServedNode([Bundles.limits(), Bundles.hello()])
      var best = Double.infinity
      for _ in 0..<3 where best >= 20 {
        best = min(best, try Self.latencyBesideBusyGuests(node, eighth: eighth))
      }
      print("hello beside seven looping calls and one \(eighth.rawValue): p99 \(best) ms")
      #expect(best < 20, "p99 in milliseconds")
    }

    private static func latencyBesideBusyGuests(_ node: ServedNode, eighth: Breach) throws -> Double {
      let over = Flag()
      let busy = Flag()
      Thread.detachNewThread {
        _ = onThreads(8) { index in
          let tool = index == 7 ? eighth : Breach.loop
          while !over.isRaised { _ = try? node.call(tool.rawValue, tool.arguments) }
        }
        busy.raise()
      }
      defer {
        over.raise()
        while !busy.isRaised { usleep(10_000) }
      }
      usleep(200_000)
      return try timedCalls(node, count: 2_000, seconds: 5).quantile(0.99)
    }

    /// Calls spread over the time, each in milliseconds from sent to answered.
    private static func timedCalls(_ node: ServedNode, count: Int, seconds: Double) throws -> [Double] {
      let connection = try node.connect()
      let request = ToolRequest(Hello.tool, Hello.arguments).text(port: node.port)
      let begin = ContinuousClock.now
      return try (0..<count).map { index in
        let due = begin + .seconds(seconds * Double(index) / Double(count))
        let early = (due - ContinuousClock.now) / .microseconds(1)
        if early > 0 { usleep(UInt32(early)) }
        let sent = ContinuousClock.now
        try connection.send(request)
        let answer = try ToolAnswer(connection.readResponse())
        guard answer.text == Hello.answer else { throw EndToEndError("hello answered \(answer.response.bodyText)") }
        return (ContinuousClock.now - sent) / .milliseconds(1)
      }
    }
  }
}
