// Who is there, where the topology's file does not say: each node writes a lease into the store, and reads the others'.

import EventLoop
import HTTPClient
import KeyValue
import Logging
import Manifests
import Placement
import Sandbox
import Sealing

/// One node's lease, and what it knows of the others'. Confined to the first loop's thread.
///
/// A lease is under `_nodes`, by the site's name: the node's address and its topology, sealed with the keys that all nodes
/// share, so that who can write to the store and has no keys cannot have calls sent anywhere. It lapses by its time to
/// live; a site without a lease is down. While the store does not answer, what is known goes on to hold.
final class Membership: @unchecked Sendable {
  static let namespace = "_nodes"

  private let topology: NodeTopology
  private let store: StoreAccess
  private let loop: EventLoop
  private let log: Logger
  private let sealer: Sealer
  private let allowsInsecure: Bool
  private var address = ""
  /// Of the lease as this node wrote it last; nil where it has none.
  private var version: UInt64?
  private var timer: LoopTimer?
  private var sites: [Int] = []
  /// Sites of whose lease something was said in the log, and what.
  private var told: [Int: String] = [:]

  init(
    _ topology: NodeTopology, _ keys: KeyRing, store: StoreAccess, loop: EventLoop, allowsInsecure: Bool, log: Logger
  ) {
    self.topology = topology
    self.store = store
    self.loop = loop
    self.allowsInsecure = allowsInsecure
    self.log = log
    sealer = Sealer(keys, purpose: "member")
  }

  /// Writes the first lease, and looks for the others from now on.
  func start(address: String) {
    self.address = address
    timer = loop.timer(afterMilliseconds: 0, repeatMilliseconds: ForwardBounds.leaseEveryMilliseconds) { [weak self] in
      guard let self else { return }
      renew()
      for site in sites { look(for: site) }
    }
  }

  /// Looks for these sites. Called for each deployment.
  func watch(_ sites: [Int]) {
    self.sites = sites
    for site in sites { look(for: site) }
  }

  /// Gives the lease back, so that the others do not wait for it to lapse. Only its own: where another node has taken the
  /// site over meanwhile, that one's stays.
  func end() {
    guard timer != nil else { return }
    timer?.cancel()
    timer = nil
    giveBack()
  }

  private func giveBack() {
    guard let version else { return }
    self.version = nil
    store.perform(
      Self.operation(.delete(key: Array(topology.name.utf8), condition: .version(version))), deadline: deadline
    ) { _ in }
  }

  private var deadline: UInt64 { loop.now &+ ForwardBounds.leaseEveryMilliseconds * 1_000_000 }

  private static func operation(_ body: KeyValueOperation.Body) -> KeyValueOperation {
    KeyValueOperation(namespace: namespace, body)
  }

  private func renew() {
    let lease = sealer.seal(topology.digest + Array(address.utf8), audience: [topology.name])
    store.perform(
      Self.operation(
        .put(
          key: Array(topology.name.utf8), value: Array(lease.utf8), timeToLive: ForwardBounds.leaseMilliseconds,
          condition: .none)), deadline: deadline
    ) { [weak self] result in
      guard let self else { return }
      if case .success(.written(let version)) = result {
        self.version = version
        // Written behind the end: nobody is there any more.
        if timer == nil { giveBack() }
      }
      if case .failure(let error) = result {
        say("this node's lease could not be written: \(error.message)", of: topology.site)
      } else {
        say(nil, of: topology.site)
      }
    }
  }

  private func look(for site: Int) {
    let name = topology.name(of: site)
    store.perform(Self.operation(.get(key: Array(name.utf8))), deadline: deadline) { [weak self] result in
      guard let self, case .success(.entry(let entry)) = result else { return }
      take(entry?.value, site)
    }
  }

  private func take(_ lease: [UInt8]?, _ site: Int) {
    var target: LinkTarget?
    var problem: String?
    if let lease {
      if let plain = sealer.open(lease, audience: [topology.name(of: site)]), plain.count > SHA256.byteCount {
        let found = try? LinkTarget(String(decoding: plain[SHA256.byteCount...], as: UTF8.self))
        if !plain.starts(with: topology.digest) {
          problem = "its node has another topology"
        } else if let found, found.isSecure || found.address?.isLoopback == true || allowsInsecure {
          target = found
        } else {
          problem = "its node is reached without TLS, and `insecure_links` is not set"
        }
      } else {
        problem = "its lease was not written with this node's keys"
      }
    } else {
      problem = "it has no lease"
    }
    topology.move(site, to: target)
    say(problem.map { "site is down: \($0)" }, of: site)
  }

  /// Says what is new.
  private func say(_ problem: String?, of site: Int) {
    guard told[site] != problem else { return }
    told[site] = problem
    let metadata: Logger.Metadata = ["site": "\(topology.name(of: site))"]
    if let problem {
      log.warning("\(problem)", metadata: metadata)
    } else {
      log.notice("site has a lease", metadata: metadata)
    }
  }
}
