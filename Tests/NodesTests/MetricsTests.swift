// Prometheus' text: buckets add up, loops add up.

import Testing

@testable import Nodes

@Suite struct MetricsTests {
  @Test func aLatencyCountsInTheFirstBucketThatHoldsIt() {
    var histogram = LatencyHistogram()
    histogram.record(nanoseconds: 5_000)
    histogram.record(nanoseconds: 5_001)
    histogram.record(nanoseconds: 6_000_000_000)
    #expect(histogram.counts.first == 1)
    #expect(histogram.counts[1] == 1)
    #expect(histogram.counts.last == 1)
    #expect(histogram.count == 3)
  }

  @Test func bucketsAreCumulativeAndEndInInfinity() {
    var histogram = LatencyHistogram()
    for nanoseconds: UInt64 in [4_000, 9_000, 9_500] { histogram.record(nanoseconds: nanoseconds) }
    var text = ""
    histogram.appendLines(name: "x", labels: "worker=\"w\"", to: &text)
    #expect(text.contains("x_bucket{worker=\"w\",le=\"5e-06\"} 1\n"))
    #expect(text.contains("x_bucket{worker=\"w\",le=\"1e-05\"} 3\n"))
    #expect(text.contains("x_bucket{worker=\"w\",le=\"+Inf\"} 3\n"))
    #expect(text.contains("x_count{worker=\"w\"} 3\n"))
  }

  @Test func loopsAddUp() {
    var one = LoopMetrics.Snapshot()
    one.requests = [200: 3]
    one.live = 2
    var other = LoopMetrics.Snapshot()
    other.requests = [200: 4, 400: 1]
    other.live = 1
    one.merge(other)
    let text = String(decoding: MetricsText.render(one, loops: 2, generation: 1, ready: true), as: UTF8.self)
    #expect(text.contains("atoll_requests_total{status=\"200\"} 7\n"))
    #expect(text.contains("atoll_requests_total{status=\"400\"} 1\n"))
    #expect(text.contains("atoll_instances_live 3\n"))
  }

  @Test func sharesOfANumberAddUpToIt() {
    for count in 1...7 {
      #expect((0..<count).map { Share(index: $0, count: count).of(1_000) }.reduce(0, +) == 1_000)
    }
  }
}
