// The source's side of a forward, on one loop: requests to other nodes, how many at once, and what became of them.

import EventLoop
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import MCP
import Placement
import Sandbox
import Sealing

/// Passes calls on to other nodes. Confined to its loop's thread.
final class Forwarder {
  let topology: NodeTopology
  let links: LinkPool
  private let loop: EventLoop
  private let log: Logger
  private let ceiling: Int
  private(set) var live = 0
  /// Calls that were answered, by site, and what else became of attempts, by outcome.
  private var answers: [UInt64]
  private var rest: [Int: [String: UInt64]] = [:]
  /// A nonce is these bits, which no other loop has, and a number.
  private let nonces: UInt64
  private var lastNonce: UInt64 = 0

  /// - parameter ceiling: calls that may be under way at once from this loop.
  init(_ topology: NodeTopology, loop: EventLoop, ceiling: Int, log: Logger) {
    self.topology = topology
    self.loop = loop
    self.ceiling = ceiling
    self.log = log
    var limits = LinkLimits()
    // The ceiling is what bounds calls, and a call that waits for a connection waits behind others.
    limits.connectionsPerTarget = max(limits.connectionsPerTarget, min(ceiling, ForwardBounds.connectionsPerTarget))
    limits.waitingPerTarget = ceiling
    links = LinkPool(loop: loop, limits: limits)
    answers = Array(repeating: 0, count: topology.topology.sites.count)
    nonces = Entropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Whether one more call may be passed on; then ``leave()`` follows.
  func enter() -> Bool {
    guard live < ceiling else { return false }
    live += 1
    return true
  }

  func leave() { live -= 1 }

  /// Offers a call to one site; once more where that has begun anew and says so. `deadline` is when the whole answer must be
  /// there, in the loop's time.
  func attempt(
    _ call: Call, at site: Int, _ lines: LinkFields, body: [UInt8], digest: [UInt8], deadline: UInt64
  ) async -> ForwardAttempt {
    let known = topology.epoch(of: site)
    let first = await once(call, at: site, lines, body: body, digest: digest, deadline: deadline)
    guard case .refused(.epochDiffers) = first, topology.epoch(of: site) != known, loop.now < deadline else {
      return first
    }
    return await once(call, at: site, lines, body: body, digest: digest, deadline: deadline)
  }

  private func once(
    _ call: Call, at site: Int, _ lines: LinkFields, body: [UInt8], digest: [UInt8], deadline: UInt64
  ) async -> ForwardAttempt {
    guard let target = topology.target(of: site) else {
      return .failed(LinkError(.badRequest, "no node of `\(topology.name(of: site))` is known", wasSent: false))
    }
    lastNonce &+= 1
    let left = deadline > loop.now ? (deadline - loop.now) / 1_000_000 : 0
    let forward = Forward(
      principal: call.principal.name, method: "POST", path: call.endpoint, bodyDigest: digest,
      passed: (call.forward?.passed ?? []) + [topology.name], target: topology.name(of: site),
      remainingMilliseconds: UInt32(clamping: left), topology: topology.digest, worker: call.worker.loaded.digest,
      tool: call.request.catalog.guestName(at: call.request.toolIndex), issued: call.loop.milliseconds(),
      nonce: Forward.Nonce(high: nonces, low: lastNonce), epoch: topology.epoch(of: site))
    var fields = lines
    do throws(LinkError) { try fields.append(Forward.fieldName, topology.seal.sealed(forward)) } catch {
      return .failed(error)
    }
    let path = topology.topology.path(from: topology.site, to: site)
    let request = LinkRequest(
      path: call.endpoint, fields: fields, body: body,
      deadline: deadline &+ UInt64((path.roundTrip + ForwardBounds.graceMilliseconds) * 1e6))
    let relay = ForwardRelay(loop: loop, client: call.isPart ? nil : call.exchange, isMessage: call.loop.isMessage)
    let attempt = await relay.attempt(request, to: target, by: links)
    if case .refused(.epochDiffers) = attempt, let epoch = relay.epoch {
      // The same attempt follows, and counts.
      topology.learn(epoch, of: site)
    } else {
      note(attempt, site, relay)
    }
    return attempt
  }

  /// What an attempt says of the site.
  private func note(_ attempt: ForwardAttempt, _ site: Int, _ relay: ForwardRelay) {
    let word: String?
    switch attempt {
    case .answered: word = nil
    case .streamed(_, nil): word = "answered"
    case .streamed(_, let error?): word = error.code.rawValue
    case .refused(let refusal): word = refusal.rawValue
    case .failed(let error): word = error.code.rawValue
    }
    if let word { rest[site, default: [:]][word, default: 0] += 1 } else { answers[site] += 1 }
    switch attempt {
    case .answered, .streamed(_, nil), .refused(.overloaded): answered(site, isProbe: false)
    // It is there, and of no use: probes look at why.
    case .refused: break
    case .failed(let error), .streamed(_, let error?):
      if relay.blamesSite(error) { failed(site, error.message) }
    }
  }

  /// Attempts by site and outcome.
  var counts: [String: [String: UInt64]] {
    var counts: [String: [String: UInt64]] = [:]
    for (site, outcomes) in rest { counts[topology.name(of: site)] = outcomes }
    for (site, count) in answers.enumerated() where count > 0 {
      counts[topology.name(of: site), default: [:]]["answered", default: 0] += count
    }
    return counts
  }

  // MARK: Health

  func answered(_ site: Int, isProbe: Bool) {
    guard topology.health.answered(site, isProbe: isProbe, now: loop.now) else { return }
    log.notice("site answers again", metadata: ["site": "\(topology.name(of: site))"])
  }

  func failed(_ site: Int, _ why: String) {
    guard topology.health.failed(site, now: loop.now) else { return }
    log.warning(
      "site does not answer: its calls go elsewhere",
      metadata: ["site": "\(topology.name(of: site))", "reason": "\(why)"])
  }
}
