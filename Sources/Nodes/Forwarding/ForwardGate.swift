// The target's side of a forward: is this header one that a node of this topology made, for this request, now, once?

import HTTPServer
import HTTPTypes
import MCP
import Placement
import Sandbox

/// Why a forward is not taken. What the sender is told says no more than it can use; the log says which it was.
enum ForwardRefusal: String, Error, Sendable, CaseIterable {
  /// Not sealed with these keys.
  case sealed
  /// For another site, method, path or body.
  case altered
  /// Issued too long ago, or by a clock that is too far ahead.
  case stale
  /// For an earlier run of this node, whose nonces nobody remembers.
  case epochDiffers = "epoch_differs"
  /// Its sender has not heard yet which run this is: the first forward between two runs. No fault of anybody's.
  case epochUnknown = "epoch_unknown"
  /// Shown before.
  case replayed
  /// As many are remembered as can be.
  case full
  case topologyDiffers = "topology_differs"
  case versionDiffers = "version_differs"
  /// The call has been here, or at as many sites as it may.
  case loop

  /// As other nodes and callers read it.
  var word: RefusalWord {
    switch self {
    case .sealed, .altered, .stale, .replayed: .forwardRefused
    case .full: .forwardBusy
    case .epochDiffers, .epochUnknown: .epochDiffers
    case .topologyDiffers: .topologyDiffers
    case .versionDiffers: .versionDiffers
    case .loop: .loop
    }
  }

  var status: Int {
    switch self {
    case .sealed, .altered, .stale, .replayed: 403
    case .full: 503
    case .epochDiffers, .epochUnknown, .topologyDiffers, .versionDiffers, .loop: 409
    }
  }

  var message: String {
    switch self {
    case .sealed, .altered, .stale, .replayed:
      "The header \(Forward.fieldName) is not good here: only the nodes of this topology make it, once for each call. "
        + "A client leaves it out; nodes need the same keys, and clocks that differ by less than "
        + "\(ForwardBounds.skewMilliseconds / 1_000) s."
    case .epochDiffers, .epochUnknown:
      "This node has begun anew; the node that passes the call on repeats it with the epoch that is said here."
    case .full: "This node takes no more forwarded calls at the moment; try again in a few seconds."
    case .topologyDiffers:
      "The node that passes this call on has another topology; give all nodes the same topology.toml."
    case .versionDiffers:
      "The node that passes this call on has another version of its worker; deploy the same bundle to all nodes."
    case .loop: "This call has been at as many sites as it may, or here before."
    }
  }

  /// What goes out: nothing of the call was done.
  var unserved: ToolOutcome.Unserved { unserved(epoch: nil) }

  /// - parameter epoch: of the node that refuses, for who can seal.
  func unserved(epoch: UInt64?) -> ToolOutcome.Unserved {
    var fields = [word.field]
    if word == .epochDiffers, let epoch { fields.append((name: Epoch.fieldName, value: "\(epoch)")) }
    if self == .full { fields.append((name: "Retry-After", value: "1")) }
    return ToolOutcome.Unserved(
      status: status, code: .forwardRefused, message, data: #"{"refused":"\#(word.rawValue)"}"#, fields: fields)
  }
}

/// Judges the forwards that come to a node. Immutable but for the nonces it remembers.
struct ForwardGate: Sendable {
  let topology: NodeTopology

  /// What the header says, once it is certain that it belongs to this request and to no other.
  func judge(
    _ header: HTTPExchange.Copies, method: String, path: String, body: [UInt8], now: UInt64
  ) -> Result<Forward, ForwardRefusal> {
    guard case .one(let sealed) = header, let forward = topology.seal.opened(sealed) else { return .failure(.sealed) }
    guard forward.target == topology.name, forward.method == method, forward.path == path,
      forward.bodyDigest == SHA256.digest(of: body)
    else { return .failure(.altered) }
    guard forward.issued <= now &+ ForwardBounds.skewMilliseconds,
      now <= forward.issued &+ ForwardBounds.lifeMilliseconds
    else { return .failure(.stale) }
    switch topology.replays.take(forward.nonce, issued: forward.issued, now: now) {
    case .fresh: break
    case .seen: return .failure(.replayed)
    case .full: return .failure(.full)
    }
    guard forward.topology == topology.digest else { return .failure(.topologyDiffers) }
    guard !forward.passed.contains(topology.name), forward.passed.count < PlacementLimits.hopsMax else {
      return .failure(.loop)
    }
    guard forward.epoch == topology.epoch else { return .failure(forward.epoch == 0 ? .epochUnknown : .epochDiffers) }
    return .success(forward)
  }
}
