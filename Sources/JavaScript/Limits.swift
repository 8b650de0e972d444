// Every number that bounds this module, with its unit.

enum JavaScriptLimits {
  /// A page of linear memory, in bytes.
  static let pageBytes = 65_536
  /// Processor time for the engine's own start in an evaluation, over `limits.cpu_ms`: an author with a cap of 1 ms a
  /// call has it for the module.
  static let engineStartMilliseconds = 20
  /// Positions that a source map may hold: a bundle of 16 MiB has fewer.
  static let mappingsMax = 4_000_000
  /// Lines of the bundled file that a source map may speak of.
  static let linesMax = 1_000_000
  /// Source files that a source map may name, and the length of a name in bytes: a path's (limits.h).
  static let sourcesMax = 100_000
  static let sourceNameBytesMax = 4_096
  /// Bytes of a text past which no further positions are put in: a short line may hold very many.
  static let mappedTextBytesMax = 64 << 10
  /// Schemas within one schema that become types, references followed; the rest is `unknown`.
  static let typedSchemasMax = 2_000
  /// Types within one another that are written out; deeper ones are `unknown`.
  static let typeDepthMax = 16
}
