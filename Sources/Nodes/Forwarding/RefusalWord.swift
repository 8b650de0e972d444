// The words of `Atoll-Refused`, by which one node tells another that it has not begun a call.

import MCP

/// Why a site has not begun a call. A peer's own text goes nowhere: what is none of these words is `other`.
enum RefusalWord: String, Sendable, CaseIterable {
  /// Tells the sender that the call was not begun.
  static let fieldName = "Atoll-Refused"
  static let header = "atoll-refused"

  case forwardRefused = "forward_refused"
  case forwardBusy = "forward_busy"
  case epochDiffers = "epoch_differs"
  case topologyDiffers = "topology_differs"
  case versionDiffers = "version_differs"
  case loop
  /// It has no room.
  case overloaded
  /// It passes calls of the tool on, and no site took this one.
  case unplaced
  /// Its HTTP server took the request for none, or for too large.
  case unread
  /// Said by something that speaks other words: whether it has begun is not known.
  case other
  /// What this node makes of an answer that no node of a topology gives. Nobody says it.
  case foreign = "not_a_node"

  /// As a peer says it.
  init(said text: ArraySlice<UInt8>) {
    let word = text.count <= 32 ? RefusalWord(rawValue: String(decoding: text, as: UTF8.self)) : nil
    switch word {
    case .foreign?, nil: self = .other
    case let known?: self = known
    }
  }

  /// Whether the site may have begun the call all the same.
  var mayHaveBegun: Bool { self == .other }

  /// The line of an answer.
  var field: (name: String, value: String) { (name: Self.fieldName, value: rawValue) }

  /// Of an answer that a node's HTTP server gives before anybody has seen the request.
  static func ofServer(status: Int) -> RefusalWord { status == 503 ? .overloaded : .unread }
}

extension RefusalWord {
  /// What the node that passed a call on is told of how it ended; nil where it may have begun, or another site's answer
  /// says so itself.
  init?(_ call: Call, _ outcome: ToolOutcome) {
    guard call.forward != nil, !call.mayHaveBegun else { return nil }
    switch outcome {
    case .overloaded: self = .overloaded
    case .unserved(let why) where why.code == .noSite: self = .unplaced
    default: return nil
    }
  }
}
