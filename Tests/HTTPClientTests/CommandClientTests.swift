// The blocking client of the command, and how libcurl is found.
import CCurl
import Testing

@testable import HTTPClient

@Suite struct CommandClientTests {
  @Test func aPostIsAnswered() throws {
    let server = try TestServer.hostile()
    let client = HTTPClient(timeoutMilliseconds: 5_000, answerBytesMax: 1 << 20)
    let got = try client.post(
      "http://localhost:\(server.port)/echo", headers: [("X-Mine", "1")], body: Array("the body".utf8))
    #expect(got.status == 200 && got.contentType == "text/plain")
    let text = String(decoding: got.body, as: UTF8.self)
    #expect(text.contains("X-Mine: 1") && text.hasSuffix("the body"))
  }

  @Test func aMissingLibraryIsNamed() {
    #expect(
      String(cString: ccurl_try("libcurl-that-is-not-there.so.4"))
        == "libcurl.so.4 is not installed: apt-get install libcurl4")
    #expect(String(cString: ccurl_try("libz.so.1")).contains("is too old"))
    #expect(ccurl_load() == nil)
    #expect(String(cString: ccurl_version()) >= "7.87")
  }
}
