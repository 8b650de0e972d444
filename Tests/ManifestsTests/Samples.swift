// Manifests the tests start from.
import Manifests

/// A manifest with nothing optional, and one that says everything.
enum Samples {
  static let least = """
    name = "hello"
    [[tools]]
    name = "greet"
    description = "Says hello"

    """

  static let full = """
    name = "weather"
    version = "1.2.0"
    description = "Forecasts from the national service"

    [source]
    language = "c"
    entry = "weather.c"

    [limits]
    memory = "2MiB"
    cpu_ms = 20
    wall_ms = 800
    output = "64KiB"
    host_calls = 8
    upstream = "2MiB"

    [permissions]
    kv = ["forecasts", "cities"]

    [[upstreams]]
    name = "api"
    url = "https://api.weather.example/v1"
    methods = ["GET", "POST"]
    headers = { Authorization = "Bearer {secret:WEATHER_KEY}", Accept = "application/json" }
    timeout_ms = 800
    connect_timeout_ms = 300
    first_byte_timeout_ms = 500
    retries = 1
    redirects = 0

    [session]
    ttl = "30m"

    [[tools]]
    name = "get_forecast"
    title = "Forecast"
    description = "Forecast for a city, by day"
    input = "schemas/get_forecast.json"
    output = { type = "object", properties = { days = { type = "array" }, city = { type = "string" } } }
    read_only = true
    idempotent = true
    open_world = false
    session = true

    [[tools]]
    name = "forget"
    description = "Forgets a city"
    destructive = false

    """

  /// `least` with one more line, which becomes line 2.
  static func least(adding line: String) -> String {
    "name = \"hello\"\n" + line + "\n[[tools]]\nname = \"greet\"\ndescription = \"Says hello\"\n"
  }

  /// `least` with a table at the end, which begins on line 5.
  static func least(ending text: String) -> String { least + text }

  /// `least` with `[[upstreams]]` on line 5, and these lines below.
  static func upstream(_ text: String) -> String { least(ending: "[[upstreams]]\n" + text) }

  static let forecastSchema = Array(#"{ "type" : "object", "required":["city"] }"#.utf8)

  static let files = SchemaFiles { path throws(FileError) in
    switch path {
    case "schemas/get_forecast.json": forecastSchema
    case "list.json": Array("[1]".utf8)
    case "broken.json": Array("{\n  \"type\": \"object\",\n  oops\n}".utf8)
    case "string.json": Array("{\n\"type\": \"string\"}".utf8)
    case "typeless.json": Array("{}".utf8)
    case "twice.json": Array("{\"type\":\"object\",\n\"properties\":{\"a\":{},\n\"a\":{}}}".utf8)
    default: throw FileError(path: path, reason: "no such file or directory")
    }
  }
}
