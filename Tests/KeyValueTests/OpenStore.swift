// A store that is open for one test: its fixture, loops and clients, all closed and checked at the end.
import EventLoop
import KeyValue
import Synchronization
import Testing

final class OpenStore {
  let fixture: any StoreFixture
  /// No other test has it.
  let namespace: String
  private(set) var clients: [Client] = []
  private var loops: [EventLoop] = []
  private var backends: [any KeyValueBackend] = []

  private static let count = Atomic<Int>(0)

  init(fixture: any StoreFixture) {
    self.fixture = fixture
    let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    namespace = "t\(number)-\(UInt64.random(in: 0..<1 << 48))"
  }

  var client: Client { clients[0] }

  /// Opens the store `nodes` times, each with `loops` loops, each with `connections` connections.
  func open(nodes: Int = 1, loops loopCount: Int = 1, connections: Int = 1) async throws {
    for _ in 0..<nodes {
      let backend = try fixture.open()
      backends.append(backend)
      for _ in 0..<loopCount {
        let loop = try EventLoop()
        loop.start(name: "test")
        loops.append(loop)
        for _ in 0..<connections {
          clients.append(try await Client.connect(backend, on: loop, namespace: namespace))
        }
      }
    }
  }

  func close() async {
    for client in clients { await client.close() }
    for loop in loops {
      loop.stop()
      loop.join()
      #expect(loop.closedCleanly)
    }
    for backend in backends { backend.close() }
    (clients, loops, backends) = ([], [], [])
  }

  func restart() async throws {
    await close()
    try await fixture.restart()
    try await open()
  }
}

/// Runs a test over a store of one kind.
func withStore(
  _ kind: StoreKind, nodes: Int = 1, loops: Int = 1, connections: Int = 1, willRestart: Bool = false,
  _ body: (OpenStore) async throws -> Void
) async throws {
  let store = OpenStore(fixture: try await kind.make(willRestart))
  do {
    try await store.open(nodes: nodes, loops: loops, connections: connections)
    try await body(store)
  } catch {
    await store.close()
    throw error
  }
  await store.close()
}

/// Sleeps on the client's loop.
func pause(_ client: Client, milliseconds: UInt64) async throws {
  try await client.loop.sleep(milliseconds: milliseconds)
}
