// The names in a topology: each once, and each that is referred to there.

/// What the tables of one file are called, by kind.
struct TopologyNames {
  let reader: ShapeReader
  private var known: [String: [String]] = [:]

  init(reader: ShapeReader) { self.reader = reader }

  mutating func take(_ tables: [CheckedTable], as kind: String) throws(ManifestError) {
    var names: [String] = []
    for table in tables {
      let name = table.text("name") ?? ""
      if let first = names.firstIndex(of: name) {
        let line = tables[first].line.map { " (first on line \($0))" } ?? ""
        throw reader.error(
          .duplicate, at: table.path + [.key("name")],
          "two \(kind == "dependency" ? "dependencies" : kind + "s") are called `\(name)`\(line); give one of them another name"
        )
      }
      names.append(name)
    }
    known[kind] = names
  }

  /// The place of what `key` names.
  func place(_ table: CheckedTable, _ key: String, among kind: String) throws(ManifestError) -> Int {
    try place(of: table.text(key) ?? "", among: kind, at: table.path + [.key(key)])
  }

  func site(_ table: CheckedTable, _ key: String) throws(ManifestError) -> Int {
    try place(table, key, among: "site")
  }

  private func place(of name: String, among kind: String, at path: [PathStep]) throws(ManifestError) -> Int {
    let names = known[kind] ?? []
    if let place = names.firstIndex(of: name) { return place }
    let meant =
      Spelling.nearest(to: name, among: names).map { "; did you mean `\($0)`?" }
      ?? (names.isEmpty
        ? "; there is none" : "; there are \(names.prefix(12).joined(separator: ", "))\(names.count > 12 ? ", …" : "")")
    throw reader.error(.badValue, at: path, "there is no \(kind) `\(name)`\(meant)")
  }

  func links(_ tables: [CheckedTable]) throws(ManifestError) -> [TopologyFile.Link] {
    var links: [TopologyFile.Link] = []
    for table in tables {
      let path = table.path + [.key("between")]
      let names = table.texts("between") ?? []
      guard names.count == 2, names[0] != names[1] else {
        throw reader.error(
          .badValue, at: path, "a link is between two different sites; write between = [\"fra\", \"iad\"]")
      }
      let ends = (
        try place(of: names[0], among: "site", at: path + [.index(0)]),
        try place(of: names[1], among: "site", at: path + [.index(1)])
      )
      if links.contains(where: { $0.ends == ends || $0.ends == (ends.1, ends.0) }) {
        throw reader.error(
          .duplicate, at: path, "the link between `\(names[0])` and `\(names[1])` stands here twice; remove one")
      }
      links.append(
        TopologyFile.Link(
          ends: ends, roundTripMilliseconds: table.number("rtt_ms") ?? 0, jitterMilliseconds: table.number("jitter_ms"),
          loss: table.number("loss"), megabitsPerSecond: table.number("bandwidth_mbps")))
    }
    return links
  }

  /// Where links are only those that are given, they must lead from each site to each.
  func checkIslands(_ tables: [CheckedTable], _ topology: TopologyFile) throws(ManifestError) {
    var neighbours = [[Int]](repeating: [], count: topology.sites.count)
    for link in topology.links {
      neighbours[link.ends.0].append(link.ends.1)
      neighbours[link.ends.1].append(link.ends.0)
    }
    var reached: Set<Int> = [0]
    var edge = [0]
    while let site = edge.popLast() {
      for next in neighbours[site] where reached.insert(next).inserted { edge.append(next) }
    }
    guard let lost = topology.sites.indices.first(where: { !reached.contains($0) }) else { return }
    let more = topology.sites.count - reached.count - 1
    let (from, to) = (topology.sites[0].name, topology.sites[lost].name)
    throw reader.error(
      .badValue, at: tables[lost].path,
      "there is no way from `\(from)` to `\(to)`\(more > 0 ? " and \(more) more" : ""), since `paths.derive` is false and no link "
        + "leads there; add [[links]], or let links follow from coordinates with derive = true")
  }

  /// Each jurisdiction's state has one home, and that home stands in it.
  func checkStores(
    _ tables: [CheckedTable], _ stores: [TopologyFile.Store], _ sites: [TopologyFile.Site]
  ) throws(ManifestError) {
    for (index, store) in stores.enumerated() {
      let path = tables[index].path + [.key("keeps")]
      let others = stores[..<index]
      if tables[index].isWritten("keeps"), store.keeps.isEmpty {
        throw reader.error(
          .badValue, at: path,
          "store `\(store.name)` keeps the state of no jurisdiction; name one, or remove `keeps` for the state that is bound to none"
        )
      }
      if let other = others.first(where: { $0.keeps.isEmpty && store.keeps.isEmpty }) {
        throw reader.error(
          .duplicate, at: tables[index].path,
          "stores `\(other.name)` and `\(store.name)` both keep what is bound to no jurisdiction; write `keeps` in one of them"
        )
      }
      for jurisdiction in store.keeps {
        guard let other = others.first(where: { $0.keeps.contains(jurisdiction) }) else { continue }
        throw reader.error(
          .duplicate, at: path,
          "stores `\(other.name)` and `\(store.name)` both keep the state of `\(jurisdiction)`; remove it from one")
      }
      let home = sites[store.site]
      if !store.keeps.isEmpty, !store.keeps.contains(home.jurisdiction) {
        throw reader.error(
          .badValue, at: path,
          "store `\(store.name)` keeps the state of \(store.keeps.joined(separator: ", ")), and its site `\(home.name)` is "
            + "in `\(home.jurisdiction)`; move it, or add \"\(home.jurisdiction)\"")
      }
    }
  }

  func check(
    _ replica: TopologyFile.Replica, of store: TopologyFile.Store, _ sites: [TopologyFile.Site], at table: CheckedTable
  ) throws(ManifestError) {
    let home = sites[replica.site]
    guard store.keeps.isEmpty || store.keeps.contains(home.jurisdiction) else {
      throw reader.error(
        .badValue, at: table.path + [.key("site")],
        "a copy of store `\(store.name)` may not stand at `\(home.name)` in `\(home.jurisdiction)`: the store keeps the state of "
          + "\(store.keeps.joined(separator: ", ")) only; choose another site")
    }
    if replica.site == store.site || store.replicas.contains(where: { $0.site == replica.site }) {
      throw reader.error(
        .duplicate, at: table.path + [.key("site")],
        "store `\(store.name)` is at `\(home.name)` already; remove this replica")
    }
  }
}
