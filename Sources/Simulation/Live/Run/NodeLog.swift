// What the nodes of a run say they did, call by call, read from their logs: also of those that were killed.

internal import JSON
internal import Manifests

/// Counts of one node's log. A node writes a line for each call that it has answered or passed on.
struct NodeLog: Equatable {
  /// Calls that ran there, by tool.
  var ran: [String: UInt64] = [:]
  var forwarded: UInt64 = 0
  var refused: UInt64 = 0
  /// Forwarded calls that were not taken there, by reason.
  var forwardsRefused: [String: UInt64] = [:]

  mutating func read(file: String) throws(SimulationError) {
    do throws(FileError) { read(try Files.read(file, atMost: LiveLimits.outputBytesMax)) } catch {
      throw SimulationError(.file, "the log \(error.path) cannot be read: \(error.reason)")
    }
  }

  mutating func read(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: "{") {
      // The last line of a node that was killed may be cut.
      guard let document = try? JSONDocument(Array(line)) else { continue }
      let root = document.root
      switch root["message"]?.string {
      case "call": call(root)
      case "a forwarded call was refused": forwardsRefused[root["why"]?.string ?? "", default: 0] += 1
      default: break
      }
    }
  }

  private mutating func call(_ line: borrowing JSONValue) {
    guard let tool = line["tool"]?.string, let outcome = line["outcome"]?.string else { return }
    switch outcome {
    case "ok", "tool_error", "fault": ran[tool, default: 0] += 1
    case "forwarded", "broken_off": forwarded += 1
    default: refused += 1
    }
  }
}
