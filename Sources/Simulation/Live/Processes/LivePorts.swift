// Free loopback ports for processes that must know theirs before they start.

import EventLoop

/// Ports below those that the kernel gives to outgoing connections: while a killed node is away, nobody else gets its port
/// by chance, and no connection to it meets itself. Confined to its loop's thread.
struct LivePorts {
  private static let range: Range<UInt16> = 11_000..<31_000
  private var next: UInt16

  init() { next = UInt16.random(in: Self.range) }

  /// One that nobody listens on now, and that this has not given yet.
  mutating func take(on loop: EventLoop) throws(SimulationError) -> UInt16 {
    for _ in Self.range {
      let port = next
      next = next + 1 < Self.range.upperBound ? next + 1 : Self.range.lowerBound
      do throws(LoopError) {
        try TCPListener(loop: loop, address: .loopback(port: port)) { _ in }.close()
        return port
      } catch  where error.code == .addressInUse {
        continue
      } catch {
        throw SimulationError(.network, "no port can be had for a process of the run: \(error.message)")
      }
    }
    throw SimulationError(
      .network, "no port from \(Self.range.lowerBound) to \(Self.range.upperBound - 1) is free: end what uses them")
  }
}
