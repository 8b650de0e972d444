// What one worker may use of its node, made ready at load: so that a call looks nothing up.

import HTTPClient
import Manifests
import Sandbox

/// The grants of a worker, with the node's own part in them: secrets filled in, addresses replaced. Immutable.
final class WorkerGrants: Sendable {
  let worker: String
  /// In the order of the manifest.
  let namespaces: [String]
  /// `kv:<namespace>`, in the same order: what the ledger calls them.
  let targets: [String]
  /// In milliseconds; nil where no tool has a session.
  let sessionTimeToLive: UInt64?
  let upstreams: UpstreamGrants
  /// Bytes that one call may receive from upstreams.
  let upstreamBytes: Int
  /// URLs of the manifest and what the node has in their place, where it says so.
  let replacements: [(url: String, by: String)]
  let wallNanoseconds: UInt64
  let store: StoreChoice

  init(
    _ manifest: Manifest, _ configuration: NodeConfiguration, _ secrets: Secrets, store: StoreChoice = StoreChoice()
  ) throws(NodeError) {
    self.store = store
    worker = manifest.name
    namespaces = manifest.namespaces
    targets = manifest.namespaces.map { "kv:\($0)" }
    sessionTimeToLive = manifest.sessionTimeToLive.map(UInt64.init)
    upstreamBytes = manifest.limits.upstreamBytes
    wallNanoseconds = UInt64(manifest.limits.wallMilliseconds) * 1_000_000
    var upstreams: [Upstream] = []
    var replacements: [(url: String, by: String)] = []
    let tokens = configuration.callers.flatMap(\.token.secrets)
    for grant in manifest.upstreams {
      // A worker's author must not be able to have a caller's token sent to a place of their choice.
      if let name = grant.headers.flatMap(\.value.secrets).first(where: tokens.contains) {
        throw NodeError(
          .configuration,
          "upstream `\(grant.name)` asks for the secret `\(name)`, which is a caller's token; give the "
            + "upstream a secret of its own")
      }
      if let other = configuration.upstreamsAt[grant.name] { replacements.append((grant.url, other)) }
      upstreams.append(try Self.upstream(grant, at: configuration.upstreamsAt[grant.name], secrets))
    }
    self.replacements = replacements
    do throws(UpstreamConfigurationError) {
      self.upstreams = try UpstreamGrants(worker: manifest.name, upstreams)
    } catch {
      throw NodeError(.configuration, error.message, cause: error)
    }
  }

  private static func upstream(_ grant: UpstreamGrant, at url: String?, _ secrets: Secrets) throws(NodeError)
    -> Upstream
  {
    var headers: [Upstream.Header] = []
    for header in grant.headers {
      let value = try secrets.fill(header.value, for: "upstream `\(grant.name)`")
      headers.append(Upstream.Header(header.name, Secret(value)))
    }
    var timeouts = Upstream.Timeouts()
    timeouts.connect = UInt64(min(grant.connectMilliseconds, grant.timeoutMilliseconds))
    timeouts.firstByte = UInt64(grant.firstByteMilliseconds)
    timeouts.whole = UInt64(grant.timeoutMilliseconds)
    do throws(UpstreamConfigurationError) {
      return try Upstream(
        name: grant.name, url: url ?? grant.url, methods: Set(grant.methods), headers: headers, timeouts: timeouts,
        retries: grant.retries, redirects: grant.redirects)
    } catch {
      throw NodeError(.configuration, error.message, cause: error)
    }
  }

  /// A guest's URL as this node reaches it. What it may reach is checked afterwards, whatever comes out.
  func located(_ url: String) -> String {
    for (from, to) in replacements where url.hasPrefix(from) {
      let rest = url.dropFirst(from.count)
      guard rest.isEmpty || from.hasSuffix("/") || "/?#".contains(rest.first!) else { continue }
      return to + (to.hasSuffix("/") && rest.first == "/" ? rest.dropFirst() : rest)
    }
    return url
  }
}
