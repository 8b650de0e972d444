// Types that can be read from an argument.

/// A type that can be read from one JSON value.
///
///     struct City: ArgumentDecodable {
///       let name: String
///       init(from value: JSONValue) throws(ToolError) { name = try value.object().string("name") }
///     }
public protocol ArgumentDecodable {
  init(from value: JSONValue) throws(ToolError)

  /// What an absent member stands for; nil where it has to be there.
  static var absent: Self? { get }
}

extension ArgumentDecodable {
  public static var absent: Self? { nil }
}

extension String: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = try value.string() }
}

extension Bool: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = try value.bool() }
}

extension Double: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = try value.double() }
}

extension Int64: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = try value.integer() }
}

extension Int: ArgumentDecodable {
  /// `Int` has 32 bits in a worker: a larger number is an error and never wraps.
  public init(from value: JSONValue) throws(ToolError) {
    guard let narrow = Int(exactly: try value.integer()) else {
      throw value.mismatch("an integer of \(Int.bitWidth) bits")
    }
    self = narrow
  }
}

extension JSON: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = value.tree }
}

extension Array: ArgumentDecodable where Element: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = try value.array().decode() }
}

extension Optional: ArgumentDecodable where Wrapped: ArgumentDecodable {
  public init(from value: JSONValue) throws(ToolError) { self = value.isNull ? .none : try Wrapped(from: value) }

  public static var absent: Wrapped?? { .some(.none) }
}
