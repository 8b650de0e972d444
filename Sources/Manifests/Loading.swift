// From files to typed configuration.

extension Manifest {
  /// Reads `atoll.toml` in `folder`, and the schemas it names.
  public static func load(folder: String) throws(ManifestError) -> Manifest {
    let path = folder + "/" + fileName
    return try parse(text(of: path), file: path, schema: .folder(folder))
  }

  /// The manifest's text in `folder`, as its author wrote it.
  public static func text(folder: String) throws(ManifestError) -> String { try text(of: folder + "/" + fileName) }

  private static func text(of path: String) throws(ManifestError) -> String {
    try configurationText(path, missing: "there is none here; write one, or let `atoll new` write it")
  }
}

extension NodeConfiguration {
  /// Reads a `node.toml`.
  public static func load(_ path: String) throws(ManifestError) -> NodeConfiguration {
    try parse(
      configurationText(path, missing: "there is no such file; write one, or give `atoll serve` its workers by name"),
      file: path)
  }
}

func configurationText(_ path: String, missing: String) throws(ManifestError) -> String {
  let bytes: [UInt8]
  do throws(FileError) {
    bytes = try Files.read(path, atMost: Bounds.fileBytes)
  } catch {
    let message = error.reason == Files.noSuchFile ? missing : "cannot be read: \(error.reason)"
    throw ManifestError(.unreadable, file: path, message: message)
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw ManifestError(.unreadable, file: path, message: "is not UTF-8; save it as UTF-8 text")
  }
  return text
}
