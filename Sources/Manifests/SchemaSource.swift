// A tool's schema: the author's bytes, and the file they came from, for errors.

/// Gives the bytes of a schema file by the path the manifest names; throws with the reason where it cannot.
public struct SchemaFiles: Sendable {
  let read: @Sendable (String) throws(FileError) -> [UInt8]

  public init(_ read: @escaping @Sendable (String) throws(FileError) -> [UInt8]) { self.read = read }

  /// For manifests whose schemas are all inline: every file is missing.
  public static let none = SchemaFiles { path throws(FileError) in throw FileError(path: path, reason: "no such file") }

  /// Files under `folder`; a link that leads out of it is refused.
  public static func folder(_ folder: String) -> SchemaFiles {
    SchemaFiles { path throws(FileError) in try Files.read(path, inside: folder, atMost: Bounds.schemaFileBytes) }
  }
}

/// A JSON Schema as its author wrote it.
public struct SchemaSource: Sendable, Equatable {
  /// UTF-8 JSON, an object, no key twice, at most 64 deep. These bytes go to clients as they are.
  public let bytes: [UInt8]
  /// The schema's file, or nil where it stands in the manifest.
  public let file: String?

  public init(bytes: [UInt8], file: String? = nil) {
    self.bytes = bytes
    self.file = file
  }

  /// What MCP (2026-07-28, server/tools, "Tool") recommends for a tool that takes nothing.
  public static let noArguments = SchemaSource(bytes: Array(#"{"type":"object","additionalProperties":false}"#.utf8))

  init(
    _ given: CheckedTable.SchemaText, tool: String, key: String, manifest: String, files: SchemaFiles
  ) throws(ManifestError) {
    switch given {
    case .inline(let bytes, let line):
      if let (_, wrong) = Self.problem(in: bytes, mustTakeObject: key == "input") {
        throw ManifestError(.badSchema, file: manifest, line: line, message: "`\(key)` of tool `\(tool)` \(wrong)")
      }
      self.init(bytes: bytes)
    case .file(let path, let line):
      let bytes: [UInt8]
      do throws(FileError) {
        bytes = try files.read(path)
      } catch {
        throw ManifestError(
          .unreadable, file: manifest, line: line,
          message:
            """
            `\(key)` of tool `\(tool)` names \(Words.quoted(path)): \(error.reason); write the path of a JSON Schema \
            in the worker's folder
            """
        )
      }
      if let (line, wrong) = Self.problem(in: bytes, mustTakeObject: key == "input") {
        throw ManifestError(.badSchema, file: path, line: line, message: "`\(key)` of tool `\(tool)` \(wrong)")
      }
      self.init(bytes: bytes, file: path)
    }
  }
}
