// One run of a node's process, and what other nodes know of it: a forward is good for one run only.

import Sealing

/// A number that no other run of any node has. A node that starts anew has forgotten the nonces that it took; forwards that
/// were made for the run before are none of its, whatever anybody's clock says. It is no secret.
enum Epoch {
  static let fieldName = "Atoll-Epoch"
  static let header = "atoll-epoch"

  /// Never 0, which says that none is known.
  static func minted() -> UInt64 { Entropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } | 1 }

  /// As a node says it; nil for everything else.
  static func said(_ text: some StringProtocol) -> UInt64? {
    guard text.utf8.count <= 20, let epoch = UInt64(text), epoch > 0 else { return nil }
    return epoch
  }
}
