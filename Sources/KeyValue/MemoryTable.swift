// What the memory store holds, and the rules of the port over it. A value: whoever has it guards it.
internal import Glibc

struct MemoryTable {
  private struct Record {
    var value: [UInt8]
    var version: UInt64
    var expires: UInt64?

    func hasExpired(_ now: UInt64) -> Bool { expires.map { $0 <= now } ?? false }
  }

  /// The keys twice: by name, and in byte order for listings.
  private struct Namespace {
    var records: [[UInt8]: Record] = [:]
    var keys: [[UInt8]] = []
  }

  /// Which record expires when. Versions are unique, so that one can be found again.
  private struct Expiry {
    var expires: UInt64
    var version: UInt64
    var namespace: String
    var key: [UInt8]
  }

  private var namespaces: [String: Namespace] = [:]
  /// The soonest last.
  private var expiries: [Expiry] = []
  /// One counter for all keys, so that no key sees a version twice.
  private var lastVersion: UInt64 = 0
  private var bytes = 0
  private let bytesMax: Int
  private(set) var recordCount = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  mutating func perform(_ operation: KeyValueOperation, now: UInt64) -> Result<KeyValueAnswer, KeyValueError> {
    let namespace = operation.namespace
    switch operation.body {
    case .get(let key):
      let record = live(namespace, key, now)
      return .success(
        .entry(record.map { KeyValueEntry(value: $0.value, version: $0.version, expires: $0.expires) }))
    case .put(let key, let value, let timeToLive, let condition):
      if !holds(condition, of: live(namespace, key, now)) { return .failure(.conflict) }
      let old = namespaces[namespace]?.records[key]
      let size = bytes + value.count + (old == nil ? key.count : 0) - (old?.value.count ?? 0)
      guard size <= bytesMax else { return .failure(.memoryFull(bytesMax)) }
      bytes = size
      lastVersion += 1
      put(
        Record(value: value, version: lastVersion, expires: timeToLive.map { now &+ $0 }), old, namespace, key)
      return .success(.written(version: lastVersion))
    case .delete(let key, let condition):
      let record = live(namespace, key, now)
      if !holds(condition, of: record) { return .failure(.conflict) }
      remove(namespace, key)
      return .success(.deleted(record != nil))
    case .list(let prefix, let cursor, let limit):
      return .success(list(namespace, prefix, cursor, limit, now))
    }
  }

  /// Removes what has expired, a few at a time: no operation waits for all of them.
  mutating func sweep(now: UInt64) {
    for _ in 0..<KeyValueLimits.sweptKeysMax {
      guard let next = expiries.last, next.expires <= now else { return }
      remove(next.namespace, next.key)
    }
  }

  private func live(_ namespace: String, _ key: [UInt8], _ now: UInt64) -> Record? {
    guard let record = namespaces[namespace]?.records[key], !record.hasExpired(now) else { return nil }
    return record
  }

  private func holds(_ condition: KeyValueCondition, of record: Record?) -> Bool {
    switch condition {
    case .none: true
    case .absent: record == nil
    case .version(let version): record?.version == version
    }
  }

  private mutating func put(_ record: Record, _ old: Record?, _ namespace: String, _ key: [UInt8]) {
    if let old { forget(old) }
    namespaces[namespace, default: Namespace()].records[key] = record
    if old == nil {
      recordCount += 1
      let place = place(of: key, in: namespaces[namespace]!.keys)
      namespaces[namespace]!.keys.insert(key, at: place)
    }
    guard let expires = record.expires else { return }
    let expiry = Expiry(expires: expires, version: record.version, namespace: namespace, key: key)
    expiries.insert(expiry, at: place(ofExpiry: expires, record.version))
  }

  private mutating func remove(_ namespace: String, _ key: [UInt8]) {
    guard let old = namespaces[namespace]?.records.removeValue(forKey: key) else { return }
    forget(old)
    namespaces[namespace]!.keys.remove(at: place(of: key, in: namespaces[namespace]!.keys))
    bytes -= key.count + old.value.count
    recordCount -= 1
  }

  private mutating func forget(_ record: Record) {
    guard let expires = record.expires else { return }
    expiries.remove(at: place(ofExpiry: expires, record.version))
  }

  private func list(
    _ namespace: String, _ prefix: [UInt8], _ cursor: [UInt8]?, _ limit: Int, _ now: UInt64
  ) -> KeyValueAnswer {
    guard let space = namespaces[namespace] else { return .page([], isLast: true) }
    var listings: [KeyValueListing] = []
    for key in space.keys[place(of: cursor ?? prefix, in: space.keys)...] {
      guard key.starts(with: prefix) else { break }
      guard key != cursor, let record = space.records[key], !record.hasExpired(now) else { continue }
      if listings.count == limit { return .page(listings, isLast: false) }
      listings.append(KeyValueListing(key: key, version: record.version, expires: record.expires))
    }
    return .page(listings, isLast: true)
  }

  /// Where a key is, or would be.
  private func place(of key: [UInt8], in keys: [[UInt8]]) -> Int {
    Self.first(in: 0..<keys.count) { !Self.precedes(keys[$0], key) }
  }

  private func place(ofExpiry expires: UInt64, _ version: UInt64) -> Int {
    Self.first(in: 0..<expiries.count) { (expiries[$0].expires, expiries[$0].version) <= (expires, version) }
  }

  /// The first index from which `isTrue` holds.
  private static func first(in range: Range<Int>, where isTrue: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isTrue(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Byte order.
  private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let shorter = min(left.count, right.count)
    if shorter == 0 { return left.count < right.count }
    let order = left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in memcmp(left.baseAddress!, right.baseAddress!, shorter) }
    }
    return order == 0 ? left.count < right.count : order < 0
  }
}
