// What a tool may ask of the host beside its arguments: log, sleep, time.

/// How much a line of the log matters.
public enum LogLevel: Int32, Sendable {
  case trace = 0
  case debug, info, notice, warning, error, critical
}

/// Writes a line to the worker's log on the node.
public func log(_ level: LogLevel, _ message: String) {
  var message = message
  message.withUTF8 { Host.log(level.rawValue, $0) }
}

/// Suspends this call; the node goes on with others. Costs wall time, no CPU time, and three host calls.
public func sleep(milliseconds: Int) {
  guard milliseconds > 0 else { return }
  let timer = Host.timer(Int32(clamping: milliseconds))
  // Every handle of the call is taken: there is nothing to wait for.
  guard timer >= 0 else { return }
  _ = Host.wait(timer)
  Host.drop(timer)
}

/// The time as the node tells it, so that a call can be recorded and replayed.
public enum Clock {
  /// Nanoseconds since 1970-01-01, in UTC.
  public static var realtime: Int64 { Host.now(0) }
  /// Nanoseconds since some fixed moment; never goes back.
  public static var monotonic: Int64 { Host.now(1) }
}

// MARK: Failing

/// Logs and ends the call with the fault `trap`. The standard library's own is a bare trap in Embedded Swift, whose
/// message nobody would see; this one takes its place in every file that imports the SDK.
public func fatalError(
  _ message: @autoclosure () -> String = "", file: StaticString = #fileID, line: UInt = #line
) -> Never {
  log(.critical, "fatal error: \(message()) (\(file):\(line))")
  Swift.fatalError()
}

/// Goes on only where `condition` holds; see `fatalError`.
public func precondition(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String = "", file: StaticString = #fileID,
  line: UInt = #line
) {
  guard !condition() else { return }
  fatalError("precondition failed: \(message())", file: file, line: line)
}

/// Ends the call; see `fatalError`.
public func preconditionFailure(
  _ message: @autoclosure () -> String = "", file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError("precondition failed: \(message())", file: file, line: line)
}
