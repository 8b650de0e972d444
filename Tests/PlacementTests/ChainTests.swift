// Chains as a whole: against every way there is, and against planning step by step.
import Manifests
import Testing

@testable import Placement

@Suite(.timeLimit(.minutes(1))) struct ChainTests {
  /// Every way to give each step a site, by the sum that the model states; nothing of the planner's search is used.
  private func bruteForce(_ tools: [ToolProfile], _ population: Int, _ planner: Planner) throws -> Double {
    let topology = planner.topology
    let allowed = try tools.map { try planner.place($0).allowed }
    let entries = tools.map { planner.entry(of: population, for: $0) }
    var calls: [[Double]] = []
    for (index, tool) in tools.enumerated() {
      var asked = tool
      if index + 1 < tools.count { asked.answerBytes.value = PlacementAssumptions.referenceBytes }
      calls.append(
        allowed[index].map {
          planner.model.call(asked, population: population, entry: entries[index], site: $0)?.total ?? .infinity
        })
    }
    func move(_ step: Int, from: Int, to: Int) -> Double {
      if from == to { return 0 }
      let bytes = tools[step - 1].answerBytes.value
      let byClient = [
        topology.path(from: from, to: entries[step - 1]),
        topology.path(fromPopulation: population, to: entries[step - 1]),
        topology.path(fromPopulation: population, to: entries[step]), topology.path(from: entries[step], to: to),
      ].reduce(0) { $0 + bytes * 8 / ($1.megabitsPerSecond * 1_000) }
      if let bound = tools[step - 1].wish.jurisdictions, !bound.contains(topology.sites[to].jurisdiction) {
        return byClient
      }
      let path = topology.path(from: from, to: to)
      return min(byClient, path.expected(bytes: PlacementAssumptions.referenceBytes) + path.expected(bytes: bytes))
    }
    var best = Double.infinity
    func walk(_ step: Int, _ from: Int, _ sum: Double) {
      guard step < tools.count else {
        best = min(best, sum)
        return
      }
      for (place, site) in allowed[step].enumerated() {
        walk(step + 1, site, sum + calls[step][place] + (step == 0 ? 0 : move(step, from: from, to: site)))
      }
    }
    walk(0, 0, 0)
    return best
  }

  @Test func aChainIsAsCheapAsTheCheapestOfAllWays() throws {
    var (tried, better) = (0, 0)
    for seed in 0..<150 as Range<UInt64> {
      var random = Seeded(seed)
      // Up to eight steps; few enough sites that all ways can be tried.
      let steps = Int.random(in: 1...8, using: &random)
      let sites = steps > 6 ? 3 : steps > 4 ? 4 : 6
      let planner = Planner(try Topology(TopologyFile.parse(RandomWorld(&random, sites: sites).text)))
      let tools = try (0..<steps).map { try RandomWorld.tool(&random, name: "t\($0)") }
      guard tools.allSatisfy({ (try? planner.place($0)) != nil }) else {
        #expect(throws: PlacementError.self) { try planner.chain(tools, population: 0) }
        continue
      }
      let chain = try planner.chain(tools, population: 0)
      let best = try bruteForce(tools, 0, planner)
      #expect(abs(chain.total - best) < 1e-6 * max(1, best), "seed \(seed): \(chain.total), and there is \(best)")
      #expect(chain.total <= chain.stepByStepTotal * (1 + 1e-12))
      #expect(chain.steps.map(\.tool.name) == tools.map(\.name))
      tried += 1
      if chain.total < chain.stepByStepTotal - 1e-6 { better += 1 }
    }
    #expect(tried > 20 && better > 3, "\(better) of \(tried)")
  }

  /// 40 MB are read beside the database in Ashburn and summed up: by itself the sum is best near Berlin, and the 40 MB
  /// would have to go there.
  @Test func stepByStepIsWorseWhereDataMoves() throws {
    let planner = Planner(try Fixtures.topology())
    let read = try Fixtures.tool(
      "read_only = true\nexpect = { service_ms = 5, answer = \"40MiB\" }", "[placement]\nnear = \"orders-db\"",
      name: "read")
    let sum = try Fixtures.tool("read_only = true\nexpect = { service_ms = 5 }", name: "sum")
    #expect(try planner.place(sum).sites == [0])
    let chain = try planner.chain([read, sum], population: 0)
    #expect(chain.stepByStep.map(\.site) == [1, 0] && chain.steps.map(\.site) == [1, 1])
    #expect(chain.steps[1].moveMilliseconds == 0)
    // From site to site: a round trip of about 97 ms, and 336 ms for the bytes.
    #expect(abs(chain.stepByStep[1].moveMilliseconds - 432) < 5)
    #expect(chain.stepByStepTotal - chain.total > 300)
  }

  @Test func whatIsSmallTheClientHandsOn() throws {
    let planner = Planner(try Fixtures.topology())
    let read = try Fixtures.tool("read_only = true", "[placement]\nnear = \"orders-db\"", name: "read")
    let sum = try Fixtures.tool("read_only = true", name: "sum")
    let chain = try planner.chain([read, sum], population: 0)
    #expect(chain.steps.map(\.site) == [1, 0])
    #expect(
      abs(chain.steps[1].moveMilliseconds - 3 * 2_048 * 8 / 1e6) < 1e-9, "three ways at 1 Gbit/s, and no round trip")
  }

  @Test func whatIsBoundDoesNotGoFromSiteToSite() throws {
    let planner = Planner(try Fixtures.topology())
    let bound = try Fixtures.tool(
      "read_only = true\nexpect = { answer = \"40MiB\" }", "[placement]\njurisdictions = [\"eu\"]", name: "bound")
    let far = try Fixtures.tool("read_only = true", "[placement]\nnear = \"orders-db\"", name: "far")
    let chain = try planner.chain([bound, far], population: 0)
    let bytes = Double(40 << 20) * 8 / 1e6
    #expect(abs(chain.steps[1].moveMilliseconds - 3 * bytes) < 1e-6, "by the client, to whom it was answered")
  }

  @Test func oneStepIsACall() throws {
    let planner = Planner(try Fixtures.topology())
    let tool = try Fixtures.tool("", "[permissions]\nkv = [\"n\"]")
    let chain = try planner.chain([tool], population: 0)
    let alone = try #require(planner.place(tool).populations.first)
    #expect(chain.total == alone.cost.total && chain.steps.map(\.site) == [alone.site])
  }

  @Test func aChainHasOneToEightSteps() throws {
    let planner = Planner(try Fixtures.topology())
    let tool = try Fixtures.tool()
    #expect(throws: PlacementError.self) { try planner.chain([], population: 0) }
    #expect(try planner.chain(Array(repeating: tool, count: 8), population: 0).steps.count == 8)
    let error = #expect(throws: PlacementError.self) {
      try planner.chain(Array(repeating: tool, count: 9), population: 0)
    }
    #expect(error?.code == .chainTooLong && error?.message.contains("has 9 steps, and at most 8") == true)
  }
}
