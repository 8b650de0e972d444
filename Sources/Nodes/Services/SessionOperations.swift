// `atoll:session`: what a guest does with the session of its call.

import JSON
import KeyValue

/// One operation of a guest on its session.
enum SessionOperation {
  case get
  case put(data: [UInt8], KeyValueCondition)
  case delete

  init(_ request: OperationRequest, pool: JSONPool) throws(OperationProblem) {
    let (name, isAbsent, version) = try request.readHead(pool) { root throws(OperationProblem) in
      var name = ""
      var isAbsent = false
      var version: String?
      var members = root.members
      while let member = members.next() {
        if member.keyEquals("op") {
          name = try member.text()
        } else if member.keyEquals("if") {
          guard try member.text() == "absent" else { throw OperationProblem("bad_request", "`if` may be absent only") }
          isAbsent = true
        } else if member.keyEquals("if_version") {
          version = try member.text()
        } else {
          throw member.unknown("session")
        }
      }
      return (name, isAbsent, version)
    }
    let condition = try Versions.condition(isAbsent: isAbsent, version: version, mayBeAbsent: true)
    switch name {
    case "put": self = .put(data: request.body, condition)
    case "get" where condition == .none: self = .get
    case "delete" where condition == .none: self = .delete
    case "get", "delete": throw OperationProblem("bad_request", "only `put` takes a condition")
    default: throw OperationProblem("bad_request", "`op` must be get, put or delete")
    }
  }
}
