// The lines that `Connection` says are the connection's own: few in any message that means well.

/// Names of header lines that go no further (RFC 9110, 7.6.1), collected from the values of `Connection`.
public struct ConnectionNames {
  /// Most names of one head. Each line of the head is looked up among them.
  public static let most = LinkLimits.connectionNamesMax

  /// In lower case.
  public private(set) var names: Set<String> = []
  private var count = 0

  public init() {}

  /// Adds those of one value; false where there are too many. Cost: one pass over the value, and a String each.
  public mutating func add(_ value: ArraySlice<UInt8>) -> Bool {
    let tokens = value.split(
      maxSplits: Self.most + 1, whereSeparator: { $0 == UInt8(ascii: ",") || $0 == 0x20 || $0 == 0x09 })
    count += tokens.count
    guard count <= Self.most else { return false }
    for token in tokens { names.insert(String(decoding: token, as: UTF8.self).lowercased()) }
    return true
  }

  /// Whether the line of that lowercase name is one of them.
  public func contains(_ lowercasedName: String) -> Bool { names.contains(lowercasedName) }
}
