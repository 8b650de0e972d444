// An array of the request, read where it lies.

/// A view of a JSON array: a sequence of its elements.
public struct JSONArray: Sequence {
  let start: BytePointer
  let root: BytePointer

  public struct Iterator: IteratorProtocol {
    var position: BytePointer
    let root: BytePointer

    public mutating func next() -> JSONValue? {
      var at = skipSpace(position)
      if at.pointee == UInt8(ascii: ",") { at = skipSpace(at + 1) }
      guard at.pointee != UInt8(ascii: "]"), at.pointee != 0 else { return nil }
      position = skipValue(at)
      return JSONValue(start: at, root: root)
    }
  }

  public func makeIterator() -> Iterator {
    Iterator(position: start + 1, root: root)
  }

  /// Counted by scanning the array.
  public var count: Int {
    var count = 0
    for _ in self { count += 1 }
    return count
  }

  public var isEmpty: Bool {
    var iterator = makeIterator()
    return iterator.next() == nil
  }

  /// All elements as one type: `try arguments.array("tags").decode(as: String.self)`.
  public func decode<Value: ArgumentDecodable>(as type: Value.Type = Value.self) throws(ToolError) -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try Value(from: element)) }
    return values
  }
}
