// The clocks of a connection: nothing is armed per request, deadlines are numbers that each sweep looks at.

/// What a connection's read deadline is about.
enum DeadlineKind {
  /// A call runs, or the next request is held back: the client is not the one who is late.
  case none
  /// No byte yet since the accept.
  case fresh
  /// Between two requests.
  case idle
  /// Idle or fresh while the server drains.
  case quiet
  case head
  case body
  /// The last answer is sent, the client's end is awaited.
  case linger
}

extension HTTPConnection {
  /// Sets the deadline that fits what is being waited for; called when input was used up or an answer completed.
  func updateDeadline() {
    guard phase == .open else { return }
    let kind = currentKind
    if kind == deadlineKind, parser.messageNumber == deadlineMessage { return }
    deadlineKind = kind
    deadlineMessage = parser.messageNumber
    let limits = core.limits
    switch kind {
    case .none: readDeadline = .max
    case .fresh, .head: readDeadline = core.deadline(after: limits.headTimeoutMilliseconds)
    case .idle: readDeadline = core.deadline(after: limits.idleTimeoutMilliseconds)
    case .quiet: readDeadline = core.deadline(after: limits.drainQuietMilliseconds)
    case .body:
      readDeadline = core.deadline(after: limits.bodyTimeoutMilliseconds)
      pauseDeadline = core.deadline(after: limits.bodyPauseMilliseconds)
      bodyMark = parser.bodyCount
    case .linger: break
    }
  }

  private var currentKind: DeadlineKind {
    if stopsParsing { return .none }
    switch parser.phase {
    case .head: return hasHeldBytes ? .none : .head
    case .body: return hasHeldBytes ? .none : .body
    case .between:
      if !isQuiet { return .none }
      return core.isDraining ? .quiet : served == 0 ? .fresh : .idle
    }
  }

  /// The output is ended; from now on the client has a moment to read it.
  func lingerBegan() {
    deadlineKind = .linger
    readDeadline = core.deadline(after: core.limits.lingerMilliseconds)
  }

  /// The server drains: a connection with nothing under way is kept only for a moment. Its client may be about to
  /// send, or its first bytes may still lie in the socket.
  func drainBegan() {
    updateDeadline()
  }

  /// Called at each sweep.
  func checkDeadlines() {
    guard phase != .closed else { return }
    let unsent = unsentBytes
    recountUnsent()
    if unsent > 0 {
      checkProgress(unsent: unsent)
      if phase == .closed { return }
    } else {
      sentMark = .max
      // All is sent: the time to read the last answer begins.
      if deadlineKind == .linger, readDeadline == .max { lingerBegan() }
    }
    if deadlineKind == .body { checkBodyPause() }
    guard core.clock >= readDeadline else { return }
    let limits = core.limits
    switch deadlineKind {
    case .none: break
    case .head: fail(.headTimeout(limits.headTimeoutMilliseconds))
    case .body: fail(.bodyTimeout(limits.bodyTimeoutMilliseconds))
    case .fresh, .idle, .quiet: linger()
    case .linger: abort()
    }
  }

  /// A client must take what it is sent, at no less than a certain rate and within a certain time: any progress at all
  /// would let it hold an answer for ever. While it reads, it is neither idle nor lingering.
  private func checkProgress(unsent: Int) {
    let sent = handedBytes &- UInt64(unsent)
    let isFirst = sentMark == .max
    if isFirst || sent >= answerGoal {
      answerGoal = handedBytes
      answerDeadline = core.deadline(after: core.limits.answerTimeoutMilliseconds)
    }
    if isFirst || sent >= writeGoal {
      writeGoal = sent &+ UInt64(min(unsent, core.limits.writeProgressBytes))
      writeDeadline = core.deadline(after: core.limits.writeTimeoutMilliseconds)
    }
    guard core.clock < writeDeadline, core.clock < answerDeadline else {
      core.counters.stalls += 1
      return abort()
    }
    if sent != sentMark {
      sentMark = sent
      switch deadlineKind {
      case .linger: readDeadline = core.deadline(after: core.limits.lingerMilliseconds)
      case .idle: readDeadline = core.deadline(after: core.limits.idleTimeoutMilliseconds)
      default: break
      }
    } else if deadlineKind == .linger {
      readDeadline = .max
    }
  }

  private func checkBodyPause() {
    if parser.bodyCount != bodyMark {
      bodyMark = parser.bodyCount
      pauseDeadline = core.deadline(after: core.limits.bodyPauseMilliseconds)
    } else if core.clock >= pauseDeadline {
      fail(.bodyPause(core.limits.bodyPauseMilliseconds))
    }
  }
}
