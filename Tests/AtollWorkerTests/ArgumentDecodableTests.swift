// Generic reading of arguments.
import Testing

@testable import AtollWorker

struct City: ArgumentDecodable {
  let name: String
  let people: Int?
  let districts: [String]

  init(from value: JSONValue) throws(ToolError) {
    let city = try value.object()
    name = try city.decode("name")
    people = try city.decode("people")
    districts = try city.decode("districts", as: [String]?.self) ?? []
  }
}

@Suite struct ArgumentDecodableTests {
  @Test func aTypeReadsItselfAndItsParts() throws {
    let arguments = object(
      #"{"cities":[{"name":"Bern","people":134506},{"name":"Chur","people":null,"districts":["Masans"]}]}"#)
    let cities: [City] = try arguments.decode("cities")
    #expect(cities.map(\.name) == ["Bern", "Chur"])
    #expect(cities.map(\.people) == [134506, nil])
    #expect(cities.map(\.districts) == [[], ["Masans"]])
  }

  @Test func aWrongPartIsNamedFromTheTop() {
    let arguments = object(#"{"cities":[{"name":"Bern"},{"name":false}]}"#)
    #expect(
      message { () throws(ToolError) in try arguments.decode("cities", as: [City].self) }
        == "cities[1].name must be a string, but is false")
    #expect(
      message { () throws(ToolError) in try object(#"{"cities":[{}]}"#).decode("cities", as: [City].self) }
        == "cities[0].name is missing")
  }

  @Test func onlyAnOptionalMayBeAbsent() throws {
    #expect(try object("{}").decode("n", as: Int?.self) == nil)
    #expect(try object(#"{"n":null}"#).decode("n", as: Int?.self) == nil)
    #expect(try object(#"{"n":7}"#).decode("n", as: Int?.self) == 7)
    #expect(message { () throws(ToolError) in try object("{}").decode("n", as: Int.self) } == "n is missing")
    #expect(
      message { () throws(ToolError) in try object(#"{"n":null}"#).decode("n", as: Int.self) }
        == "n must be an integer, but is null")
  }
}
