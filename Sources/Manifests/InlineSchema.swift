// A schema written as a TOML table, as JSON bytes. Written once, at load: the same text always gives the same bytes,
// and keys keep the order the author gave them, since models read them in that order.
internal import JSON
internal import TOMLKit

struct InlineSchema {
  let file: String
  let locator: TOMLLocator
  private var json: [UInt8] = []

  init(file: String, locator: TOMLLocator) {
    self.file = file
    self.locator = locator
  }

  mutating func bytes(of table: TOMLTable, at path: [PathStep]) throws(ManifestError) -> [UInt8] {
    json = []
    try write(table, at: path, depth: 1)
    return json
  }

  private mutating func write(_ table: TOMLTable, at path: [PathStep], depth: Int) throws(ManifestError) {
    try checkDepth(depth, at: path)
    let keys = table.keys.sorted { order(path, $0) < order(path, $1) }
    json.append(UInt8(ascii: "{"))
    for (position, key) in keys.enumerated() {
      guard let value = table[key] else { continue }
      if position > 0 { json.append(UInt8(ascii: ",")) }
      JSONWriter.append(key, to: &json)
      json.append(UInt8(ascii: ":"))
      try write(value.tomlValue, at: path + [.key(key)], depth: depth)
    }
    json.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ value: TOMLValue, at path: [PathStep], depth: Int) throws(ManifestError) {
    switch value.type {
    case .table: if let table = value.table { try write(table, at: path, depth: depth + 1) }
    case .array:
      guard let array = value.array else { return }
      try checkDepth(depth + 1, at: path)
      json.append(UInt8(ascii: "["))
      for index in 0..<array.count {
        if index > 0 { json.append(UInt8(ascii: ",")) }
        try write(array[index].tomlValue, at: path + [.index(index)], depth: depth + 1)
      }
      json.append(UInt8(ascii: "]"))
    case .string: JSONWriter.append(value.string ?? "", to: &json)
    case .int: JSONWriter.append(value.int ?? 0, to: &json)
    case .bool: json.append(contentsOf: "\(value.bool ?? false)".utf8)
    case .double:
      guard let number = value.double, number.isFinite else {
        throw error(at: path, "JSON has no infinity and no NaN; write a finite number")
      }
      JSONWriter.append(number, to: &json)
    case .date, .time, .dateTime:
      throw error(at: path, "JSON has no dates; write it as a string in quotes")
    }
  }

  private func checkDepth(_ depth: Int, at path: [PathStep]) throws(ManifestError) {
    guard depth <= Bounds.schemaDepth else {
      throw error(at: path, "the schema is nested deeper than \(Bounds.schemaDepth); write it flatter, with `$defs`")
    }
  }

  private func error(at path: [PathStep], _ message: String) -> ManifestError {
    ManifestError(.badSchema, file: file, line: locator.line(of: path), message: message)
  }

  private func order(_ path: [PathStep], _ key: String) -> Int { locator.place(of: path + [.key(key)])?.order ?? .max }
}
