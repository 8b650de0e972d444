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
  /// Names that nobody looks up and somebody waits for, each once, those that came first first.
  private var queue: [String] = []
  /// Lookups by the worker whose request leads them; none of 0.
  private var loads: [String: Int] = [:]
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
    if name.leader == nil, hasRoom(for: transfer) {
      queue.removeAll { $0 == key }
      names[key, default: Name()].leader = transfer
      underWay += 1
      loads[transfer.request.worker, default: 0] += 1
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
    giveBack(transfer)
    return name.waiting + next()
  }

  /// This transfer has ended or was cancelled. Answers those that fail with it, and those that may try in its place.
  func ended(_ transfer: Transfer, isLookupFailure: Bool) -> (failed: [Transfer], next: [Transfer]) {
    let key = Self.key(transfer)
    guard var name = names[key] else { return ([], []) }
    guard name.leader === transfer else {
      guard let place = name.waiting.firstIndex(where: { $0 === transfer }) else { return ([], []) }
      name.waiting.remove(at: place)
      let isForgotten = name.waiting.isEmpty && name.leader == nil
      names[key] = isForgotten ? nil : name
      if isForgotten { queue.removeAll { $0 == key } }
      return ([], [])
    }
    giveBack(transfer)
    names[key] = nil
    return isLookupFailure ? (name.waiting, next()) : ([], name.waiting + next())
  }

  func isWaiting(_ transfer: Transfer) -> Bool {
    names[Self.key(transfer)]?.waiting.contains { $0 === transfer } ?? false
  }

  private func load(_ transfer: Transfer) -> Int { loads[transfer.request.worker] ?? 0 }

  private func hasRoom(for transfer: Transfer) -> Bool {
    underWay < UpstreamLimits.lookupsMax && load(transfer) < UpstreamLimits.lookupsOfWorkerMax
  }

  private func giveBack(_ leader: Transfer) {
    underWay -= 1
    let left = load(leader) - 1
    loads[leader.request.worker] = left > 0 ? left : nil
  }

  /// Those of a name that has waited for a thread, its new leader first: of the worker with the fewest lookups, and of
  /// its names the one that came first.
  private func next() -> [Transfer] {
    let waiting = queue.compactMap { key in names[key]?.waiting.min { load($0) < load($1) } }
    guard let leader = waiting.min(by: { load($0) < load($1) }), hasRoom(for: leader) else { return [] }
    let key = Self.key(leader)
    queue.removeAll { $0 == key }
    let all = names.removeValue(forKey: key)?.waiting ?? []
    return [leader] + all.filter { $0 !== leader }
  }
}
