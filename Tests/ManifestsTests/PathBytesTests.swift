// Containment is a matter of bytes, as the system compares them.
@testable import Manifests
import Testing

@Suite struct PathBytesTests {
  @Test(arguments: [
    ("/srv/a/x", "/srv/a", true), ("/srv/a", "/srv/a", false), ("/srv/ab/x", "/srv/a", false), ("/x", "/", true),
    // The same String, another folder.
    ("/srv/cafe\u{301}/x", "/srv/caf\u{E9}", false), ("/srv/caf\u{E9}/x", "/srv/caf\u{E9}", true),
    // The slash and the mark behind it are one Character.
    ("/srv/a/\u{301}x", "/srv/a", true),
  ])
  func aPathIsInsideByItsBytes(path: String, folder: String, isInside: Bool) {
    #expect(Files.isInside(path, folder: folder) == isInside)
  }

  @Test(arguments: ["..", "../x", "a/../../x", "..//x", "../\u{301}x", "a/\u{301}/../\u{301}x"])
  func aPathThatClimbsIsRefused(path: String) {
    #expect(Words.relativePath(path)?.contains("it leaves the worker's folder") == true)
  }

  @Test(arguments: ["a", "a/b", "..a/b", "a../b", "a/...", "caf\u{E9}/x"])
  func aPathThatStaysIsTaken(path: String) {
    #expect(Words.relativePath(path) == nil)
  }
}
