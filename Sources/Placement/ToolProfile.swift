// What placement has to know of a tool: what its manifest wants, and what its calls cost.
public import Manifests

/// A number that a plan reckons with, and where it is from: what is assumed is said so.
public struct Figure: Sendable, Equatable {
  public enum Origin: String, Sendable { case measured, manifest, assumed }

  public var value: Double
  public var origin: Origin

  public init(_ value: Double, _ origin: Origin) {
    self.value = value
    self.origin = origin
  }

  /// The first that is known.
  public init(measured: Double? = nil, manifest: Double?, assumed: Double) {
    if let measured {
      self.init(measured, .measured)
    } else if let manifest {
      self.init(manifest, .manifest)
    } else {
      self.init(assumed, .assumed)
    }
  }
}

/// A service time on one kind of processor.
public struct MeasuredService: Sendable, Equatable {
  /// As a topology's `speed` has it.
  public var speed: Double
  public var milliseconds: Double

  public init(speed: Double, milliseconds: Double) {
    self.speed = speed
    self.milliseconds = milliseconds
  }
}

/// What was measured of a tool; nil where it was not.
public struct MeasuredCost: Sendable, Equatable {
  /// On a processor of speed 1.
  public var serviceMilliseconds: Double?
  /// By kind of processor: no tool is faster by the same factor everywhere.
  public var services: [MeasuredService] = []
  public var keyValueReads: Double?
  public var keyValueWrites: Double?
  /// Of each dependency, by name.
  public var dependencyCalls: [String: Double] = [:]
  public var dependencyAnswerBytes: [String: Double] = [:]
  public var requestBytes: Double?
  public var answerBytes: Double?

  public init() {}
}

/// One tool, as a plan sees it.
public struct ToolProfile: Sendable, Equatable {
  /// Requests to one dependency that a call makes, one after the other.
  public struct Dependency: Sendable, Equatable {
    public var name: String
    public var calls: Figure
    /// Of one of its answers.
    public var answerBytes: Figure

    public init(
      name: String, calls: Figure, answerBytes: Figure = Figure(PlacementAssumptions.dependencyAnswerBytes, .assumed)
    ) {
      self.name = name
      self.calls = calls
      self.answerBytes = answerBytes
    }
  }

  /// As callers see it.
  public var name: String
  public var worker: String
  public var wish: PlacementWish
  public var isReadOnly: Bool
  public var isIdempotent: Bool
  public var hasSession: Bool
  /// Whether its worker has namespaces.
  public var usesStore: Bool
  public var memoryBytes: Int
  /// On a processor of speed 1.
  public var serviceMilliseconds: Figure
  /// Measured, by kind of processor; each speed once.
  public var measuredServices: [MeasuredService] = []
  /// Without the session's.
  public var keyValueReads: Figure
  public var keyValueWrites: Figure
  public var dependencies: [Dependency]
  public var requestBytes: Figure
  public var answerBytes: Figure

  /// What its calls take of a processor of that speed: as measured there, or else as on the kind of processor that is most
  /// like it, by the ratio of their speeds.
  public func service(atSpeed speed: Double) -> Double {
    func distance(_ service: MeasuredService) -> Double { max(service.speed / speed, speed / service.speed) }
    guard let nearest = measuredServices.min(by: { (distance($0), $0.speed) < (distance($1), $1.speed) }) else {
      return serviceMilliseconds.value / speed
    }
    return nearest.milliseconds * nearest.speed / speed
  }

  /// Whether it needs a store at all.
  public var keepsState: Bool { hasSession || usesStore }
  /// Whether a copy of the store that is behind will do: it changes nothing, and belongs to no conversation.
  public var readsReplicas: Bool { isReadOnly && !hasSession }

  /// From a manifest, and what was measured. `dependencies` are the names that the topology knows: an upstream of such a
  /// name, or `near`, is one.
  public init(
    _ tool: Tool, of manifest: Manifest, name: String, dependencies known: [String],
    measured: MeasuredCost = MeasuredCost()
  ) {
    self.name = name
    worker = manifest.name
    wish = manifest.placement
    isReadOnly = tool.readOnly ?? false
    isIdempotent = tool.idempotent ?? false
    hasSession = tool.session
    usesStore = !manifest.namespaces.isEmpty
    memoryBytes = manifest.limits.memoryBytes
    let expected = tool.expected
    serviceMilliseconds = Figure(
      measured: measured.serviceMilliseconds, manifest: expected.serviceMilliseconds,
      assumed: PlacementAssumptions.serviceMilliseconds)
    measuredServices = measured.services
    // That a worker without namespaces, or a tool that only reads, does none is no assumption.
    keyValueReads = Figure(
      measured: measured.keyValueReads, manifest: expected.keyValueReads ?? (usesStore ? nil : 0),
      assumed: PlacementAssumptions.keyValueReads)
    keyValueWrites = Figure(
      measured: measured.keyValueWrites, manifest: expected.keyValueWrites ?? (usesStore && !isReadOnly ? nil : 0),
      assumed: PlacementAssumptions.keyValueWrites)
    var names = manifest.upstreams.map(\.name).filter(known.contains)
    if let near = manifest.placement.near, !names.contains(near) { names.append(near) }
    dependencies = names.map { dependency in
      Dependency(
        name: dependency,
        calls: Figure(
          measured: measured.dependencyCalls[dependency], manifest: expected.dependencyCalls,
          assumed: PlacementAssumptions.dependencyCalls),
        answerBytes: Figure(
          measured: measured.dependencyAnswerBytes[dependency],
          manifest: expected.dependencyAnswerBytes.map(Double.init),
          assumed: PlacementAssumptions.dependencyAnswerBytes))
    }
    requestBytes = Figure(
      measured: measured.requestBytes, manifest: expected.requestBytes.map(Double.init),
      assumed: PlacementAssumptions.requestBytes)
    answerBytes = Figure(
      measured: measured.answerBytes, manifest: expected.answerBytes.map(Double.init),
      assumed: PlacementAssumptions.answerBytes)
    if !measuredServices.isEmpty, measured.serviceMilliseconds == nil {
      serviceMilliseconds = Figure(service(atSpeed: 1), .measured)
    }
  }
}
