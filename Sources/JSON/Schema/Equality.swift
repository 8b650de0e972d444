// When two JSON values are equal (core, section 4.2.2): numbers by value, objects without order.
import CYYJSON

extension Evaluation {
  /// Recursion is as deep as a document, which is bounded.
  mutating func isEqual(_ left: Value, _ right: Value) -> Bool {
    guard spend(1) else { return false }
    let type = yyjson_get_type(left)
    let otherType = yyjson_get_type(right)
    if let number = JSONNumber(left) {
      guard let other = JSONNumber(right) else { return false }
      if case .text(let text) = number { guard spend(text.count / 4) else { return false } }
      if case .text(let text) = other { guard spend(text.count / 4) else { return false } }
      return number.compare(other) == 0
    }
    guard type == otherType else { return false }
    switch type {
    case UInt8(YYJSON_TYPE_STR):
      return equalBytes(bytes(ofString: left), bytes(ofString: right))
    case UInt8(YYJSON_TYPE_BOOL):
      return yyjson_get_bool(left) == yyjson_get_bool(right)
    case UInt8(YYJSON_TYPE_ARR):
      guard left.length == right.length else { return false }
      var element = left + 1
      var other = right + 1
      for _ in 0..<left.length {
        guard isEqual(element, other) else { return false }
        element = following(element)
        other = following(other)
      }
      return true
    case UInt8(YYJSON_TYPE_OBJ): return areEqualObjects(left, right)
    default: return true
    }
  }

  /// `left` has no key twice when it is a schema's constant; then the counts being equal, `right` has none either.
  private mutating func areEqualObjects(_ left: Value, _ right: Value) -> Bool {
    let count = left.length
    guard count == right.length else { return false }
    var key = left + 1
    // Members mostly come in the same order: look first where the last one was found.
    var place = right + 1
    var index = 0
    for _ in 0..<count {
      let name = bytes(ofString: key)
      var found: Value?
      for _ in 0..<count {
        guard spend(1) else { return false }
        let candidate = place
        index += 1
        if index == count {
          index = 0
          place = right + 1
        } else {
          place = following(candidate + 1)
        }
        if equalBytes(bytes(ofString: candidate), name) {
          found = candidate + 1
          break
        }
      }
      guard let found, isEqual(key + 1, found) else { return false }
      key = following(key + 1)
    }
    return true
  }

  /// The places of two equal elements. Few are compared pair by pair; many are sorted by a hash first, so that only
  /// those of one hash are compared.
  mutating func firstEqualPair(in array: Value) -> (Int, Int)? {
    let count = array.length
    if count <= 8 {
      var left = array + 1
      for index in 0..<count - 1 {
        var right = following(left)
        for other in index + 1..<count {
          if isEqual(left, right) { return (index, other) }
          right = following(right)
        }
        left = following(left)
      }
      return nil
    }
    var hashed: [(hash: Int, index: Int, value: Value)] = []
    hashed.reserveCapacity(count)
    var element = array + 1
    for index in 0..<count {
      guard let hash = hash(of: element) else { return nil }
      hashed.append((hash, index, element))
      element = following(element)
    }
    guard spend(count * 6) else { return nil }
    hashed.sort { ($0.hash, $0.index) < ($1.hash, $1.index) }
    var start = 0
    while start < count {
      var end = start + 1
      while end < count, hashed[end].hash == hashed[start].hash {
        for other in start..<end where isEqual(hashed[other].value, hashed[end].value) {
          return (hashed[other].index, hashed[end].index)
        }
        guard exhaustion == nil else { return nil }
        end += 1
      }
      start = end
    }
    return nil
  }

  /// Equal values have equal hashes; seeded by process. Nil when the budget is used up.
  private mutating func hash(of value: Value) -> Int? {
    guard spend(8) else { return nil }
    var hasher = Hasher()
    if let number = JSONNumber(value) {
      if case .text(let text) = number { guard spend(text.count / 4) else { return nil } }
      hasher.combine(number.approximate)
      return hasher.finalize()
    }
    let type = yyjson_get_type(value)
    hasher.combine(type)
    switch type {
    case UInt8(YYJSON_TYPE_STR):
      let text = bytes(ofString: value)
      guard spend(text.count / 64) else { return nil }
      hasher.combine(bytes: UnsafeRawBufferPointer(text))
    case UInt8(YYJSON_TYPE_BOOL): hasher.combine(yyjson_get_bool(value))
    case UInt8(YYJSON_TYPE_ARR):
      var element = value + 1
      for _ in 0..<value.length {
        guard let hash = hash(of: element) else { return nil }
        hasher.combine(hash)
        element = following(element)
      }
    case UInt8(YYJSON_TYPE_OBJ):
      // A sum, since the order does not matter.
      var sum = 0
      var key = value + 1
      for _ in 0..<value.length {
        guard let hash = hash(of: key + 1) else { return nil }
        var member = Hasher()
        member.combine(bytes: UnsafeRawBufferPointer(bytes(ofString: key)))
        member.combine(hash)
        sum &+= member.finalize()
        key = following(key + 1)
      }
      hasher.combine(sum)
    default: break
    }
    return hasher.finalize()
  }
}
