// The log never waits for its reader: it drops lines, and says how many.
import Glibc
import Testing

@testable import Nodes

@Suite("Log writer", .timeLimit(.minutes(1)))
struct LogWriterTests {
  /// A pipe of two pages, closed with its owner. Linux calls a pipe ready while a page of it is free.
  private final class Pipe {
    let reader: Int32
    let writer: Int32
    init() {
      var ends: [Int32] = [0, 0]
      #expect(Glibc.pipe(&ends) == 0)
      (reader, writer) = (ends[0], ends[1])
      // Sets its size (1031 is Linux's F_SETPIPE_SZ).
      #expect(fcntl(writer, 1031, 8192) == 8192)
    }
    deinit {
      close(reader)
      close(writer)
    }
    /// What lies in it now.
    func drain() -> String {
      var bytes = [UInt8](repeating: 0, count: 65536)
      var question = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      guard poll(&question, 1, 0) == 1 else { return "" }
      let count = read(reader, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  private func notice(_ dropped: Int) -> [UInt8] { Array("dropped \(dropped)\n".utf8) }

  @Test func linesAreWrittenWhole() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writer)
    for line in ["one\n", "two\n"] { writer.write(Array(line.utf8), notice: notice) }
    #expect(pipe.drain() == "one\ntwo\n")
  }

  @Test func aFullPipeDropsLinesAndIsToldOfThemLater() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writer)
    let line = String(repeating: "x", count: 999) + "\n"
    for _ in 0..<10 { writer.write(Array(line.utf8), notice: notice) }
    let before = pipe.drain()
    let written = before.split(separator: "\n").count
    #expect(before == String(repeating: line, count: written))
    #expect((1...8).contains(written))
    writer.write(Array("after\n".utf8), notice: notice)
    writer.write(Array("last\n".utf8), notice: notice)
    #expect(pipe.drain() == "dropped \(10 - written)\nafter\nlast\n")
  }

  @Test func aLineThatIsTooLongForThePipeIsCutAndCounted() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writer)
    writer.write([UInt8](repeating: 0x61, count: 10_000) + [0x0A], notice: notice)
    #expect(pipe.drain() == String(repeating: "a", count: 8192))
    writer.write(Array("after\n".utf8), notice: notice)
    #expect(pipe.drain() == "\ndropped 1\nafter\n")
    writer.write(Array("last\n".utf8), notice: notice)
    #expect(pipe.drain() == "last\n")
  }

  @Test func aDescriptorThatNobodyReadsIsNoError() {
    let pipe = Pipe()
    var ends: [Int32] = [0, 0]
    #expect(Glibc.pipe(&ends) == 0)
    close(ends[0])
    // Neither SIGPIPE nor a wait.
    LogWriter(descriptor: ends[1]).write(Array("lost\n".utf8), notice: notice)
    close(ends[1])
    LogWriter(descriptor: -1).write(Array("lost\n".utf8), notice: notice)
    #expect(pipe.drain() == "")
  }
}
