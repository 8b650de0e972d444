// What a Redis answered, as values.
internal import CHiredis

indirect enum RedisReply: Equatable {
  case none
  case integer(Int64)
  /// A string or a status.
  case bytes([UInt8])
  case failure(String)
  case list([RedisReply])

  init(_ reply: UnsafePointer<redisReply>) {
    switch reply.pointee.type {
    case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .bytes(Self.bytes(reply))
    case REDIS_REPLY_ERROR: self = .failure(String(decoding: Self.bytes(reply), as: UTF8.self))
    case REDIS_REPLY_ARRAY:
      self = .list(
        (0..<reply.pointee.elements).map { index in
          reply.pointee.element[index].map { RedisReply($0) } ?? .none
        })
    default: self = .none
    }
  }

  private static func bytes(_ reply: UnsafePointer<redisReply>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len))
  }
}

/// Requests as RESP has them: an array of strings (redis.io, "Redis serialization protocol specification").
struct RedisRequest {
  private(set) var bytes: [UInt8] = []

  init(_ count: Int, reserving more: Int = 0) {
    bytes.reserveCapacity(64 + more)
    head("*", count)
  }

  /// One whole request.
  init(_ parts: [String]) {
    self.init(parts.count)
    for part in parts { append(part) }
  }

  private mutating func head(_ sign: Unicode.Scalar, _ count: Int) {
    bytes.append(UInt8(ascii: sign))
    appendDigits(UInt64(count))
    bytes.append(13)
    bytes.append(10)
  }

  private mutating func appendDigits(_ number: UInt64) {
    if number >= 10 { appendDigits(number / 10) }
    bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
  }

  /// One part that is these pieces together.
  mutating func append(_ pieces: [UInt8]...) {
    head("$", pieces.reduce(0) { $0 + $1.count })
    for piece in pieces { bytes.append(contentsOf: piece) }
    bytes.append(13)
    bytes.append(10)
  }

  mutating func append(_ text: String) { append(Array(text.utf8)) }
  mutating func append(_ number: UInt64) { append(String(number)) }
}
