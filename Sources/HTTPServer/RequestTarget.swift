// The request target: which forms are taken, and where path and query stand in it (RFC 9112, 3.2).

extension RequestHead {
  /// Splits the target into path and query; throws 400 for a form or a byte that no reader may guess at.
  ///
  /// Origin-form, absolute-form (`http` or `https`, its authority equal to Host) and `*` for OPTIONS are taken.
  func splitTarget(isOptions: Bool) throws(HTTPFailure) {
    let target = 0..<targetCount
    for index in target where !(0x21...0x7E).contains(bytes[index]) || bytes[index] == UInt8(ascii: "#") {
      throw .badRequest("the request target holds a fragment, a space or a byte outside visible ASCII")
    }
    guard let first = bytes[target].first else { throw .badRequest("the request target is empty") }
    if first == UInt8(ascii: "*") {
      guard target.count == 1, isOptions else {
        throw .badRequest("the request target `*` belongs to OPTIONS alone")
      }
      path = target
      return
    }
    var start = 0
    if first != UInt8(ascii: "/") {
      start = try checkAbsoluteForm()
    }
    let mark = bytes[start..<targetCount].firstIndex(of: UInt8(ascii: "?"))
    path = start..<(mark ?? targetCount)
    query = mark.map { ($0 + 1)..<targetCount }
  }

  /// Where the path of an absolute-form target starts, once its authority was found to be Host's.
  private func checkAbsoluteForm() throws(HTTPFailure) -> Int {
    let prefixes: [StaticString] = ["http://", "https://"]
    var authorityStart: Int?
    for prefix in prefixes where targetCount > prefix.utf8CodeUnitCount {
      let count = prefix.utf8CodeUnitCount
      let literal = UnsafeBufferPointer(start: prefix.utf8Start, count: count)
      if bytes.withUnsafeBufferPointer({ equalsLowercased($0, at: 0, literal) }) { authorityStart = count }
    }
    guard let authorityStart else {
      throw .badRequest("the request target must start with `/`, or be an http or https URL")
    }
    let rest = authorityStart..<targetCount
    let end = bytes[rest].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    guard let end, bytes[end] == UInt8(ascii: "/") else {
      throw .badRequest("an absolute request target must name a path")
    }
    guard let named = Authority(bytes[authorityStart..<end]), let hostRange = valueRange(host),
      let host = Authority(bytes[hostRange]), host == named
    else {
      throw .badRequest("the authority of the request target is not the one in Host")
    }
    return end
  }
}
