// How bytes of answers get to the transport: collected while input is parsed, in as few writes as possible.

extension HTTPConnection {
  func sendContinue() {
    owesContinue = false
    write { out in
      core.writer.append(&out, "HTTP/1.1 100 Continue\r\n\r\n")
    }
  }

  /// Sends what was collected for this connection.
  func flushCork() {
    guard core.corked === self else { return }
    if !core.out.isEmpty {
      let out = core.out
      handedBytes += UInt64(out.count)
      transport?.write(out)
    }
    core.out.removeAll(keepingCapacity: true)
    countUnsent()
    if !isPumping { core.uncork() }
  }

  /// Writes a piece put together by `head`, and `body` behind it, in one system call or together with other answers.
  func write(body: [UInt8] = [], _ head: (inout [UInt8]) -> Void) {
    guard let transport else { return }
    if core.corked === self {
      head(&core.out)
      if body.count <= 8192 {
        core.out.append(contentsOf: body)
      } else {
        let out = core.out
        handedBytes += UInt64(out.count + body.count)
        transport.write(head: out, body: body)
        core.out.removeAll(keepingCapacity: true)
        countUnsent()
      }
    } else {
      core.loose.removeAll(keepingCapacity: true)
      head(&core.loose)
      let out = core.loose
      handedBytes += UInt64(out.count + body.count)
      if body.isEmpty { transport.write(out) } else { transport.write(head: out, body: body) }
      countUnsent()
    }
  }

  /// Tells the core what is unsent after a write. May abort this or another connection.
  private func countUnsent() {
    let change = unsentBytes - countedUnsent
    guard change != 0 else { return }
    countedUnsent += change
    core.unsent(change)
  }

  /// Tells the core what the kernel has taken since; aborts nothing.
  func recountUnsent() {
    let change = unsentBytes - countedUnsent
    guard change != 0 else { return }
    countedUnsent += change
    core.unsentCorrected(by: change)
  }
}
