// Walking over the members of an object and the elements of an array.
import CYYJSON

/// One member of an object.
@safe
public struct JSONMember: ~Escapable {
  let keyPointer: UnsafeMutablePointer<yyjson_val>
  public let value: JSONValue

  @_lifetime(immortal)
  init(_ key: UnsafeMutablePointer<yyjson_val>) {
    keyPointer = key
    value = JSONValue(key + 1)
  }

  /// A copy of the name.
  public var key: String { String(decoding: keyBytes, as: UTF8.self) }
  /// The bytes of the name, escapes resolved.
  public var keyUTF8: Span<UInt8> {
    @_lifetime(copy self) get { tied(Span(_unsafeElements: keyBytes), copying: self) }
  }
  /// Whether the name is this; compares bytes, allocates nothing.
  public func keyEquals(_ text: String) -> Bool { equalBytes(keyBytes, text) }

  var keyBytes: UnsafeBufferPointer<UInt8> { bytes(ofString: keyPointer) }
}

/// The members of an object, one after another. Not a `Sequence`, since those cannot hold a view: use `while let`.
@safe
public struct JSONMembers: ~Escapable {
  private var key: UnsafeMutablePointer<yyjson_val>
  private var remaining: Int

  @_lifetime(immortal)
  init(_ object: UnsafeMutablePointer<yyjson_val>) {
    key = object + 1
    remaining = yyjson_is_obj(object) ? Int(yyjson_get_len(object)) : 0
  }

  @_lifetime(copy self)
  public mutating func next() -> JSONMember? {
    guard remaining > 0 else { return nil }
    let current = key
    remaining -= 1
    key = following(current + 1)
    return tied(JSONMember(current), copying: self)
  }
}

/// The elements of an array, one after another: use `while let`.
@safe
public struct JSONElements: ~Escapable {
  private var element: UnsafeMutablePointer<yyjson_val>
  private var remaining: Int

  @_lifetime(immortal)
  init(_ array: UnsafeMutablePointer<yyjson_val>) {
    element = array + 1
    remaining = yyjson_is_arr(array) ? Int(yyjson_get_len(array)) : 0
  }

  @_lifetime(copy self)
  public mutating func next() -> JSONValue? {
    guard remaining > 0 else { return nil }
    let current = element
    remaining -= 1
    element = following(current)
    return tied(JSONValue(current), copying: self)
  }
}

/// The value after this one and all that it holds. Containers keep the distance, scalars take one place.
@inline(__always)
func following(_ value: UnsafeMutablePointer<yyjson_val>) -> UnsafeMutablePointer<yyjson_val> {
  let isContainer = value.pointee.tag & 0x06 == 0x06
  let bytes = isContainer ? Int(value.pointee.uni.ofs) : MemoryLayout<yyjson_val>.stride
  return (UnsafeMutableRawPointer(value) + bytes).assumingMemoryBound(to: yyjson_val.self)
}
