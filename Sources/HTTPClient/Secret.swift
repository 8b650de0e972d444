// A value that only the wire sees.

/// A credential. Prints, dumps and reflects as `<secret>`; nothing but a request's head reads it.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The value; of this module only.
  let value: String

  public init(_ value: String) { self.value = value }

  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: [] as [(String, Any)]) }
  /// For the checks of a manifest: how long the value is says little.
  public var isEmpty: Bool { value.isEmpty }
}
