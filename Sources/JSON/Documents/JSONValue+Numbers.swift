// Reading numbers. A number is an integer of 64 bits where it is written as one, else a double; what fits neither
// (longer integers, and exponents beyond a double's) keeps its text.
import CYYJSON

extension JSONValue {
  /// A number written without fraction and exponent that fits in an Int; nil otherwise (`1.0` is nil here).
  public var int: Int? {
    guard yyjson_is_int(pointer) else { return nil }
    if yyjson_is_sint(pointer) { return Int(pointer.pointee.uni.i64) }
    return Int(exactly: pointer.pointee.uni.u64)
  }

  /// The same, for a UInt64.
  public var uint64: UInt64? {
    guard yyjson_is_int(pointer) else { return nil }
    if yyjson_is_uint(pointer) { return pointer.pointee.uni.u64 }
    return UInt64(exactly: pointer.pointee.uni.i64)
  }

  /// Any number, rounded to a double; nil for another kind and for numbers beyond a double's range.
  public var double: Double? {
    if yyjson_is_raw(pointer) {
      guard let value = Double(String(decoding: stringBytes, as: UTF8.self)), value.isFinite else { return nil }
      return value
    }
    return yyjson_is_num(pointer) ? yyjson_get_num(pointer) : nil
  }

  /// Whether the number is an integer in the sense of JSON-RPC and JSON Schema (`1.0` and `1e3` are); false for
  /// another kind.
  public var isInteger: Bool { JSONNumber(pointer)?.isInteger ?? false }
}
