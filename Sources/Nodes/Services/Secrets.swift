// Secrets by name: where `{secret:NAME}` of a manifest comes from.

import HTTPClient
import Manifests

/// Looks secrets up, in the environment and then in a folder. Holds none.
public struct Secrets: Sendable {
  /// Bytes of a secret.
  static let bytesMax = 16 << 10
  /// Before a secret's name in the environment: a worker cannot name just any variable.
  public static let environmentPrefix = "ATOLL_SECRET_"

  private let environment: @Sendable (String) -> String?
  private let folder: String?

  public init(environment: @escaping @Sendable (String) -> String? = { _ in nil }, folder: String? = nil) {
    self.environment = environment
    self.folder = folder
  }

  /// The value of one, without the line break at the end of its file.
  /// - Throws: `configuration`, naming where it was looked for and never what was found.
  func value(_ name: String, for user: String) throws(NodeError) -> String {
    // Names have no character that leaves the folder; this does not rely on the manifest's reader.
    guard SecretText.isName(name) else { throw NodeError(.configuration, "\(user): `\(name)` is no name of a secret") }
    if let value = environment(Self.environmentPrefix + name) { return try checked(value, name, user) }
    guard let folder else {
      throw NodeError(
        .configuration, "\(user) needs the secret `\(name)`: set \(Self.environmentPrefix)\(name), or name a folder of "
          + "secrets with --secrets")
    }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(name, inside: folder, atMost: Self.bytesMax) } catch {
      throw NodeError(
        .configuration, "\(user) needs the secret `\(name)`, and \(folder)/\(name) cannot be read: \(error.reason); "
          + "write it there, or set \(Self.environmentPrefix)\(name)")
    }
    return try checked(String(decoding: bytes, as: UTF8.self), name, user)
  }

  private func checked(_ value: String, _ name: String, _ user: String) throws(NodeError) -> String {
    var bytes = Substring(value).utf8
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes = bytes.dropLast() }
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw NodeError(
        .configuration, "\(user): the secret `\(name)` is empty, or has a character that a header cannot have")
    }
    return String(Substring(bytes))
  }

  /// A text with its secrets filled in.
  func fill(_ text: SecretText, for user: String) throws(NodeError) -> String {
    var filled = ""
    for piece in text.pieces {
      switch piece {
      case .text(let text): filled += text
      case .secret(let name): filled += try value(name, for: user)
      }
    }
    return filled
  }
}
