// Random numbers from a seed. One stream for each thing that draws, so that no draw depends on what others do.
internal import Glibc

/// xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64 as its authors advise. Never the system's numbers: two
/// runs of one seed draw the same. A draw costs about 1 ns.
struct RandomStream: Sendable, BitwiseCopyable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// The stream of a seed and of what it is for: two purposes of one seed give streams that know nothing of each other.
  init(seed: UInt64, purpose: UInt64, index: UInt64 = 0) {
    var mix = SplitMix64(seed: Hash.of(Hash.of(seed, purpose), index))
    self.init(state: (mix.next(), mix.next(), mix.next(), mix.next()))
  }

  /// Not all of it may be zero.
  init(state: (UInt64, UInt64, UInt64, UInt64)) { (a, b, c, d) = state }

  mutating func next() -> UInt64 {
    let result = Self.rotated(b &* 5, 7) &* 9
    let t = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = Self.rotated(d, 45)
    return result
  }

  private static func rotated(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }

  /// From 0, inclusive, to 1, exclusive.
  mutating func unit() -> Double { Self.unit(next()) }
  private static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

  /// From 0 to `bound`, exclusive. Lemire's multiplication, without his rejection: the bias is below 2⁻³² for what is
  /// counted here.
  mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// A time between two events of a Poisson process of this mean, in nanoseconds.
  mutating func exponential(mean nanoseconds: Double) -> UInt64 { UInt64(-log(1 - unit()) * nanoseconds) }
}

/// Numbers from numbers.
enum Hash {
  /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
  static func mixed(_ x: UInt64) -> UInt64 {
    var x = x
    x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
  }

  /// One number of two, each bit of both in each bit of it.
  static func of(_ a: UInt64, _ b: UInt64) -> UInt64 {
    mixed(mixed(a &+ 0x9E37_79B9_7F4A_7C15) ^ (b &* 0xD6E8_FEB8_6659_FD93 &+ 0x9E37_79B9_7F4A_7C15))
  }

  /// Of a name: FNV-1a, then mixed.
  static func of(_ text: String) -> UInt64 { of(bytes: text.utf8) }

  static func of(bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return mixed(hash)
  }
}

extension SplitMix64 {
  /// From 0 to `bound`, exclusive.
  mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
