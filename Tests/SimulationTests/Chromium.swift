// A real browser without a window: what a page looks like, what it becomes and what it complains of.
import Foundation
import Testing

enum Chromium {
  static let program = "/usr/bin/chromium"
  static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
  static let absence: Comment = "chromium is not installed: apt-get install chromium"

  /// One visit. Ends the browser when it takes longer than `seconds`.
  struct Visit {
    /// What was written to the console, of whatever level: errors of scripts, refusals of the page's policy.
    var console: [String]
    /// The document after its scripts have run.
    var document: String
    var picture: Picture?
  }

  static func visit(
    _ html: String, width: Int, height: Int = 1_000, dark: Bool = false, picture: Bool = true, seconds: Double = 60
  ) async throws -> Visit {
    let folder = FileManager.default.temporaryDirectory.appending(path: "atoll-page-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let page = folder.appending(path: "page.html")
    try Data(html.utf8).write(to: page)
    let file = folder.appending(path: "picture.png")
    var arguments = [
      "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--enable-logging=stderr", "--v=0",
      "--user-data-dir=\(folder.path)/profile", "--virtual-time-budget=4000", "--window-size=\(width),\(height)",
    ]
    // The browser's own sandbox refuses to run as root.
    if getuid() == 0 { arguments.append("--no-sandbox") }
    if dark { arguments.append("--blink-settings=preferredColorScheme=0") }
    arguments += picture ? ["--screenshot=\(file.path)"] : ["--dump-dom"]
    let log = folder.appending(path: "log")
    let document = folder.appending(path: "document")
    let status = try await ChildProgram.run(
      program, arguments + [page.absoluteString], output: document, errors: log, seconds: seconds)
    let lines = try String(decoding: Data(contentsOf: log), as: UTF8.self).split(separator: "\n").map(String.init)
    try #require(status == 0, "chromium ended with \(status): \(lines.suffix(3))")
    return Visit(
      console: lines.filter { $0.contains("CONSOLE") },
      document: try String(decoding: Data(contentsOf: document), as: UTF8.self),
      picture: picture ? try await Picture(file) : nil)
  }
}

enum ChildProgram {
  /// Runs it to its end, or ends it by its id when its time is over; its exit status, or the signal that ended it.
  static func run(_ program: String, _ arguments: [String], output: URL, errors: URL, seconds: Double) async throws
    -> Int32
  {
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { if process.isRunning { process.terminate() } }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

/// A picture's pixels, as far as a test needs them: decoded by Python, whose standard library has zlib.
struct Picture {
  let width: Int
  let height: Int
  /// Colours by how many pixels have them, `rrggbb`.
  let colours: [String: Int]

  init(_ file: URL) async throws {
    let output = file.appendingPathExtension("txt")
    let errors = file.appendingPathExtension("log")
    let status = try await ChildProgram.run(
      "/usr/bin/env", ["python3", "-c", Self.decoder, file.path], output: output, errors: errors, seconds: 60)
    let complaint = try String(decoding: Data(contentsOf: errors), as: UTF8.self)
    try #require(status == 0, "\(complaint)")
    let lines = try String(decoding: Data(contentsOf: output), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: " ")
    }
    width = try #require(Int(lines[0][0]))
    height = try #require(Int(lines[0][1]))
    colours = Dictionary(uniqueKeysWithValues: lines.dropFirst().map { (String($0[0]), Int($0[1]) ?? 0) })
  }

  func share(of colour: String) -> Double { Double(colours[colour] ?? 0) / Double(width * height) }
  /// The share of the most frequent colour: 1 of a blank picture.
  var plainness: Double { Double(colours.values.max() ?? 0) / Double(width * height) }

  /// PNG, 8 bits to a channel, not interlaced: inflate, undo each row's filter, count.
  private static let decoder = """
    import sys, zlib, struct, collections
    data = open(sys.argv[1], "rb").read()
    assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n", "not a PNG"
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR": width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunk)
        if kind == b"IDAT": body += chunk
        at += size + 12
    assert depth == 8 and colour in (2, 6) and not interlaced
    step = 3 if colour == 2 else 4
    raw, row, counts = zlib.decompress(body), bytearray(width * step), collections.Counter()
    for y in range(height):
        start = y * (width * step + 1)
        kind, line = raw[start], bytearray(raw[start + 1:start + 1 + width * step])
        if kind == 1:
            for i in range(step, len(line)): line[i] = line[i] + line[i - step] & 255
        elif kind == 2:
            for i in range(len(line)): line[i] = line[i] + row[i] & 255
        elif kind == 3:
            for i in range(len(line)): line[i] = line[i] + ((line[i - step] if i >= step else 0) + row[i]) // 2 & 255
        elif kind == 4:
            for i in range(len(line)):
                a, b, c = (line[i - step], row[i], row[i - step]) if i >= step else (0, row[i], 0)
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                line[i] = line[i] + (a if pa <= pb and pa <= pc else b if pb <= pc else c) & 255
        row = line
        counts.update(zip(line[0::step], line[1::step], line[2::step]))
    print(width, height)
    for (r, g, b), count in counts.items(): print("%02x%02x%02x" % (r, g, b), count)
    """
}
