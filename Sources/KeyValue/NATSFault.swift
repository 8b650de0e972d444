// What went wrong in a call of cnats, and what that is to the port.
internal import CNATS

struct NATSFault: Error {
  enum Kind {
    /// Nobody answered; it may come late.
    case timeout
    /// The last message is not the expected one.
    case mismatch
    case full
    /// No bucket, or nobody who has it.
    case noBucket
    case other
  }

  var kind: Kind
  var words: String
  /// Is it certain that a write was not done?
  var isRefusal = false

  init(_ kind: Kind, _ words: String, isRefusal: Bool = false) {
    self.kind = kind
    self.words = words
    self.isRefusal = isRefusal
  }

  /// From a call that just failed on this thread.
  init(_ nats: cnats_functions, _ status: natsStatus, _ code: jsErrCode) {
    let said = nats.nats_GetLastError(nil).map { String(cString: $0) } ?? ""
    let words = said.isEmpty ? nats.natsStatus_GetText(status).map { String(cString: $0) } ?? "" : said
    // The numbers are JetStream's own, in cnats' status.h.
    switch (status, code) {
    case (_, JSStreamWrongLastSequenceErr): kind = .mismatch
    case (_, JSAccountResourcesExceededErr), (_, JSInsufficientResourcesErr), (_, JSMemoryResourcesExceededErr),
      (_, JSStorageResourcesExceededErr), (_, JSStreamStoreFailedErr):
      kind = .full
    case (_, JSStreamNotFoundErr), (NATS_NO_RESPONDERS, _): kind = .noBucket
    case (NATS_TIMEOUT, _): kind = .timeout
    default: kind = .other
    }
    isRefusal = code.rawValue != 0 || status == NATS_NO_RESPONDERS || status == NATS_MAX_PAYLOAD
    self.words = status == NATS_NO_RESPONDERS ? "no JetStream answers there, or none that has the bucket" : words
  }

  func error(_ place: String, wasSent: Bool) -> KeyValueError {
    let quoted = words.prefix(240)
    switch kind {
    case .mismatch: return .conflict
    case .full:
      return KeyValueError(
        .full, "NATS at \(place) has no room left: raise the limits of the bucket or of JetStream (\(quoted))")
    case .timeout:
      return KeyValueError(
        .unavailable, "NATS at \(place) is not available: it did not answer in time", mayHaveHappened: wasSent)
    case .noBucket, .other:
      return KeyValueError(
        .unavailable, "NATS at \(place) is not available: \(quoted)", mayHaveHappened: wasSent && !isRefusal)
    }
  }
}
