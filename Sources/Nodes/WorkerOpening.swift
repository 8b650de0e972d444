// Opening a worker: from a path that a user wrote to a checked program.

import Bundles
import JavaScript
import Logging
import Manifests
import Sandbox

/// Opens workers for one node. Blocking (it may build and compile): call it off the loops. Thread-safe.
struct WorkerOpening: Sendable {
  let modules: ModuleStore
  /// Loaded with the first worker that needs it, and shared by all that do.
  let javaScript: JavaScriptEngine
  let configuration: NodeConfiguration
  let secrets: Secrets
  let log: Logger

  /// A cache that cannot be used costs a compilation at each start: said once, and the node goes on without.
  init(modules: ModuleStore, configuration: NodeConfiguration, secrets: Secrets, log: Logger) {
    self.modules = modules
    javaScript = JavaScriptEngine(store: modules)
    self.configuration = configuration
    self.secrets = secrets
    self.log = log
    if let warning = modules.cacheWarning { log.warning("\(warning.message)") }
  }

  func open(_ source: WorkerSource) throws(NodeError) -> LoadedWorker {
    let built = try wrap(source) { () throws(BundleError) in try Bundle.ready(source.path) }
    let bundle = built.bundle
    for note in built.notes { log.notice("\(note)", metadata: ["worker": "\(bundle.manifest.name)"]) }
    let (program, report) = try wrap(source) { () throws(BundleError) in
      try bundle.load(modules, javaScript: javaScript)
    }
    if let notice = report.notice { log.warning("\(notice.message)", metadata: ["worker": "\(bundle.manifest.name)"]) }
    for upstream in bundle.manifest.upstreams {
      let secrets = upstream.headers.flatMap(\.value.secrets)
      if secrets.isEmpty { continue }
      let url = configuration.upstreamsAt[upstream.name] ?? upstream.url
      log.info(
        "secrets go to an upstream",
        metadata: ["worker": "\(bundle.manifest.name)", "url": "\(url)", "secrets": "\(secrets.joined(separator: " "))"])
    }
    let limits = configuration.limits
    return LoadedWorker(
      source: source, bundle: bundle, program: program, report: report,
      rate: RateLimit(callsPerSecond: limits.callsPerSecond, burst: limits.callsBurst),
      grants: try wrap(source) { () throws(NodeError) in try WorkerGrants(bundle.manifest, configuration, secrets) })
  }

  /// Every error of a load names the worker as the user wrote it.
  private func wrap<T, E: Error>(_ source: WorkerSource, _ body: () throws(E) -> T) throws(NodeError) -> T {
    do { return try body() } catch {
      throw NodeError(.workerNotLoaded, "\(source.path): \(error)", cause: error)
    }
  }
}
