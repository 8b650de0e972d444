// One run of a program to its end: its output, its errors, its status; never longer than its time allows.
import Foundation

struct Command {
  let status: Int32
  let output: String
  let errors: String

  /// Runs the built binary.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], timeoutSeconds: Double = 30
  ) throws -> Command {
    try run(Installation.binary, arguments, environment: environment, timeoutSeconds: timeoutSeconds)
  }

  /// Runs any program. Output goes through files: a pipe that nobody empties would stop the program.
  static func run(
    _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
    timeoutSeconds: Double
  ) throws -> Command {
    let folder = try TemporaryFolder()
    let process = try launch(program, arguments, input: input, environment: environment, in: folder)
    let deadline = Date(timeIntervalSinceNow: timeoutSeconds)
    while process.isRunning {
      guard Date() < deadline else {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        throw EndToEndError("\(program) \(arguments.joined(separator: " ")) took over \(timeoutSeconds) s")
      }
      usleep(2_000)
    }
    process.waitUntilExit()
    return Command(
      status: process.terminationStatus,
      output: try String(contentsOfFile: folder.file("output"), encoding: .utf8),
      errors: try String(contentsOfFile: folder.file("errors"), encoding: .utf8))
  }

  /// Starts a program whose output and errors go to files of those names in `folder`.
  static func launch(
    _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in folder: TemporaryFolder
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(RunFolder.environment) { _, new in new }
      .merging(environment) { _, new in new }
    process.standardInput = FileHandle(forReadingAtPath: try folder.write(input, to: "input"))
    process.standardOutput = try writer(folder.file("output"))
    process.standardError = try writer(folder.file("errors"))
    try withSignalsLetThrough { try process.run() }
    return process
  }

  /// A child inherits the signal mask of the thread that starts it, and Dispatch's threads block everything.
  private static func withSignalsLetThrough(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  private static func writer(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    guard let handle = FileHandle(forWritingAtPath: path) else { throw EndToEndError("cannot write \(path)") }
    return handle
  }
}
