// Caps that bind, and a loop that stays fair while guests run into them.
import Foundation
import Testing

extension TheBinary {
  @Suite("under its caps")
  struct Limits {
    @Test(.timeLimit(.minutes(3)), arguments: Breach.allCases)
    func eachCapEndsItsCallWithItsOwnFault(breach: Breach) throws {
      let node = try ServedNode([Bundles.limits(), Bundles.hello()])
      let answer = try node.call(breach.tool)
      #expect(answer.response.status == 200 && answer.isError)
      #expect(answer.text.contains(breach.fault), "\(answer.text)")
      if let key = breach.key { #expect(answer.text.contains(key), "\(answer.text)") }
      #expect(try node.call(Hello.tool, Hello.arguments).text == Hello.answer)
      #expect(try node.metric(Metrics.liveInstances) == 0)
    }

    /// Issue 1, point 3: eight calls in flight for 5 s on the one loop that never give it back by themselves (in the
    /// second case one of them fills 16 MiB again and again), and 2,000 calls of hello meanwhile. Other suites may
    /// share the machine: the best of three rounds counts.
    @Test(.timeLimit(.minutes(3)), arguments: [false, true])
    func busyGuestsLeaveOthersTheirLatency(oneFills: Bool) throws {
      let node = try ServedNode([Bundles.patientLimits(), Bundles.hello()])
      var best = Double.infinity
      for _ in 0..<3 where best >= 20 {
        best = min(best, try Self.latencyBesideBusyGuests(node, oneFills: oneFills))
      }
      print("hello beside eight busy calls\(oneFills ? ", one of them filling 16 MiB" : ""): p99 \(best) ms")
      #expect(best < 20, "p99 in milliseconds")
    }

    private static func latencyBesideBusyGuests(_ node: ServedNode, oneFills: Bool) throws -> Double {
      let busy = try (0..<8).map { index in
        let request =
          oneFills && index == 7
          ? ToolRequest(LimitsTool.fill, #"{"times":1000000}"#) : ToolRequest(Breach.loop.tool)
        let connection = try node.connect()
        try connection.send(request.text(port: node.port))
        return connection
      }
      defer { busy.forEach { $0.reset() } }
      usleep(200_000)
      let latencies = try timedCalls(node, count: 2_000, seconds: 5)
      #expect(try node.metric(Metrics.liveInstances) == 8, "all eight were in flight to the end")
      return latencies.quantile(0.99)
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
