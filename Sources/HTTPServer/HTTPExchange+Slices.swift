// Header values as views into the head's own buffer, for readers that compare bytes and build no strings.

extension HTTPExchange {
  /// How many copies of a header there are, and their values without the white space round them.
  public enum Copies {
    case none
    case one(ArraySlice<UInt8>)
    case several([ArraySlice<UInt8>])
  }

  /// All copies of the header of that lowercase name. Cost: no allocation when there is at most one.
  public func copies(of lowercasedName: String) -> Copies {
    guard let first = head.firstIndex(of: lowercasedName) else { return .none }
    let value = head.bytes[head.slots[first].valueRange]
    guard var next = head.firstIndex(of: lowercasedName, from: first + 1) else { return .one(value) }
    var values = [value]
    while true {
      values.append(head.bytes[head.slots[next].valueRange])
      guard let further = head.firstIndex(of: lowercasedName, from: next + 1) else { return .several(values) }
      next = further
    }
  }
}
