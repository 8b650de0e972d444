// Names that are being looked up: each lookup is a thread of libcurl's, so there is one for a name at a time.

/// Lets one transfer of a name go ahead and look it up, on a new connection; the others of that name wait until it
/// knows the address, and then find it in libcurl's cache. Confined to its pool's loop.
final class Lookups {
  private struct Name {
    var believedUntil: UInt64 = 0
    var leader: Transfer?
    var waiting: [Transfer] = []
  }

  private var names: [String: Name] = [:]
  /// Names whose leader waits for a thread.
  private var queue: [String] = []
  private(set) var underWay = 0

  static func key(_ transfer: Transfer) -> String { transfer.request.url.host + ":" + transfer.request.url.port }

  /// An address needs no lookup.
  static func needsLookup(_ transfer: Transfer) -> Bool {
    let host = transfer.request.url.host
    return !host.hasPrefix("[") && Address(text: host) == nil
  }

  /// May it go now? Otherwise it is kept, and comes out of ``found(_:now:)`` or ``ended(_:isLookupFailure:)``.
  func mayGo(_ transfer: Transfer, now: UInt64) -> Bool {
    guard Self.needsLookup(transfer) else { return true }
    let key = Self.key(transfer)
    let name = names[key] ?? Name()
    if now < name.believedUntil { return true }
    if name.leader == nil, underWay < UpstreamLimits.lookupsMax {
      names[key, default: Name()].leader = transfer
      underWay += 1
      transfer.needsNewConnection = true
      return true
    }
    if name.leader == nil, name.waiting.isEmpty { queue.append(key) }
    names[key, default: Name()].waiting.append(transfer)
    return false
  }

  /// This transfer has got an address. Answers those that may go now.
  func found(_ transfer: Transfer, now: UInt64) -> [Transfer] {
    let key = Self.key(transfer)
    guard let name = names[key], name.leader === transfer else { return [] }
    // A few seconds less than libcurl believes it: the two clocks are not read at the same time.
    names[key] = Name(believedUntil: now + UInt64(UpstreamLimits.nameSeconds - 5) * 1_000_000_000)
    underWay -= 1
    return name.waiting + next()
  }

  /// This transfer has ended or was cancelled. Answers those that fail with it, and those that may try in its place.
  func ended(_ transfer: Transfer, isLookupFailure: Bool) -> (failed: [Transfer], next: [Transfer]) {
    let key = Self.key(transfer)
    guard var name = names[key] else { return ([], []) }
    guard name.leader === transfer else {
      name.waiting.removeAll { $0 === transfer }
      names[key] = name
      return ([], [])
    }
    underWay -= 1
    names[key] = nil
    return isLookupFailure ? (name.waiting, next()) : ([], name.waiting + next())
  }

  func isWaiting(_ transfer: Transfer) -> Bool {
    names[Self.key(transfer)]?.waiting.contains { $0 === transfer } ?? false
  }

  /// Those of the next name that has waited for a thread.
  private func next() -> [Transfer] {
    while !queue.isEmpty {
      let key = queue.removeFirst()
      guard let name = names[key], name.leader == nil, !name.waiting.isEmpty else { continue }
      names[key] = nil
      return name.waiting
    }
    return []
  }
}
