// Members of an object: found by their bytes, required or not.
import Testing

@testable import AtollWorker

@Suite struct JSONObjectTests {
  let arguments = object(
    #" {"name" : "Ada","age":36 , "height":1.65,"admin":true,"tags":["a","b"],"home":{"city":"London"},"none":null} "#
      .trimmed)

  @Test func membersAreReadByTheirTypes() throws {
    #expect(try arguments.string("name") == "Ada")
    #expect(try arguments.integer("age") == 36)
    #expect(try arguments.double("height") == 1.65)
    #expect(try arguments.double("age") == 36)
    #expect(try arguments.bool("admin"))
    #expect(try arguments.array("tags").decode(as: String.self) == ["a", "b"])
    #expect(try arguments.object("home").string("city") == "London")
  }

  @Test func aMissingMemberIsNamed() {
    #expect(message { () throws(ToolError) in try arguments.string("city") } == "city is missing")
    #expect(message { () throws(ToolError) in try arguments.integer("nam") } == "nam is missing")
    #expect(message { () throws(ToolError) in try object("{}").bool("on") } == "on is missing")
  }

  @Test func anAbsentOrNullMemberIsNilWhereItMayBe() throws {
    #expect(try arguments.stringIfPresent("city") == nil)
    #expect(try arguments.stringIfPresent("none") == nil)
    #expect(try arguments.stringIfPresent("name") == "Ada")
    #expect(try arguments.integerIfPresent("age") == 36)
    #expect(try arguments.boolIfPresent("none") == nil)
    #expect(try arguments.doubleIfPresent("none") == nil)
    #expect(try arguments.arrayIfPresent("none") == nil)
    #expect(try arguments.objectIfPresent("none") == nil)
    #expect(
      message { () throws(ToolError) in try arguments.stringIfPresent("age") } == "age must be a string, but is 36")
  }

  @Test func keysAreComparedWithTheirEscapesResolved() throws {
    let escaped = object(#"{"n\u0061me":"Ada","a\"b":1,"\u00e9":2}"#)
    #expect(try escaped.string("name") == "Ada")
    #expect(try escaped.integer("a\"b") == 1)
    #expect(try escaped.integer("é") == 2)
    #expect(escaped["n"] == nil)
  }

  @Test func theFirstOfTwoEqualKeysCounts() throws {
    #expect(try object(#"{"a":1,"\u0061":2,"a":3}"#).integer("a") == 1)
  }

  @Test func aKeyInANestedObjectIsNotTaken() {
    #expect(object(#"{"x":{"name":1},"y":[{"name":2}],"z":"name"}"#)["name"] == nil)
  }

  @Test func aDynamicKeyFindsTheSame() throws {
    let key = ["na", "me"].joined()
    #expect(try arguments[key]?.string() == "Ada")
    #expect(arguments[key + "x"] == nil)
    #expect(try object(#"{"":5}"#)[String()]?.integer() == 5)
  }

  @Test func allMembersComeInTheCallersOrder() throws {
    var seen: [String] = []
    arguments.forEach { key, value in seen.append("\(key):\(value.kind)") }
    #expect(
      seen == [
        "name:string", "age:number", "height:number", "admin:bool", "tags:array", "home:object", "none:null",
      ])
    #expect(!arguments.isEmpty)
    #expect(object("{ }").isEmpty)
    #expect(JSONObject.empty.isEmpty)
  }

  @Test func arraysAreSequences() throws {
    let array = try object(#"{"a":[ 1 , [2,3] ,{"b":[4]}, "]" ]}"#).array("a")
    #expect(array.count == 4)
    #expect(array.map { $0.kind } == [.number, .array, .object, .string])
    let empty = try object(#"{"a":[ ]}"#).array("a")
    #expect(empty.isEmpty)
    #expect(empty.count == 0)
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " })
  }
}
