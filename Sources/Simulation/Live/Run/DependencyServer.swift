// A server that stands for a dependency of the topology: it takes its time, and fails when it is told to.

import EventLoop
import HTTPServer
import HTTPTypes
import JSON

/// An HTTP server on a loop of this process, such as the front of a database. Every request is answered with a small JSON
/// object after the service time: on as many processors as ask, since what queues in a dependency is not this program's
/// to say. Confined to its loop's thread.
final class DependencyServer: HTTPService, @unchecked Sendable {
  enum Failure: Sendable, Equatable {
    /// Status 500, after the service time.
    case status
    /// No answer, until it is well again or the caller has left.
    case hang
  }

  let name: String
  private let serviceNanoseconds: UInt64
  /// The topology's `answer`; nil: one that says what was asked for.
  private let answer: String?
  private let alarms: Alarms
  private var generator: SplitMix64
  private var server: HTTPServer?
  /// Of a hundred requests, how many fail.
  var failingPercent = 0.0
  var failure = Failure.status
  private(set) var answered: UInt64 = 0
  private(set) var failed: UInt64 = 0

  init(_ name: String, serviceMilliseconds: Double, answer: String? = nil, alarms: Alarms, seed: UInt64) {
    self.name = name
    self.answer = answer
    serviceNanoseconds = UInt64(serviceMilliseconds * 1e6)
    self.alarms = alarms
    generator = SplitMix64(seed: seed)
  }

  /// Listens on a free loopback port. Callers reach it by relays, so it answers to every `Host`.
  func listen() throws(SimulationError) -> SocketAddress {
    var hosts = HostPolicy()
    hosts.checksHosts = false
    let server = HTTPServer(loop: alarms.loop, hosts: hosts, service: self)
    self.server = server
    do throws(HTTPServerError) { return try server.listen(on: .loopback(port: 0)) } catch {
      throw SimulationError(.network, "dependency `\(name)` cannot be played: \(error.message)")
    }
  }

  func close() {
    server?.close()
    server = nil
  }

  func answer(_ exchange: HTTPExchange) async {
    let arrived = alarms.loop.now
    let fails = failingPercent > 0 && generator.unit() * 100 < failingPercent
    if fails, failure == .hang {
      failed += 1
      while failingPercent > 0, server != nil, !exchange.isDisconnected, !alarms.isClosed {
        await alarms.sleep(until: alarms.loop.now + LiveLimits.hangPollNanoseconds)
      }
      return exchange.respond(status: .serviceUnavailable)
    }
    await alarms.sleep(until: arrived + serviceNanoseconds)
    if fails { failed += 1 } else { answered += 1 }
    exchange.respond(
      status: fails ? .internalServerError : .ok, fields: [("Content-Type", "application/json")],
      body: !fails ? answer.map { Array($0.utf8) } ?? text(exchange, fails) : text(exchange, fails))
  }

  private func text(_ exchange: HTTPExchange, _ fails: Bool) -> [UInt8] {
    var body = JSONWriter(reserving: 128)
    body.beginObject()
    body.member("dependency", name)
    if fails { body.member("error", "it is told to fail") } else { body.member("path", exchange.path) }
    body.endObject()
    return body.bytes
  }
}
