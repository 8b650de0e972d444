// Where the messages of one listing come in.
internal import CNATS

/// A subscription to a subject of its own. Ends when it is dropped.
final class NATSInbox {
  let subject: String
  let subscription: OpaquePointer
  private let link: NATSLink

  init(_ nats: cnats_functions, _ link: NATSLink?) throws(NATSFault) {
    guard let link else { throw NATSFault(.other, "there is no connection to it", isRefusal: true) }
    var name: UnsafeMutablePointer<natsInbox>?
    guard nats.natsInbox_Create(&name) == NATS_OK, let name else {
      throw NATSFault(.other, "out of memory", isRefusal: true)
    }
    defer { nats.natsInbox_Destroy(name) }
    subject = String(cString: name)
    self.link = link
    subscription = try link.subscribe(to: name)
  }

  deinit { link.retire(subscription) }
}
