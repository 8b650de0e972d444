// Who is asking: the caller whose token a request shows, or nobody in particular.

import HTTPServer
import Manifests
import Sandbox

/// Whom a call is made for; sessions are bound to it.
package struct Principal: Sendable, Hashable {
  /// A configured caller's name, or `anonymous`, which no caller can have.
  let name: String

  package static let anonymous = Principal(name: "anonymous")
}

/// The callers that a node knows, by the digests of their tokens: comparing those tells nobody how much of a guess was
/// right.
struct Callers: Sendable {
  private let principals: [[UInt8]: Principal]
  private let takesAnonymous: Bool

  init(_ configuration: NodeConfiguration, _ secrets: Secrets) throws(NodeError) {
    var principals: [[UInt8]: Principal] = [:]
    for caller in configuration.callers {
      let token = try secrets.fill(caller.token, for: "caller `\(caller.name)`")
      let digest = SHA256.digest(of: Array(token.utf8))
      if let other = principals[digest] {
        throw NodeError(
          .configuration, "callers `\(other.name)` and `\(caller.name)` have one token; give each its own")
      }
      principals[digest] = Principal(name: caller.name)
    }
    self.principals = principals
    takesAnonymous = configuration.anonymous
  }

  /// A node of this process alone: nobody has to say who they are.
  static let none = Callers()
  private init() { (principals, takesAnonymous) = ([:], true) }

  /// The principal of a request; nil for one that must not be answered: without a token where one is needed, with one
  /// that nobody has, or with two (RFC 6750, 2.1 and 3.1).
  func principal(of exchange: HTTPExchange) -> Principal? { principal(of: exchange.copies(of: "authorization")) }

  /// The same by the copies of its header `Authorization`.
  func principal(of copies: HTTPExchange.Copies) -> Principal? {
    switch copies {
    case .none: return takesAnonymous ? .anonymous : nil
    case .several: return nil
    case .one(let value):
      // Without callers no token means anything: what a proxy in front left there is not ours to judge.
      if principals.isEmpty { return takesAnonymous ? .anonymous : nil }
      let scheme = value.prefix { $0 != UInt8(ascii: " ") }
      guard scheme.map({ $0 | 0x20 }).elementsEqual("bearer".utf8) else { return nil }
      let token = value.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") }
      return principals[SHA256.digest(of: Array(token))]
    }
  }
}
