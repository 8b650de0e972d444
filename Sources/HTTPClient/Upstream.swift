// What a worker is granted: upstreams by name, each with its place, its methods and the host's own headers.

/// One service that a worker may ask, as its manifest and the node's configuration grant it.
public struct Upstream: Sendable {
  /// A header that the host sets. Guests never see its value and cannot set a header of that name.
  public struct Header: Sendable {
    public let name: String
    public let value: Secret
    public init(_ name: String, _ value: Secret) {
      self.name = name
      self.value = value
    }
  }

  /// How long the parts of one request may take, in milliseconds.
  public struct Timeouts: Sendable, Equatable {
    /// The lookup of the name, TCP and TLS.
    public var connect = UpstreamLimits.connectMilliseconds
    /// From the connection in hand to the head of the response, in each try.
    public var firstByte = UpstreamLimits.firstByteMilliseconds
    /// All tries, redirects, pauses and the body together.
    public var whole = UpstreamLimits.wholeMilliseconds
    public init() {}
  }

  public let name: String
  public let methods: Set<String>
  public let headers: [Header]
  public let timeouts: Timeouts
  public let retries: Int
  public let redirects: Int
  let base: UpstreamURL

  /// Checks a grant.
  ///
  /// - parameters:
  ///   - name: letters, digits, `-` and `_`; how guests, errors and metrics call it.
  ///   - url: http or https, without query; requests reach this place and what lies below it.
  ///   - methods: in capitals; GET and HEAD unless more are granted.
  ///   - headers: what the host adds to every request, credentials for example.
  ///   - retries: tries after the first, for idempotent methods.
  ///   - redirects: hops followed inside the grant; 0 gives the 3xx answer to the guest.
  public init(
    name: String, url: String, methods: Set<String> = ["GET", "HEAD"], headers: [Header] = [],
    timeouts: Timeouts = Timeouts(), retries: Int = UpstreamLimits.retries, redirects: Int = UpstreamLimits.redirects
  ) throws(UpstreamConfigurationError) {
    func refused(_ why: String) -> UpstreamConfigurationError {
      UpstreamConfigurationError("upstream `\(name)`: \(why)")
    }
    guard !name.isEmpty, name.utf8.count <= UpstreamLimits.nameBytesMax, name.utf8.allSatisfy(HeaderRules.isNameByte)
    else {
      throw UpstreamConfigurationError(
        "an upstream's name has 1 to \(UpstreamLimits.nameBytesMax) letters, digits, `-` and `_`")
    }
    let base: UpstreamURL
    do { base = try UpstreamURL(url) } catch { throw refused("its url \(error.why)") }
    guard base.query == nil else { throw refused("its url has a query: the guest writes those") }
    for method in methods where !UpstreamRequest.methods.contains(method) {
      throw refused("`\(method)` is not one of \(UpstreamRequest.methods.sorted().joined(separator: ", "))")
    }
    guard !methods.isEmpty else { throw refused("it grants no method") }
    var seen: Set<String> = []
    for header in headers {
      guard HeaderRules.isToken(header.name) else { throw refused("`\(header.name)` is not a header's name") }
      let key = HeaderRules.key(header.name)
      guard !HeaderRules.isFraming(key) else { throw refused("the header `\(header.name)` belongs to the connection") }
      guard seen.insert(key).inserted else { throw refused("the header `\(header.name)` is there twice") }
      guard HeaderRules.isValue(header.value.value) else {
        throw refused("the value of `\(header.name)` has a line break or another control character")
      }
    }
    for timeout in [timeouts.connect, timeouts.firstByte, timeouts.whole] {
      guard (1...UpstreamLimits.timeoutMillisecondsMax).contains(timeout) else {
        throw refused("a timeout is from 1 to \(UpstreamLimits.timeoutMillisecondsMax) milliseconds")
      }
    }
    guard (0...UpstreamLimits.retriesMax).contains(retries) else {
      throw refused("retries are from 0 to \(UpstreamLimits.retriesMax)")
    }
    guard (0...UpstreamLimits.redirectsMax).contains(redirects) else {
      throw refused("redirects are from 0 to \(UpstreamLimits.redirectsMax)")
    }
    self.name = name
    self.methods = methods
    self.headers = headers
    self.timeouts = timeouts
    self.retries = retries
    self.redirects = redirects
    self.base = base
  }
}

/// The upstreams of one worker.
public struct UpstreamGrants: Sendable {
  /// Whose they are; part of what health is counted by, so that no worker opens another's circuit.
  public let worker: String
  public let upstreams: [Upstream]

  /// - throws: ``UpstreamConfigurationError`` where two have one name.
  public init(worker: String, _ upstreams: [Upstream]) throws(UpstreamConfigurationError) {
    var names: Set<String> = []
    for upstream in upstreams where !names.insert(upstream.name).inserted {
      throw UpstreamConfigurationError("upstream `\(upstream.name)` is granted twice: give each its own name")
    }
    self.worker = worker
    self.upstreams = upstreams
  }

  /// Which upstream a guest's URL belongs to, and what is sent: the grant with the longest path that covers it.
  ///
  /// - throws: ``UpstreamError`` `denied` or `bad_request`, naming what is granted.
  public func resolve(_ url: String) throws(UpstreamError) -> (upstream: Upstream, url: String) {
    let found = try place(url)
    return (found.upstream, found.url.text)
  }

  func place(_ text: String) throws(UpstreamError) -> (upstream: Upstream, url: UpstreamURL) {
    if text.utf8.starts(with: "upstream://".utf8) { return try named(text.dropFirst("upstream://".count)) }
    let url: UpstreamURL
    do { url = try UpstreamURL(text) } catch { throw UpstreamError(.badRequest, "the url \(error.why)") }
    guard let upstream = closest(to: url) else {
      throw UpstreamError(
        .denied, "\(url.name) is below no upstream of this worker (\(granted)): grant it in the manifest")
    }
    return (upstream, url)
  }

  /// `NAME/path?query`, below the base's own path and below no other grant's that is longer.
  private func named(_ text: Substring) throws(UpstreamError) -> (upstream: Upstream, url: UpstreamURL) {
    let name = text.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let upstream = upstreams.first(where: { $0.name == name }) else {
      let shown = name.utf8.count <= UpstreamLimits.nameBytesMax && name.utf8.allSatisfy(HeaderRules.isNameByte)
      throw UpstreamError(
        .denied,
        "this worker has no upstream\(shown ? " `\(name)`" : " of that name") (\(granted)): grant it in the manifest")
    }
    let rest = text.dropFirst(name.count)
    let base = upstream.base
    let path = rest.first == "/" && base.path.hasSuffix("/") ? String(base.path.dropLast()) : base.path
    let url: UpstreamURL
    do { url = try UpstreamURL(base.origin + path + rest) } catch {
      throw UpstreamError(.badRequest, "the url \(error.why)", upstream: upstream.name)
    }
    guard base.covers(url) else {
      throw UpstreamError(
        .denied, "\(url.name) is not below \(base.text), the url of upstream `\(upstream.name)`",
        upstream: upstream.name)
    }
    if let closer = closer(than: upstream, to: url) {
      throw UpstreamError(
        .denied,
        "\(url.name) belongs to upstream `\(closer.name)` (\(closer.base.text)), not to `\(upstream.name)`: ask for it "
          + "there", upstream: upstream.name)
    }
    return (upstream, url)
  }

  /// The grant with the longest path that covers `url`, where that path is longer than `upstream`'s: its methods and
  /// headers count there, whichever name or redirect led to it. Of grants with the same path none is closer.
  func closer(than upstream: Upstream, to url: UpstreamURL) -> Upstream? {
    guard let closest = closest(to: url), closest.base.path.utf8.count > upstream.base.path.utf8.count else {
      return nil
    }
    return closest
  }

  private func closest(to url: UpstreamURL) -> Upstream? {
    upstreams.filter { $0.base.covers(url) }.max { $0.base.path.utf8.count < $1.base.path.utf8.count }
  }

  private var granted: String {
    upstreams.isEmpty
      ? "it has none" : "it has " + upstreams.map { "`\($0.name)`: \($0.base.text)" }.joined(separator: ", ")
  }
}
