// The operations of the port over JetStream: a version is the sequence number of the message that holds the value.
internal import Synchronization

extension NATSSession {
  func perform(_ submission: NATSSubmission) -> KeyValueResult {
    do throws(NATSFault) {
      return try attempt(submission)
    } catch {
      if error.kind == .noBucket { forgetBucket() }
      let wasSent = submission.wasSent.load(ordering: .relaxed)
      return .failure(error.error(address.place, wasSent: wasSent))
    }
  }

  private func attempt(_ submission: NATSSubmission) throws(NATSFault) -> KeyValueResult {
    let (namespace, deadline) = (submission.operation.namespace, submission.deadline)
    try prepare(until: deadline)
    switch submission.operation.body {
    case .get(let key):
      guard let found = try last(subject(namespace, key), until: deadline) else { return .success(.entry(nil)) }
      switch found.record {
      case .foreign: return .failure(corrupt)
      case .marker: return .success(.entry(nil))
      case .value(let expires):
        if found.record.isExpired(at: clock()) { return .success(.entry(nil)) }
        return .success(.entry(KeyValueEntry(value: found.value, version: found.sequence, expires: expires)))
      }
    case .put(let key, let value, let timeToLive, let condition):
      let expires = timeToLive.map { clock() &+ $0 }
      return try put(subject(namespace, key), value, expires: expires, condition, submission)
    case .delete(let key, let condition):
      return try delete(subject(namespace, key), condition, submission)
    case .list(let prefix, let cursor, let limit):
      return try page(namespace, prefix: prefix, after: cursor, limit: limit, until: deadline)
    }
  }

  private var corrupt: KeyValueError {
    KeyValueError(
      .corrupt, "what the bucket \(address.bucket) in NATS at \(address.place) holds there was not written by a node: "
        + "look who else writes to it, or give nodes a bucket of their own")
  }

  /// nil where the last message was another one.
  private func publish(
    _ subject: String, _ value: [UInt8]?, expires: UInt64?, over found: Found?, _ submission: NATSSubmission
  ) throws(NATSFault) -> UInt64? {
    do throws(NATSFault) {
      let expecting: Expectation = found.map { .sequence($0.sequence) } ?? .nothing
      return try publish(subject, value, expires: expires, expecting: expecting, submission)
    } catch {
      guard error.kind == .mismatch else { throw error }
      return nil
    }
  }

  private func put(
    _ subject: String, _ value: [UInt8], expires: UInt64?, _ condition: KeyValueCondition,
    _ submission: NATSSubmission
  ) throws(NATSFault) -> KeyValueResult {
    switch condition {
    case .none:
      let version = try publish(subject, value, expires: expires, expecting: .anything, submission)
      return .success(.written(version: version))
    case .version(let version):
      // What has expired has its old version still, so it is looked at first.
      guard let found = try last(subject, until: submission.deadline) else { return .failure(.conflict) }
      if found.record == .foreign { return .failure(corrupt) }
      guard found.sequence == version, found.isLive(at: clock()),
        let written = try publish(subject, value, expires: expires, over: found, submission)
      else { return .failure(.conflict) }
      return .success(.written(version: written))
    case .absent:
      // Most keys that are to be absent never were there; else what is there is a marker, expired, or a value.
      var found: Found?
      for _ in 0..<NATSLimits.attempts {
        if let written = try publish(subject, value, expires: expires, over: found, submission) {
          return .success(.written(version: written))
        }
        found = try last(subject, until: submission.deadline)
        if found?.record == .foreign { return .failure(corrupt) }
        if let found, found.isLive(at: clock()) { return .failure(.conflict) }
      }
      return .failure(.conflict)
    }
  }

  private func delete(
    _ subject: String, _ condition: KeyValueCondition, _ submission: NATSSubmission
  ) throws(NATSFault) -> KeyValueResult {
    for _ in 0..<NATSLimits.attempts {
      guard let found = try last(subject, until: submission.deadline), found.record != .marker,
        !found.record.isExpired(at: clock())
      else {
        if case .version = condition { return .failure(.conflict) }
        return .success(.deleted(false))
      }
      if found.record == .foreign { return .failure(corrupt) }
      switch condition {
      case .none: break
      case .absent: return .failure(.conflict)
      case .version(let version): if found.sequence != version { return .failure(.conflict) }
      }
      if try publish(subject, nil, expires: nil, over: found, submission) != nil { return .success(.deleted(true)) }
    }
    throw NATSFault(.other, "the key is being written all the time; try again", isRefusal: true)
  }
}
