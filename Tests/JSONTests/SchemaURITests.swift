// References are resolved as RFC 3986 section 5.4 lists them.
import Testing

@testable import JSON

@Suite struct SchemaURITests {
  @Test(arguments: [
    ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
    ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("", "http://a/b/c/d;p?q"),
    (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../", "http://a/b/"),
    ("../g", "http://a/b/g"),
    ("../..", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
    ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"), ("g..", "http://a/b/c/g.."),
    ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"), ("g/./h", "http://a/b/c/g/h"),
    ("g/../h", "http://a/b/c/h"),
    ("urn:x:y", "urn:x:y"), (";x", "http://a/b/c/;x"),
  ])
  func resolves(_ reference: String, _ expected: String) {
    #expect(SchemaURI(reference).resolved(against: SchemaURI("http://a/b/c/d;p?q")).resource == expected)
  }

  @Test func relativeBasesWorkToo() {
    #expect(SchemaURI("b.json").resolved(against: SchemaURI("")).resource == "b.json")
    #expect(SchemaURI("b.json").resolved(against: SchemaURI("x/a.json")).resource == "x/b.json")
    #expect(SchemaURI("b").resolved(against: SchemaURI("http://a")).resource == "http://a/b")
    #expect(SchemaURI("#f").resolved(against: SchemaURI("urn:uuid:1")).resource == "urn:uuid:1")
  }

  @Test func fragmentsAreDecoded() {
    #expect(SchemaURI("a#/x%25y%22").decodedFragment == "/x%y\"")
    #expect(SchemaURI("a").decodedFragment == "")
    #expect(SchemaURI("#%zz").decodedFragment == nil)
    #expect(SchemaURI("#%C3").decodedFragment == nil)
  }
}
