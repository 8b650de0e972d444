// What the map shows: a mark for each site and population, or for a few that lie close together.

/// A mark on the map's plane.
struct MapMark {
  var x: Double
  var y: Double
  var tier: SiteRow.Tier
  /// The site with the most calls.
  var name: String
  /// All sites drawn by this mark.
  var sites: [SiteRow]
  var ran: UInt64
  var radius: Double = 0
  var isStruck = false
}

struct MapHalo {
  var x: Double
  var y: Double
  var name: String
  var count: Int
  var calls: UInt64
  var radius: Double = 0
}

enum MapMarks {
  /// Radii in units of the map: an area is a number of calls.
  private static let markRadii = 2.6...9.0
  private static let haloRadii = 3.0...20.0

  /// The busiest first. Past ``ReportLimits/markers``, sites of one tier in one cell are one mark.
  static func marks(_ sites: [SiteRow], struck: Set<String> = []) -> [MapMark] {
    let placed = sites.compactMap { site in
      MapProjection.point(latitude: site.latitude, longitude: site.longitude).map { (site: site, point: $0) }
    }
    var marks = grouped(placed, isGrouping: placed.count > ReportLimits.markers) {
      Cell($0.site.latitude, $0.site.longitude, $0.site.tier)
    }.map { members in
      // The first of the busiest: a tie must not depend on the sort.
      let busiest = members.dropFirst().reduce(members[0]) { $1.site.ran > $0.site.ran ? $1 : $0 }
      return MapMark(
        x: busiest.point.x, y: busiest.point.y, tier: busiest.site.tier, name: busiest.site.name,
        sites: members.map(\.site), ran: members.reduce(0) { $0 + $1.site.ran },
        isStruck: members.contains { struck.contains($0.site.name) || struck.contains($0.site.region) })
    }
    let most = marks.map(\.ran).max() ?? 0
    let crowding = marks.count > 60 ? 0.6 : 1
    for index in marks.indices { marks[index].radius = radius(marks[index].ran, of: most, in: markRadii) * crowding }
    return marks.sorted { ($0.ran, $1.name) > ($1.ran, $0.name) }
  }

  static func halos(_ populations: [PopulationRow]) -> [MapHalo] {
    let placed = populations.compactMap { population in
      MapProjection.point(latitude: population.latitude, longitude: population.longitude).map {
        (row: population, point: $0)
      }
    }
    var halos = grouped(placed, isGrouping: placed.count > ReportLimits.markers) {
      Cell($0.row.latitude, $0.row.longitude, .edge)
    }.map { members in
      let largest = members.dropFirst().reduce(members[0]) { $1.row.calls > $0.row.calls ? $1 : $0 }
      return MapHalo(
        x: largest.point.x, y: largest.point.y, name: largest.row.name, count: members.count,
        calls: members.reduce(0) { $0 + $1.row.calls })
    }
    let most = halos.map(\.calls).max() ?? 0
    for index in halos.indices { halos[index].radius = radius(halos[index].calls, of: most, in: haloRadii) }
    return halos.sorted { ($0.calls, $1.name) > ($1.calls, $0.name) }
  }

  private struct Cell: Hashable {
    let row: Int
    let column: Int
    let tier: SiteRow.Tier

    init(_ latitude: Double, _ longitude: Double, _ tier: SiteRow.Tier) {
      row = Int((latitude / ReportLimits.cellDegrees).rounded(.down))
      column = Int((longitude / ReportLimits.cellDegrees).rounded(.down))
      self.tier = tier
    }
  }

  /// Groups in the order of their first members.
  private static func grouped<Row>(_ rows: [Row], isGrouping: Bool, by cell: (Row) -> Cell) -> [[Row]] {
    guard isGrouping else { return rows.map { [$0] } }
    var groups: [[Row]] = []
    var places: [Cell: Int] = [:]
    for row in rows {
      let cell = cell(row)
      if let place = places[cell] {
        groups[place].append(row)
      } else {
        places[cell] = groups.count
        groups.append([row])
      }
    }
    return groups
  }

  private static func radius(_ calls: UInt64, of most: UInt64, in radii: ClosedRange<Double>) -> Double {
    guard most > 0 else { return radii.lowerBound }
    return max(radii.lowerBound, radii.upperBound * (Double(calls) / Double(most)).squareRoot())
  }
}
