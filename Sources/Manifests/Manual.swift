// The manual of a configuration file, from the same table that parses it.

/// The whole of docs/manifest.md.
public func configurationManual() -> String {
  """
  # What configuration files may say

  These tables are made from the ones that parse the files (`Sources/Manifests`), so they are complete: a key that is
  not here is refused, and every key here is enforced. Sizes are whole numbers with `B`, `KiB`, `MiB` or `GiB`, in
  quotes; times are whole numbers with `ms`, `s`, `m`, `h` or `d`, in quotes.

  A mistake is one line with file, line, what is wrong and what to write:

  ```
  atoll.toml:12: unknown key `limits.memry`; did you mean `memory`?
  ```

  \(Manifest.shape.manual(title: "`atoll.toml`"))
  A whole one:

  ```toml
  name = "weather"
  version = "1.2.0"
  description = "Forecasts from the national service"

  [source]
  language = "swift"
  entry = "worker.swift"

  [limits]
  memory = "4MiB"
  cpu_ms = 20

  [[tools]]
  name = "get_forecast"
  title = "Forecast"
  description = "Forecast for a city, by day"
  input = "schemas/get_forecast.json"
  output = { type = "object", properties = { days = { type = "array" } }, required = ["days"] }
  read_only = true
  ```

  \(NodeConfiguration.shape.manual(title: "`node.toml`"))
  \(TopologyFile.shape.manual(title: "`topology.toml`"))
  \(Scenario.shape.manual(title: "`scenario.toml`"))
  """
}

extension TableShape {
  /// Markdown: one section a table, one row a key. `docs/manifest.md` is made of it, and a test compares the two.
  public func manual(title: String) -> String {
    let out = "## \(title)\n\n\(doc)\n\n" + rows()
    return out + inner(below: "")
  }

  /// The tables in this one, each with those in it behind it; `prefix` is how their names begin.
  private func inner(below prefix: String) -> String {
    var out = ""
    for key in keys {
      let (heading, inner): (String, TableShape)
      switch key.kind {
      case .table(let table): (heading, inner) = ("[\(prefix)\(table.name)]", table)
      case .tables(let table, _): (heading, inner) = ("[[\(prefix)\(table.name)]]", table)
      default: continue
      }
      out += "\n### `\(heading)`\n\n\(inner.doc)\n\n" + inner.rows() + inner.inner(below: "\(prefix)\(inner.name).")
    }
    return out
  }

  private func rows() -> String {
    var out = "| key | takes | default | meaning |\n| --- | --- | --- | --- |\n"
    for key in keys {
      let takes: String
      switch key.kind {
      case .table: takes = "table, see below"
      case .tables: takes = "tables, see below"
      case .text(let maxBytes, _): takes = "string of at most \(maxBytes) bytes"
      case .choice(let words): takes = words.map { "`\"\($0)\"`" }.joined(separator: ", ")
      case .integer(let range): takes = "\(range.lowerBound) to \(range.upperBound)"
      case .number(let range): takes = "\(Words.number(range.lowerBound)) to \(Words.number(range.upperBound))"
      case .byteSize(let range):
        takes = "`\"\(ByteSize.format(range.lowerBound))\"` to `\"\(ByteSize.format(range.upperBound))\"`"
      case .duration(let range):
        takes = "`\"\(TimeSpan.format(range.lowerBound))\"` to `\"\(TimeSpan.format(range.upperBound))\"`"
      case .boolean: takes = "`true` or `false`"
      case .pairs: takes = "table of strings"
      case .texts: takes = "array of strings"
      case .schema: takes = "path of a JSON file, or an inline table"
      }
      out += "| `\(key.name)` | \(takes) | \(key.standardInWords) | \(key.doc) |\n"
    }
    return out
  }
}

extension KeyShape {
  var standardInWords: String {
    switch (standard, kind) {
    case (.text(let text)?, _): "`\"\(text)\"`"
    case (.integer(let number)?, .byteSize): "`\"\(ByteSize.format(number))\"`"
    case (.integer(let number)?, .duration): "`\"\(TimeSpan.format(number))\"`"
    case (.integer(let number)?, _): "`\(number)`"
    case (.number(let number)?, _): "`\(Words.number(number))`"
    case (.described(let words)?, _): words
    case (nil, .table(let shape)) where !isRequired && !shape.keys.contains { $0.isRequired }:
      "the defaults of its keys"
    case (nil, _): isRequired ? "must be written" : "none"
    }
  }
}
