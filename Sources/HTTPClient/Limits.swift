// Every bound of the upstream client, by name and unit.

public enum UpstreamLimits {
  // MARK: A request

  /// An upstream's name, in bytes: letters, digits, `-` and `_`.
  public static let nameBytesMax = 64
  /// A URL, in bytes, before and after it was normalised.
  public static let urlBytesMax = 8 * 1024
  /// Headers that a guest may set on one request.
  public static let requestHeadersMax = 64
  /// Their names and values, in bytes.
  public static let requestHeaderBytesMax = 16 * 1024
  /// A request's body, in bytes.
  public static let requestBodyBytesMax = (1 << 20) + (64 << 10)

  // MARK: A response

  /// A response's head with its trailers and interim responses, in bytes.
  public static let headBytesMax = 64 * 1024
  /// Lines of a response's head.
  public static let headLinesMax = 256
  /// How many bytes a reader may be behind before its transfer rests.
  public static let unreadBytesMax = 256 * 1024
  /// How much of the body of a redirect or of an answer that is tried again is read to keep the connection, in bytes.
  public static let discardedBytesMax = 64 * 1024
  /// Length of a URL that an error names, in bytes.
  public static let namedURLBytesMax = 200

  // MARK: Time

  public static let connectMilliseconds: UInt64 = 3_000
  public static let firstByteMilliseconds: UInt64 = 10_000
  public static let wholeMilliseconds: UInt64 = 30_000
  /// The longest that any of the three may be set to: an hour.
  public static let timeoutMillisecondsMax: UInt64 = 3_600_000

  // MARK: Trying again

  /// Tries after the first.
  public static let retries = 2
  public static let retriesMax = 10
  public static let redirects = 5
  public static let redirectsMax = 20
  /// The pause before the first retry; it doubles with each, and half of it is random.
  public static let retryMilliseconds: UInt64 = 50
  public static let retryMillisecondsMax: UInt64 = 2_000
  /// A longer `Retry-After` is not waited for: the answer goes to the guest.
  public static let retryAfterMillisecondsMax: UInt64 = 30_000
  /// What each request adds to the retry budget of its upstream, in retries.
  public static let retriesPerRequest = 0.2
  /// What each second adds, in retries: the floor for an upstream that is asked little.
  public static let retriesPerSecond = 0.5
  /// What the budget holds at most, and at the start, in retries.
  public static let retriesHeld = 10.0

  // MARK: The circuit breaker

  /// The window in which failures are counted, in milliseconds, and of how many buckets it is.
  public static let breakerWindowMilliseconds: UInt64 = 10_000
  public static let breakerBuckets = 10
  /// Fewer requests than this in the window never open the circuit.
  public static let breakerRequestsMin = 20
  /// The part of them that must fail.
  public static let breakerFailureRatio = 0.5
  /// How long the circuit stays open; doubles with each opening that follows a failed probe.
  public static let breakerOpenMilliseconds: UInt64 = 5_000
  public static let breakerOpenMillisecondsMax: UInt64 = 60_000
  /// Requests let through at once while the circuit is half open.
  public static let breakerProbes = 3
  /// Probes that must succeed, one after the other, to close it.
  public static let breakerProbesNeeded = 3
  /// What a request is told that comes while all probes are under way.
  public static let probeRetryAfterMilliseconds: UInt64 = 1_000

  // MARK: A loop's pool

  /// Connections of one loop; requests beyond wait for one, within their timeouts.
  public static let connectionsMax = 2_048
  /// Of those, how many stay open when unused.
  public static let idleConnectionsMax = 1_024
  /// Streams of one HTTP/2 connection.
  public static let streamsMax = 100
  /// libcurl handles kept for the next request.
  public static let idleHandlesMax = 256
  /// How long a looked-up name is believed, in seconds.
  public static let nameSeconds = 60
  /// Lookups of one loop under way at once: each is a thread of libcurl's.
  public static let lookupsMax = 16
  /// Of those, how many one worker's requests may have begun: names that nobody answers for hold up no other worker.
  public static let lookupsOfWorkerMax = lookupsMax / 2
}

/// What the links of one loop may take: bounds of the client by which nodes ask each other.
public struct LinkLimits: Sendable, Equatable {
  /// Names in the `Connection` lines of one head, of a request that is passed on or of an answer; well-meant ones have
  /// two or three.
  public static let connectionNamesMax = 64
  /// Connections to one target, those on their way included; requests beyond wait for one.
  public var connectionsPerTarget = 64
  /// Requests to one target that wait for a connection; further ones fail at once with `busy`.
  public var waitingPerTarget = 1024
  /// How long an unused connection is kept. Less than what servers keep theirs, so that it is ours that ends it.
  public var idleMilliseconds: UInt64 = 30_000
  /// Time in which a connection must be there, TLS included.
  public var connectMilliseconds: UInt64 = 3_000
  /// An answer's head with its interim answers and trailers, in bytes: names, values, and four for each line.
  public var headBytes = 64 * 1024
  /// Lines of an answer's head with its interim answers and trailers.
  public var headLines = 256
  /// One answer's body, in bytes.
  public var answerBytes = 64 * 1024 * 1024
  /// Bytes given to a receiver that has not resumed since, past which its socket is not read. One read of the loop
  /// (``LoopLimits/readSlabBytes``) may go beyond.
  public var unreadBytes = 256 * 1024
  /// How long a looked-up name is believed before it is looked up again. The old addresses serve meanwhile.
  public var nameMilliseconds: UInt64 = 30_000

  public init() {}
}
