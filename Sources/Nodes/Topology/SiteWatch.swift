// Active health: one loop asks the other sites whether they are there, and whether they have the same topology.

import EventLoop
import HTTPClient
import Logging
import Placement
import Sandbox

/// What a node answers at `/health/site`, for the other nodes of its topology.
enum SiteReport {
  static let path = "/health/site"

  static func text(_ topology: NodeTopology, isReady: Bool) -> String {
    var json = JSONText()
    json.append(#"{"site":"#, topology.name)
    json.append(#","topology":"#, SHA256.hex(digest: topology.digest))
    json.append(#","epoch":"#, "\(topology.epoch)")
    json.raw(#","ready":\#(isReady)}"# + "\n")
    return json.text
  }
}

/// Probes the sites that calls go to from here. Confined to the first loop's thread.
final class SiteWatch: @unchecked Sendable {
  private let forwarder: Forwarder
  private let loop: EventLoop
  private let log: Logger
  private var timer: LoopTimer?
  /// The sites that calls go to from here.
  private(set) var sites: [Int] = []
  /// Sites whose last probe has no answer yet.
  private var asked: Set<Int> = []
  /// Sites that are known to be another node than the topology says, or to have another topology.
  private var strangers: Set<Int> = []

  init(_ forwarder: Forwarder, loop: EventLoop, log: Logger) {
    self.forwarder = forwarder
    self.loop = loop
    self.log = log
  }

  /// Watches the sites of these routes. Called for each deployment.
  func watch(_ workers: [LoadedWorker]) {
    let own = forwarder.topology.site
    sites = Set(workers.flatMap(\.placements).flatMap(\.route)).filter { $0 != own }.sorted()
    guard timer == nil, !sites.isEmpty else { return }
    timer = loop.timer(afterMilliseconds: 0, repeatMilliseconds: HealthRules.probeMilliseconds) { [weak self] in
      self?.probe()
    }
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  private func probe() {
    for site in sites where asked.insert(site).inserted {
      guard let target = forwarder.topology.target(of: site) else {
        asked.remove(site)
        continue
      }
      let path = forwarder.topology.topology.path(from: forwarder.topology.site, to: site)
      let time = UInt64(path.roundTrip * 1e6) &+ HealthRules.probeTimeoutMilliseconds * 1_000_000
      let request = LinkRequest(method: "GET", path: SiteReport.path, deadline: loop.now &+ time)
      loop.spawn { [self] in
        let answer = await forwarder.links.answer(to: request, from: target)
        asked.remove(site)
        judge(answer, site)
      }
    }
  }

  private func judge(_ answer: Result<LinkAnswer, LinkError>, _ site: Int) {
    switch answer {
    case .failure(let error):
      if error.code != .cancelled { forwarder.failed(site, error.message) }
    case .success(let answer) where answer.status == 200:
      if isSame(answer.body, site) {
        forwarder.answered(site, isProbe: true)
      } else {
        forwarder.failed(site, "it has another topology")
      }
    case .success(let answer):
      forwarder.failed(site, "it answers \(SiteReport.path) with status \(answer.status)")
    }
  }

  /// Another topology is said once, and once more when it is over. Its node refuses calls from here meanwhile, so it is as good
  /// as down.
  private func isSame(_ body: [UInt8], _ site: Int) -> Bool {
    let topology = forwarder.topology
    let text = String(decoding: body, as: UTF8.self)
    var expected = JSONText()
    expected.append(#"{"site":"#, topology.name(of: site))
    expected.append(#","topology":"#, SHA256.hex(digest: topology.digest))
    if text.hasPrefix(expected.text) {
      let rest = text.dropFirst(expected.text.count + #","epoch":""#.count)
      if let epoch = Epoch.said(rest.prefix { $0 != "\"" }) { topology.learn(epoch, of: site) }
      if strangers.remove(site) != nil {
        log.notice("site has the same topology again", metadata: ["site": "\(topology.name(of: site))"])
      }
      return true
    }
    if strangers.insert(site).inserted {
      log.warning(
        """
        the node at this site has another topology, or is another site: it refuses calls from here; give all nodes the same \
        topology.toml, each with its own --site
        """, metadata: ["site": "\(topology.name(of: site))"])
    }
    return false
  }
}
