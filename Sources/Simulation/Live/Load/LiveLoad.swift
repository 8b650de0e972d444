// The load of a live run: calls that are made when they were planned, whatever became of those before.

import EventLoop
import HTTPClient
import MCP
import Placement

/// Sends the calls of all populations and keeps what became of them. Confined to its loop's thread.
///
/// Arrivals are open: a call is sent at its planned time whether or not earlier ones were answered, and its latency is
/// counted from that time, so that a queue anywhere on the way shows, the sender's own included.
final class LiveLoad {
  private let loop: EventLoop
  private let links: LinkPool
  private let alarms: Alarms
  private let clients: [LiveClients]
  private let tools: [LiveTool]
  private let siteNames: [String]
  private let timeoutNanoseconds: UInt64
  private(set) var records = CallRecords()
  /// Calls that are under way.
  private(set) var open = 0
  private var start: UInt64 = 0
  private var lengthNanoseconds: UInt64 = 0
  private var planning = 0
  private var onQuiet: [CheckedContinuation<Void, Never>] = []
  private var isOver = false
  private var prober: LoopTimer?

  /// - parameter siteNames: of the topology, by their places.
  init(
    clients: [LiveClients], tools: [LiveTool], siteNames: [String], timeoutMilliseconds: Int, links: LinkPool,
    alarms: Alarms
  ) {
    loop = alarms.loop
    self.clients = clients
    self.tools = tools
    self.siteNames = siteNames
    timeoutNanoseconds = UInt64(timeoutMilliseconds) * 1_000_000
    self.links = links
    self.alarms = alarms
  }

  /// Nanoseconds since the run began.
  var elapsed: UInt64 { start == 0 ? 0 : loop.now - start }

  /// Makes calls for so long, from `start` on, and returns when all have ended.
  func run(milliseconds: Int, from start: UInt64) async {
    self.start = start
    lengthNanoseconds = UInt64(milliseconds) * 1_000_000
    planning = clients.count
    for index in clients.indices { plan(clients[index]) }
    prober = loop.timer(
      afterMilliseconds: HealthRules.probeMilliseconds, repeatMilliseconds: HealthRules.probeMilliseconds
    ) { [weak self] in self?.probe() }
    await quiet()
    prober?.cancel()
    isOver = true
  }

  /// No further call is planned; those under way end.
  func stopPlanning() { lengthNanoseconds = 0 }

  // MARK: Planning

  private func plan(_ clients: LiveClients) {
    let arrival = clients.arrivals.next()
    guard arrival.nanoseconds < lengthNanoseconds else {
      planning -= 1
      return tellIfQuiet()
    }
    alarms.at(start + arrival.nanoseconds) { [self] in
      guard arrival.nanoseconds < lengthNanoseconds else {
        planning -= 1
        return tellIfQuiet()
      }
      begin(arrival, clients)
      plan(clients)
    }
  }

  private func begin(_ arrival: Arrival, _ clients: LiveClients) {
    records.sent += 1
    open += 1
    loop.spawn { [box = Confined((self, clients))] in
      let (load, clients) = box.value
      await load.call(arrival, clients)
    }
  }

  private func quiet() async {
    guard planning > 0 || open > 0 else { return }
    await withCheckedContinuation { onQuiet.append($0) }
  }

  private func tellIfQuiet() {
    guard planning == 0, open == 0 else { return }
    let waiting = onQuiet
    onQuiet = []
    for waiter in waiting { waiter.resume() }
  }

  // MARK: One call

  private func call(_ arrival: Arrival, _ clients: LiveClients) async {
    let tool = tools[arrival.tool]
    let operation = tool.takesOperation ? clients.operation() : nil
    let turn = tool.hasSession ? clients.turn(tool) : nil
    let message = tool.request(operation: operation, session: turn?.handle)
    let deadline = start + arrival.nanoseconds + timeoutNanoseconds
    let (reply, entry) = await send(message, arrival.tool, clients, deadline: deadline)
    var end = CallRecord.End.toolError
    switch reply {
    case .ok(let session):
      end = .ok
      if let turn { clients.answered(turn, tool, handle: session) }
      if tool.isChecked, let operation { records.acknowledged.append(operation) }
    case .toolError(_, let isSessionRefused):
      if let turn, isSessionRefused { clients.leave(turn, tool) }
    case .misdirected: end = .failed(records.code("misdirected"))
    case .failed(let code): end = .failed(records.code(code))
    }
    records.append(
      CallRecord(
        planned: arrival.nanoseconds, ended: max(loop.now - start, arrival.nanoseconds), tool: UInt16(arrival.tool),
        population: UInt16(clients.population), entry: UInt16(entry), end: end))
    open -= 1
    tellIfQuiet()
  }

  /// Offers a call to the sites of its route, as a node offers a forward.
  private func send(
    _ message: ToolRequest, _ tool: Int, _ clients: LiveClients, deadline: UInt64
  ) async -> (CallReply, entry: Int) {
    var walk = RouteWalk(clients.route(tool: tool), isRepeatable: tools[tool].isRepeatable)
    var reply = CallReply.failed(code: RouteWalk.End.noSite.rawValue)
    var entry = clients.accesses[0].site
    var directions = 0
    while let site = walk.next(isUp: clients.isUp) {
      guard let target = clients.target(of: site) else { break }
      entry = site
      let request: LinkRequest
      do throws(LinkError) {
        request = LinkRequest(
          path: "/mcp", fields: try LinkFields(message.headers.map { (name: $0.0, value: $0.1) }), body: message.body,
          deadline: deadline)
      } catch {
        return (.failed(code: error.code.rawValue), entry)
      }
      switch await links.answer(to: request, from: target) {
      case .failure(let error):
        clients.failed(site, now: loop.now)
        walk.failed(mayHaveBegun: error.wasSent)
        reply = .failed(code: error.code.rawValue)
        if error.code == .timedOut || error.code == .busy { return (reply, entry) }
      case .success(let answer):
        clients.answered(site, isProbe: false, now: loop.now)
        reply = CallReply(answer)
        guard case .misdirected(let names) = reply, directions == 0 else { return (reply, entry) }
        directions += 1
        let sites = names.compactMap { name in siteNames.firstIndex(of: name) }
        guard clients.direct(tool: tool, to: sites) else { return (reply, entry) }
        walk = RouteWalk(clients.route(tool: tool), isRepeatable: tools[tool].isRepeatable)
      }
    }
    return (reply, entry)
  }

  // MARK: Probes

  /// Asks the sites that did not answer whether they are back.
  private func probe() {
    for clients in clients {
      for site in clients.down {
        loop.spawn { [box = Confined((self, clients))] in
          let (load, clients) = box.value
          await load.probe(site, of: clients)
        }
      }
    }
  }

  private func probe(_ site: Int, of clients: LiveClients) async {
    guard let target = clients.target(of: site) else { return }
    let deadline = loop.now + HealthRules.probeTimeoutMilliseconds * 1_000_000
    let request = LinkRequest(method: "GET", path: "/health/live", deadline: deadline)
    let answer = await links.answer(to: request, from: target)
    if case .success = answer {
      clients.answered(site, isProbe: true, now: loop.now)
    } else {
      clients.failed(site, now: loop.now)
    }
  }
}

/// What never leaves its loop, in a closure that must be sendable.
struct Confined<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
