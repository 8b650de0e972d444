// A view of one value in a document.
import CYYJSON

/// The six kinds of JSON values.
public enum JSONKind: Sendable, Equatable {
  case null, bool, number, string, array, object
}

/// One value of a ``JSONDocument``: a pointer's size, free to copy. It cannot outlive the document (the compiler
/// refuses), so it can be passed to functions and returned from them, and not be stored in a class or captured by an
/// escaping closure.
@safe
public struct JSONValue: ~Escapable {
  let pointer: UnsafeMutablePointer<yyjson_val>

  @_lifetime(immortal)
  init(_ pointer: UnsafeMutablePointer<yyjson_val>) { self.pointer = pointer }

  public var kind: JSONKind {
    switch yyjson_get_type(pointer) {
    case UInt8(YYJSON_TYPE_NULL): .null
    case UInt8(YYJSON_TYPE_BOOL): .bool
    case UInt8(YYJSON_TYPE_STR): .string
    case UInt8(YYJSON_TYPE_ARR): .array
    case UInt8(YYJSON_TYPE_OBJ): .object
    default: .number
    }
  }
  public var isNull: Bool { yyjson_is_null(pointer) }
  public var isString: Bool { yyjson_is_str(pointer) }
  public var isArray: Bool { yyjson_is_arr(pointer) }
  public var isObject: Bool { yyjson_is_obj(pointer) }

  /// The truth value; nil for another kind.
  public var bool: Bool? { yyjson_is_bool(pointer) ? yyjson_get_bool(pointer) : nil }

  /// A copy of the string; nil for another kind.
  public var string: String? {
    guard yyjson_is_str(pointer) else { return nil }
    return String(decoding: stringBytes, as: UTF8.self)
  }

  /// A copy of the string's bytes, escapes resolved; nil for another kind.
  public var stringUTF8: [UInt8]? { yyjson_is_str(pointer) ? [UInt8](stringBytes) : nil }

  /// The bytes of the string without copying them, escapes resolved; nil for another kind.
  public var utf8: Span<UInt8>? {
    @_lifetime(copy self) get {
      guard yyjson_is_str(pointer) else { return nil }
      return tied(Span(_unsafeElements: stringBytes), copying: self)
    }
  }

  /// Whether this is the given string; compares bytes, allocates nothing.
  public func isString(_ text: String) -> Bool {
    guard yyjson_is_str(pointer) else { return false }
    return equalBytes(stringBytes, text)
  }

  /// How many elements or members there are; 0 for a scalar.
  public var count: Int { yyjson_is_ctn(pointer) ? Int(yyjson_get_len(pointer)) : 0 }

  /// The first member of this name; nil for another kind. Costs a walk over the members.
  public subscript(key: String) -> JSONValue? {
    @_lifetime(copy self) get {
      var members = self.members
      while let member = members.next() {
        if member.keyEquals(key) { return tied(JSONValue(member.value.pointer), copying: self) }
      }
      return nil
    }
  }

  /// The element at this place; nil for another kind or past the end. Costs a walk unless all elements are scalars.
  public subscript(index: Int) -> JSONValue? {
    @_lifetime(copy self) get {
      guard index >= 0, let found = yyjson_arr_get(pointer, index) else { return nil }
      return tied(JSONValue(found), copying: self)
    }
  }

  /// The members in their order: `var members = value.members; while let member = members.next() { … }`.
  /// None for another kind.
  public var members: JSONMembers {
    @_lifetime(copy self) get { tied(JSONMembers(pointer), copying: self) }
  }

  /// The elements in their order: `var elements = value.elements; while let element = elements.next() { … }`.
  /// None for another kind.
  public var elements: JSONElements {
    @_lifetime(copy self) get { tied(JSONElements(pointer), copying: self) }
  }

  /// The name of a member that is there twice, if there is one. For objects of many members it builds a table.
  public var duplicateKey: String? {
    guard yyjson_is_obj(pointer), count > 1 else { return nil }
    if count > JSONLimits.pairwiseMembers {
      var seen = Set<String>(minimumCapacity: count)
      var members = self.members
      while let member = members.next() {
        if !seen.insert(member.key).inserted { return member.key }
      }
      return nil
    }
    var outer = self.members
    while let member = outer.next() {
      var inner = outer
      while let other = inner.next() {
        if equalBytes(member.keyBytes, other.keyBytes) { return member.key }
      }
    }
    return nil
  }

  var stringBytes: UnsafeBufferPointer<UInt8> { bytes(ofString: pointer) }
}

/// The bytes of a string value, escapes resolved.
@inline(__always)
func bytes(ofString value: UnsafeMutablePointer<yyjson_val>) -> UnsafeBufferPointer<UInt8> {
  UnsafeBufferPointer(
    start: UnsafeRawPointer(value.pointee.uni.str).assumingMemoryBound(to: UInt8.self),
    count: Int(value.pointee.tag >> 8))
}
