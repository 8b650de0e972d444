// The reads of the port as prepared statements. The loop's connection and the writer each have theirs.

final class SQLiteQueries {
  private let database: SQLiteDatabase
  private let get: SQLiteStatement
  private let list: SQLiteStatement
  private let begin: SQLiteStatement
  private let end: SQLiteStatement
  private let clock: WallClock

  init(_ database: SQLiteDatabase, clock: @escaping WallClock) throws(SQLiteStatus) {
    self.database = database
    self.clock = clock
    get = try SQLiteStatement(
      "SELECT version, expires, value FROM entries WHERE namespace = ?1 AND key = ?2", database)
    begin = try SQLiteStatement("BEGIN", database)
    end = try SQLiteStatement("COMMIT", database)
    list = try SQLiteStatement(
      "SELECT key, version, expires FROM entries WHERE namespace = ?1 AND key >= ?2 AND key < ?3 ORDER BY key", database
    )
  }

  /// Reads until `endSnapshot` see one state of the file, and lock it once.
  func beginSnapshot() throws(SQLiteStatus) { try begin.run() }
  func endSnapshot() throws(SQLiteStatus) { try end.run() }

  /// The value of a key; nil where there is none, or it has expired. Allocates the value's array and nothing else.
  func entry(_ namespace: String, _ key: [UInt8]) throws(SQLiteStatus) -> KeyValueEntry? {
    try find(namespace, key) { (version, expires) in
      KeyValueEntry(value: get.bytes(2), version: version, expires: expires)
    }
  }

  /// Its version alone, for conditions.
  func version(_ namespace: String, _ key: [UInt8]) throws(SQLiteStatus) -> UInt64? {
    try find(namespace, key) { (version, _) in version }
  }

  @inline(__always)
  private func find<T>(
    _ namespace: String, _ key: [UInt8], _ read: (_ version: UInt64, _ expires: UInt64?) -> T
  ) throws(SQLiteStatus) -> T? {
    try namespace.utf8.span.withUnsafeBufferPointer { namespace throws(SQLiteStatus) in
      try key.withUnsafeBufferPointer { key throws(SQLiteStatus) in
        get.bind(1, text: namespace)
        get.bind(2, blob: key)
        defer { get.reset() }
        guard try get.step() else { return nil }
        // NULL reads as 0.
        let expires = UInt64(bitPattern: get.integer(1))
        if expires != 0, expires <= clock() { return nil }
        return read(UInt64(bitPattern: get.integer(0)), expires == 0 ? nil : expires)
      }
    }
  }

  /// A page; nil where more than `visitedMax` keys would have to be looked at for it.
  func page(
    _ namespace: String, _ prefix: [UInt8], _ cursor: [UInt8]?, _ limit: Int, visitedMax: Int
  ) throws(SQLiteStatus) -> KeyValueAnswer? {
    // A key holds no zero byte, so what follows the cursor begins with the cursor and a zero.
    let lower = cursor.map { $0 + [0] } ?? prefix
    let upper = Self.end(ofPrefix: prefix)
    let now = clock()
    return try namespace.utf8.span.withUnsafeBufferPointer { namespace throws(SQLiteStatus) in
      try lower.withUnsafeBufferPointer { lower throws(SQLiteStatus) in
        try upper.withUnsafeBufferPointer { upper throws(SQLiteStatus) in
          list.bind(1, text: namespace)
          list.bind(2, blob: lower)
          list.bind(3, blob: upper)
          defer { list.reset() }
          return try collect(limit, visitedMax, now)
        }
      }
    }
  }

  private func collect(_ limit: Int, _ visitedMax: Int, _ now: UInt64) throws(SQLiteStatus) -> KeyValueAnswer? {
    var listings: [KeyValueListing] = []
    var visited = 0
    while try list.step() {
      visited += 1
      if visited > visitedMax { return nil }
      let expires = UInt64(bitPattern: list.integer(2))
      if expires != 0, expires <= now { continue }
      if listings.count == limit { return .page(listings, isLast: false) }
      listings.append(
        KeyValueListing(
          key: list.bytes(0), version: UInt64(bitPattern: list.integer(1)), expires: expires == 0 ? nil : expires))
    }
    return .page(listings, isLast: true)
  }

  /// The first bytes behind all keys with this prefix. UTF-8 has no byte 0xFF, so the last one can grow.
  private static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
    guard let last = prefix.last else { return [0xFF] }
    return prefix.dropLast() + [last + 1]
  }
}
