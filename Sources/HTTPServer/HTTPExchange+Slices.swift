// Header values as views into the head's own buffer, for readers that compare bytes and build no strings.

extension HTTPExchange {
  /// How many copies of a header there are, and their values without the white space round them.
  public enum Copies {
    case none
    case one(ArraySlice<UInt8>)
    case several([ArraySlice<UInt8>])
  }

  /// All copies of the header of that lowercase name. Cost: no allocation when there is at most one.
  public func copies(of lowercasedName: String) -> Copies { head.copies(of: lowercasedName) }

  /// Calls `body` with name and value of each header line, in order: for whoever passes them on. Cost: no allocation; a
  /// slice that is kept makes the next request's head a copy.
  public func forEachLine<E: Error>(
    _ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(E) -> Void
  ) throws(E) {
    for slot in head.slots { try body(head.bytes[slot.nameRange], head.bytes[slot.valueRange]) }
  }
}

extension RequestHead {
  @inline(__always)
  func copies(of lowercasedName: String) -> HTTPExchange.Copies {
    guard let first = firstIndex(of: lowercasedName) else { return .none }
    let value = bytes[slots[first].valueRange]
    guard var next = firstIndex(of: lowercasedName, from: first + 1) else { return .one(value) }
    var values = [value]
    while true {
      values.append(bytes[slots[next].valueRange])
      guard let further = firstIndex(of: lowercasedName, from: next + 1) else { return .several(values) }
      next = further
    }
  }
}
