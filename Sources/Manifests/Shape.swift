// What a configuration file may say, as data. Parsing, "did you mean" and the manual all read these tables, so none
// of them can know a key that the others do not.

/// One key: what it takes, what it means, what it is when absent.
public struct KeyShape: Sendable {
  /// What a key takes.
  public enum Kind: Sendable {
    /// A string that `check` accepts; it answers what is wrong with it, or nil.
    case text(maxBytes: Int, check: @Sendable (String) -> String?)
    /// One of a few words.
    case choice([String])
    case integer(ClosedRange<Int>)
    /// A number, with or without a point; a whole one may be written without.
    case number(ClosedRange<Double>)
    /// A size in quotes, such as "16MiB".
    case byteSize(ClosedRange<Int>)
    /// A time in quotes, such as "30m", in milliseconds.
    case duration(ClosedRange<Int>)
    case boolean
    /// A table whose keys are names of the author's; `check` looks at each name and value.
    case pairs(maxCount: Int, check: @Sendable (String, String) -> String?)
    /// An array of strings that `check` accepts.
    case texts(maxCount: Int, check: @Sendable (String) -> String?)
    /// A JSON Schema: a file's path, or an inline table.
    case schema
    indirect case table(TableShape)
    /// `[[name]]`, any number of times.
    indirect case tables(TableShape, maxCount: Int)
  }

  public let name: String
  public let kind: Kind
  public let isRequired: Bool
  /// What holds when the key is absent.
  public let standard: Standard?
  /// A value that may stand in a file, in TOML.
  public let example: String
  /// One sentence or two for the manual.
  public let doc: String

  public enum Standard: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    /// Said in words; the key is absent in what is parsed.
    case described(String)
  }

  init(
    _ name: String, _ kind: Kind, required: Bool = false, standard: Standard? = nil, example: String = "", doc: String
  ) {
    self.name = name
    self.kind = kind
    isRequired = required
    self.standard = standard
    self.example = example
    self.doc = doc
  }
}

/// The keys of a file, or of one of its tables.
public struct TableShape: Sendable {
  /// "" for the file itself.
  public let name: String
  public let doc: String
  public let keys: [KeyShape]
  /// Tables that are designed and not enforced yet, so that the refusal can say it.
  let later: [String]

  init(_ name: String, doc: String, keys: [KeyShape], later: [String] = []) {
    self.name = name
    self.doc = doc
    self.keys = keys
    self.later = later
  }

  subscript(name: String) -> KeyShape? { keys.first { $0.name == name } }
}
