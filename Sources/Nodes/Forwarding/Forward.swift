// What one node tells another about a call that it passes on: who is asking, what exactly, for whom, and how long it is good.

import Sealing

/// The contents of `Atoll-Forward`. Everything that the target believes of a forwarded call stands here, sealed.
struct Forward: Sendable, Equatable {
  /// The header's name as servers look it up.
  static let header = "atoll-forward"
  static let fieldName = "Atoll-Forward"

  var principal: String
  var method: String
  /// Of the endpoint, without a query.
  var path: String
  /// sha256 of the body.
  var bodyDigest: [UInt8]
  /// Sites that have had the call, in their order; the last one sends it.
  var passed: [String]
  var target: String
  /// What is left of the tool's `wall_ms`.
  var remainingMilliseconds: UInt32
  /// sha256 of the topology's identity.
  var topology: [UInt8]
  /// sha256 of the tool's worker.
  var worker: [UInt8]
  /// The tool by its name in the manifest: what callers call it is each node's own affair (`prefix`).
  var tool: String
  /// Milliseconds since 1970.
  var issued: UInt64
  var nonce: Nonce
  /// The run of the target's process that it is for, as that said itself; 0 where it has not.
  var epoch: UInt64

  var source: String { passed.last ?? "" }

  /// Sixteen bytes that no other header has.
  struct Nonce: Sendable, Hashable {
    var high: UInt64
    var low: UInt64
  }
}

/// A forward that was taken. By reference, so that a call which came from a client carries one empty word.
final class TakenForward: Sendable {
  let contents: Forward
  init(_ contents: Forward) { self.contents = contents }

  var source: String { contents.source }
  var passed: [String] { contents.passed }
}

/// Seals and opens forwards. Thread-safe; some 3 µs each way.
struct ForwardSeal: Sendable {
  private static let format: UInt8 = 3
  private static let digestBytes = 32
  private let sealer: Sealer

  init(_ keys: KeyRing) { sealer = Sealer(keys, purpose: "forward") }

  func sealed(_ forward: Forward) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(384)
    bytes.append(Self.format)
    append(forward.issued, &bytes)
    append(forward.nonce.high, &bytes)
    append(forward.nonce.low, &bytes)
    append(forward.epoch, &bytes)
    append(UInt64(forward.remainingMilliseconds), &bytes)
    bytes += forward.bodyDigest
    bytes += forward.topology
    bytes += forward.worker
    append(forward.principal, &bytes)
    append(forward.method, &bytes)
    append(forward.path, &bytes)
    append(forward.target, &bytes)
    append(forward.tool, &bytes)
    for site in forward.passed { append(site, &bytes) }
    return sealer.seal(bytes, audience: [])
  }

  /// Nil for everything that no node with these keys has made, and nobody is told why.
  func opened(_ text: some Collection<UInt8>) -> Forward? {
    guard let bytes = sealer.open(text, audience: []) else { return nil }
    var reader = Reader(bytes: bytes)
    guard reader.byte() == Self.format, let issued = reader.number(), let high = reader.number(),
      let low = reader.number(), let epoch = reader.number(),
      let remaining = reader.number().flatMap({ UInt32(exactly: $0) }), let body = reader.bytes(Self.digestBytes),
      let topology = reader.bytes(Self.digestBytes), let worker = reader.bytes(Self.digestBytes),
      let principal = reader.text(), let method = reader.text(), let path = reader.text(), let target = reader.text(),
      let tool = reader.text()
    else { return nil }
    var passed: [String] = []
    while !reader.isAtEnd {
      guard let site = reader.text() else { return nil }
      passed.append(site)
    }
    guard !passed.isEmpty else { return nil }
    return Forward(
      principal: principal, method: method, path: path, bodyDigest: body, passed: passed, target: target,
      remainingMilliseconds: remaining, topology: topology, worker: worker, tool: tool, issued: issued,
      nonce: Forward.Nonce(high: high, low: low), epoch: epoch)
  }

  private func append(_ number: UInt64, _ bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// Names and paths are bound to less than this by manifests and configuration.
  private func append(_ text: String, _ bytes: inout [UInt8]) {
    precondition(text.utf8.count <= 255, "a name or a path of more than 255 bytes")
    bytes.append(UInt8(text.utf8.count))
    bytes += text.utf8
  }

  private struct Reader {
    let bytes: [UInt8]
    private var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func byte() -> UInt8? {
      guard at < bytes.count else { return nil }
      at += 1
      return bytes[at - 1]
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
      guard bytes.count - at >= count else { return nil }
      at += count
      return Array(bytes[at - count..<at])
    }

    mutating func number() -> UInt64? {
      guard bytes.count - at >= 8 else { return nil }
      var number: UInt64 = 0
      for index in at..<at + 8 { number = number << 8 | UInt64(bytes[index]) }
      at += 8
      return number
    }

    mutating func text() -> String? {
      guard let count = byte().map(Int.init), bytes.count - at >= count else { return nil }
      at += count
      return String(validating: bytes[at - count..<at], as: UTF8.self)
    }
  }
}
