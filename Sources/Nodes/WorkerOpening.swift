// Opening a worker: from a path that a user wrote to a checked program.

import Bundles
import JavaScript
import Logging
import Manifests
import Placement
import Sandbox

/// Opens workers for one node. Blocking (it may build and compile): call it off the loops. Thread-safe.
struct WorkerOpening: Sendable {
  let modules: ModuleStore
  /// Loaded with the first worker that needs it, and shared by all that do.
  let javaScript: JavaScriptEngine
  let configuration: NodeConfiguration
  let secrets: Secrets
  let standing: Standing
  let stores: NodeStores
  let log: Logger

  /// A cache that cannot be used costs a compilation at each start: said once, and the node goes on without.
  init(
    modules: ModuleStore, configuration: NodeConfiguration, secrets: Secrets, standing: Standing, stores: NodeStores,
    log: Logger
  ) {
    self.modules = modules
    javaScript = JavaScriptEngine(store: modules)
    self.configuration = configuration
    self.secrets = secrets
    self.standing = standing
    self.stores = stores
    self.log = log
    if let warning = modules.cacheWarning { log.warning("\(warning.message)") }
  }

  func open(_ source: WorkerSource) throws(NodeError) -> LoadedWorker {
    let built = try wrap(source) { () throws(BundleError) in try Bundle.ready(source.path) }
    let bundle = built.bundle
    for note in built.notes { log.notice("\(note)", metadata: ["worker": "\(bundle.manifest.name)"]) }
    if let objection = standing.objection(to: bundle.manifest) {
      throw NodeError(.workerNotLoaded, "\(source.path): \(objection)")
    }
    if let notice = standing.notice(of: bundle.manifest) {
      log.notice("\(notice)", metadata: ["worker": "\(bundle.manifest.name)"])
    }
    let placements = try placements(of: bundle.manifest, source)
    var program: Program?
    var report: LoadReport?
    if placements.contains(where: \.mayRunHere) {
      (program, report) = try wrap(source) { () throws(BundleError) in try bundle.load(modules, javaScript: javaScript)
      }
    }
    if let notice = report?.notice { log.warning("\(notice.message)", metadata: ["worker": "\(bundle.manifest.name)"]) }
    // What does not run here reaches nothing from here: a site needs no secrets of other jurisdictions' workers.
    var granted = bundle.manifest
    if program == nil { granted.upstreams = [] }
    for upstream in granted.upstreams {
      let secrets = upstream.headers.flatMap(\.value.secrets)
      if secrets.isEmpty { continue }
      let url = configuration.upstreamsAt[upstream.name] ?? upstream.url
      log.info(
        "secrets go to an upstream",
        metadata: [
          "worker": "\(bundle.manifest.name)", "url": "\(url)", "secrets": "\(secrets.joined(separator: " "))",
        ])
    }
    let limits = configuration.limits
    return LoadedWorker(
      source: source, bundle: bundle, program: program, report: report,
      rate: RateLimit(callsPerSecond: limits.callsPerSecond, burst: limits.callsBurst),
      grants: try wrap(source) { () throws(NodeError) in
        try WorkerGrants(
          granted, configuration, secrets, store: stores.choice(for: bundle.manifest.placement.jurisdictions))
      },
      placements: placements)
  }

  /// Where its tools run. In a topology, a tool that no site can take keeps its worker out.
  private func placements(of manifest: Manifest, _ source: WorkerSource) throws(NodeError) -> [ToolPlacement] {
    guard let topology = standing.topology else { return manifest.tools.map { _ in ToolPlacement.alone } }
    return try manifest.tools.map { tool throws(NodeError) in
      let placement = try wrap(source) { () throws(PlacementError) in
        try ToolPlacement(tool, of: manifest, in: topology)
      }
      if placement.route.isEmpty, !placement.mayRunHere, placement.misdirection == nil {
        log.warning(
          "calls of this tool that come in here cannot be answered: no site that may run it has a `node` in the topology",
          metadata: ["worker": "\(manifest.name)", "tool": "\(tool.name)"])
      }
      return placement
    }
  }

  /// Every error of a load names the worker as the user wrote it.
  private func wrap<T, E: Error>(_ source: WorkerSource, _ body: () throws(E) -> T) throws(NodeError) -> T {
    do { return try body() } catch {
      throw NodeError(.workerNotLoaded, "\(source.path): \(error)", cause: error)
    }
  }
}
