// How the command ends. People script against these numbers, so they do not change.

/// The exit statuses of every verb (README, The command).
enum ExitStatus: Int32 {
  case ok = 0
  /// The tool ran and answered an error.
  case toolError = 1
  /// Wrong arguments, a wrong manifest, source that does not build.
  case usage = 2
  /// The node could not be reached, or the worker could not be run.
  case unreachable = 3
}

/// Ends a verb with one line on standard error.
struct Failure: Error {
  let status: ExitStatus
  let message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}
