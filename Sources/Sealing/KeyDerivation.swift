// HKDF with SHA-256 (RFC 5869): a key for each purpose, so that what is sealed for one cannot be opened for another.
internal import CCrypto

enum KeyDerivation {
  /// RFC 5869, 2.2. An empty salt is 32 zero bytes.
  static func extract(_ key: [UInt8], salt: [UInt8] = []) -> [UInt8] {
    authenticationCode(of: key, key: salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt)
  }

  /// RFC 5869, 2.3, for at most 255 blocks.
  static func expand(_ key: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    var output: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 1
    while output.count < count {
      block = authenticationCode(of: block + info + [number], key: key)
      output += block
      number += 1
    }
    return Array(output.prefix(count))
  }

  private static func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { target, count in
      let status = ccrypto_hmac_sha256(key, key.count, bytes, bytes.count, target.baseAddress)
      precondition(status == 1, "libcrypto has no HMAC with SHA-256")
      count = 32
    }
  }
}

/// The kernel's generator.
public enum Entropy {
  /// Bytes that nobody can guess. Never fails: a kernel without randomness ends the process.
  public static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      ccrypto_random(target.baseAddress, count)
      initialized = count
    }
  }
}
