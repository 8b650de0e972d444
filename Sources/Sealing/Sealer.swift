// Seals: values that travel through hands we do not trust, and come back unread and unchanged or not at all.
internal import CCrypto

/// Seals and opens values for one purpose, with AES-256-GCM. Thread-safe; a seal costs about 2 µs.
///
/// A sealed value is text, `A-Z a-z 0-9 - _`: format, the key's name, nonce, ciphertext and tag in base64url. Purpose and
/// audience are not in it and have to be given again: what is sealed for one session, worker or node says nothing to
/// another. Nonces are random; one ring may seal some 2³² values for a purpose before it should be changed (NIST SP
/// 800-38D, 8.3).
public struct Sealer: Sendable {
  private struct Key {
    /// Names the key in what it sealed, so that a ring of several tries only one.
    let name: [UInt8]
    let bytes: [UInt8]
  }

  private static let format: UInt8 = 1
  private static let nameBytes = 4
  private static let nonceBytes = 12
  private static let tagBytes = 16
  private static let headBytes = 1 + nameBytes + nonceBytes

  private let keys: [Key]

  /// Derives the purpose's keys: once, about 20 µs a key.
  public init(_ ring: KeyRing, purpose: String) {
    keys = ring.keys.map { key in
      let root = KeyDerivation.extract(key)
      return Key(
        name: KeyDerivation.expand(root, info: Array("atoll key name".utf8), count: Self.nameBytes),
        bytes: KeyDerivation.expand(root, info: Array("atoll seal: \(purpose)".utf8), count: 32))
    }
  }

  /// - Parameters:
  ///   - plain: at most `SealingLimits.plainBytesMax` bytes.
  ///   - audience: who may open it; any texts.
  public func seal(_ plain: [UInt8], audience: [String]) -> String {
    precondition(plain.count <= SealingLimits.plainBytesMax, "a seal carries \(SealingLimits.plainBytesMax) bytes")
    let nonce = Entropy.bytes(Self.nonceBytes)
    var sealed: [UInt8] = []
    sealed.reserveCapacity(Self.headBytes + plain.count + Self.tagBytes)
    sealed.append(Self.format)
    sealed += keys[0].name
    sealed += nonce
    let context = Self.context(sealed.prefix(1 + Self.nameBytes), audience)
    sealed += [UInt8](unsafeUninitializedCapacity: plain.count + Self.tagBytes) { target, count in
      let status = ccrypto_aes256gcm_seal(
        keys[0].bytes, nonce, context, context.count, plain, plain.count, target.baseAddress)
      precondition(status == 1, "libcrypto has no AES-256-GCM")
      count = plain.count + Self.tagBytes
    }
    return Base64URL.encoded(sealed)
  }

  /// What was sealed; nil for everything else, and nobody is told why.
  public func open(_ text: some Collection<UInt8>, audience: [String]) -> [UInt8]? {
    guard text.count <= SealingLimits.sealedBytesMax, let sealed = Base64URL.decoded(text),
      sealed.count >= Self.headBytes + Self.tagBytes, sealed[0] == Self.format
    else { return nil }
    let context = Self.context(sealed.prefix(1 + Self.nameBytes), audience)
    let bodyBytes = sealed.count - Self.headBytes
    for key in keys where key.name.elementsEqual(sealed[1...Self.nameBytes]) {
      var isOpen = false
      let plain = [UInt8](unsafeUninitializedCapacity: bodyBytes - Self.tagBytes + 1) { target, count in
        isOpen = sealed.withUnsafeBufferPointer { sealed in
          // The guard above has seen that there is a base.
          let start = sealed.baseAddress.unsafelyUnwrapped
          return ccrypto_aes256gcm_open(
            key.bytes, start + 1 + Self.nameBytes, context, context.count, start + Self.headBytes, bodyBytes,
            target.baseAddress) == 1
        }
        count = isOpen ? bodyBytes - Self.tagBytes : 0
      }
      if isOpen { return plain }
    }
    return nil
  }

  /// The head and the audience, each part with its length before it: no two audiences are the same bytes.
  private static func context(_ head: ArraySlice<UInt8>, _ audience: [String]) -> [UInt8] {
    var context = Array(head)
    for part in audience {
      withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { context += $0 }
      context += Array(part.utf8)
    }
    return context
  }
}
