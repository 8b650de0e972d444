// Where a redirect may lead: to a place inside the same grant, with a method that is granted there.

enum Redirect {
  /// The request that follows.
  ///
  /// - throws: ``UpstreamError`` `denied`, naming where it pointed without the query.
  static func follow(
    _ location: String, status: Int, of request: AdmittedRequest, grants: UpstreamGrants
  ) throws(UpstreamError) -> AdmittedRequest {
    let upstream = request.upstream
    func denied(_ why: String) -> UpstreamError {
      UpstreamError(.denied, "upstream `\(upstream.name)` \(why)", upstream: upstream.name)
    }
    let target: UpstreamURL
    do { target = try UpstreamURL(location, relativeTo: request.url) } catch {
      throw denied("redirected to a url that \(error.why)")
    }
    guard upstream.base.covers(target) else {
      throw denied(
        "redirected to \(target.name), which is not below its url \(upstream.base.text): grant that place if it "
          + "should be followed"
      )
    }
    if let closer = grants.closer(than: upstream, to: target) {
      throw denied(
        "redirected to \(target.name), which belongs to upstream `\(closer.name)`: ask for it there if it should be "
          + "followed")
    }
    var following = request
    following.follow(status, to: target)
    guard upstream.methods.contains(following.method) else {
      throw denied("redirected \(request.method) to \(following.method), which is not granted")
    }
    return following
  }
}
