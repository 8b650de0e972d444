// Every number that bounds this module, with its unit.

enum BundleLimits {
  /// A module, before and after its snapshot.
  static let moduleBytes = 64 << 20
  /// A whole bundle: module, manifest and schemas.
  static let bundleBytes = 128 << 20
  static let sections = 4_096
  /// Source files of one worker.
  static let sourceFiles = 1_000
  /// Folders inside one another that are searched for headers.
  static let folderDepth = 16
  static let sourceFileBytes = 16 << 20
  /// A JavaScript worker's source map, and the list of the files that it was made from.
  static let sourceMapBytes = 16 << 20
  static let fileListBytes = 4 << 20
  /// What is kept of a compiler's words; the rest is cut.
  static let compilerOutputBytes = 256 << 10
  /// Processor time that `_initialize` may take at build.
  static let initializeMilliseconds = 2_000
  /// A page of linear memory.
  static let pageBytes = 65_536
  /// The shadow stack of workers that `atoll build` links.
  static let stackBytes = 49_152
}
