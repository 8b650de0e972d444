// Every number that bounds this module, with its unit, and the caps a worker's calls run under.

/// The caps of one call; a fault names the key that was exceeded.
public struct Limits: Sendable, Equatable {
  /// Linear memory of the guest, in bytes.
  public var memoryBytes: Int
  /// Time the guest may compute, in milliseconds; waiting is not counted.
  public var cpuMilliseconds: Int
  /// Time from the first instruction to the answer, in milliseconds; waiting is counted.
  public var wallMilliseconds: Int
  /// Bytes the guest may answer.
  public var outputBytes: Int
  /// Calls the guest may make into the host.
  public var hostCalls: Int
  /// Bytes that one call may receive from upstreams.
  public var upstreamBytes: Int

  public static let standard = Limits()

  public init(
    memoryBytes: Int = 16 << 20, cpuMilliseconds: Int = 50, wallMilliseconds: Int = 5_000,
    outputBytes: Int = 1 << 20, hostCalls: Int = 64, upstreamBytes: Int = 4 << 20
  ) {
    self.memoryBytes = memoryBytes
    self.cpuMilliseconds = cpuMilliseconds
    self.wallMilliseconds = wallMilliseconds
    self.outputBytes = outputBytes
    self.hostCalls = hostCalls
    self.upstreamBytes = upstreamBytes
  }
}

/// What a manifest may ask for at most.
public enum Bounds {
  /// One page is the least a memory can be; above the ceiling one bulk instruction would hold a loop too long
  /// (docs/design.md, "Loops": about 0.5 ms a MiB).
  public static let memoryBytes = 65_536...(64 << 20)
  public static let cpuMilliseconds = 1...60_000
  public static let wallMilliseconds = 1...300_000
  public static let outputBytes = 1_024...(16 << 20)
  public static let hostCalls = 1...1_000_000
  public static let upstreamBytes = 1_024...(64 << 20)

  public static let namespaces = 64
  public static let namespaceBytes = 64
  public static let upstreams = 64
  public static let upstreamHeaders = 32
  public static let urlBytes = 2_048
  /// Of a name or a value in a table of strings.
  public static let pairBytes = 4_096
  public static let secretNameBytes = 64
  public static let upstreamMilliseconds = 1...300_000
  public static let upstreamRetries = 0...5
  public static let upstreamRedirects = 0...10
  /// In milliseconds: a second to a year.
  public static let sessionTimeToLive = 1_000...(366 * 86_400_000)
  public static let storeMilliseconds = 1...60_000
  public static let callers = 10_000
  /// Calls under way at other nodes.
  public static let forwards = 1...100_000
  public static let addressRanges = 256

  public static let sites = 10_000
  public static let links = 100_000
  public static let stores = 64
  public static let dependencies = 1_000
  public static let populations = 10_000
  public static let jurisdictions = 64

  /// Conformance wants at most 64 where the specification says 128 (2026-07-28, server/tools, "Tool Names").
  public static let toolNameBytes = 64
  public static let workerNameBytes = 64
  public static let titleBytes = 256
  public static let descriptionBytes = 16_384
  public static let pathBytes = 1_024
  public static let tools = 1_000
  public static let workers = 1_000
  public static let hostsOrOrigins = 256

  /// Of `atoll.toml` and `node.toml`.
  public static let fileBytes = 1 << 20
  public static let schemaFileBytes = 1 << 20
  /// Of an inline schema; deeper JSON is refused everywhere in Atoll.
  public static let schemaDepth = 64
  /// Of inline tables and arrays in TOML; the parser's own limit is 256.
  public static let tomlDepth = 256

  public static let instances = 1...20_000
  public static let queue = 0...1_000_000
  public static let queueMilliseconds = 1...60_000
  public static let connections = 1...1_000_000
  public static let bodyBytes = 1_024...(64 << 20)
  public static let callsPerSecond = 1...1_000_000
  public static let callsBurst = 1...1_000_000
  public static let loops = 1...256

  // Of `scenario.toml`.
  public static let seeds = 0...Int.max
  public static let scenarioMilliseconds = 1_000...(24 * 3_600_000)
  public static let scenarioCalls = 1...1_000_000_000
  public static let scenarioRate = 1...1_000_000
  public static let callMilliseconds = 1...300_000
  public static let compareCalls = 0...100_000_000
  public static let generatedSites = 1...10_000
  public static let scenarioTools = 100
  public static let faults = 100
  public static let shares = 0.0...1_000_000
  public static let callBytes = 0...(16 << 20)
  public static let sessionCalls = 1...64
  public static let faultMilliseconds = 0...(24 * 3_600_000)
  public static let slowdown = 1.0...10_000
  public static let skewMilliseconds = -86_400_000...86_400_000
}
