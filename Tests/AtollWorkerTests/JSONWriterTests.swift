// The writer: commas, escapes, numbers, and a buffer that grows.
import Testing

@testable import AtollWorker

@Suite struct JSONWriterTests {
  @Test func commasComeBetweenValuesOnly() {
    let text = written {
      $0.object {
        $0.member("a", 1)
        $0.member("b", [1, 2, 3])
        $0.key("c")
        $0.object { _ in }
        $0.key("d")
        $0.array {
          $0.array { _ in }
          $0.object { $0.member("e", ",{[:") }
          $0.null()
          $0.value("}")
          $0.value(true)
        }
        $0.member("f", String?.none)
        $0.member("g", [String]())
      }
    }
    #expect(text == #"{"a":1,"b":[1,2,3],"c":{},"d":[[],{"e":",{[:"},null,"}",true],"f":null,"g":[]}"#)
  }

  @Test func everyByteThatNeedsAnEscapeHasOne() throws {
    for scalar in 0..<0x80 {
      let character = String(Character(Unicode.Scalar(UInt8(scalar))))
      // At each place of a word of eight, and in the tail after it.
      for before in 0..<10 {
        let text = String(repeating: "x", count: before) + character + "yyyyyyyyyy"
        let json = written { $0.value(text) }
        #expect(json.utf8.allSatisfy { $0 >= 0x20 })
        #expect(try value(json).string() == text)
      }
    }
    #expect(written { $0.value("\u{1F}\u{0}\n\"\\/\u{7F}é") } == #""\u001f\u0000\n\"\\/"# + "\u{7F}é\"")
  }

  @Test func longStringsGrowTheBuffer() throws {
    for length in [0, 1, 7, 8, 9, 15, 16, 17, 100, 4095, 4096, 4097, 70_000] {
      let plain = String(repeating: "a", count: length)
      #expect(written { $0.value(plain) }.utf8.count == length + 2)
      let quotes = String(repeating: "\"", count: length)
      #expect(written { $0.value(quotes) }.utf8.count == 2 * length + 2)
      let controls = String(repeating: "\u{1}", count: length)
      #expect(written { $0.value(controls) }.utf8.count == 6 * length + 2)
    }
  }

  @Test func numbersAreWrittenExactly() {
    #expect(written { $0.value(Int64.min) } == "-9223372036854775808")
    #expect(written { $0.value(UInt64.max) } == "18446744073709551615")
    #expect(written { $0.value(0) } == "0")
    #expect(written { $0.value(10) } == "10")
    #expect(written { $0.value(Int32(-99)) } == "-99")
    #expect(written { $0.value(2001.5) } == "2001.5")
    #expect(written { $0.value(3.0) } == "3")
    #expect(written { $0.value(-3.0) } == "-3")
    #expect(written { $0.value(0.1 + 0.2) } == "0.30000000000000004")
    #expect(written { $0.value(1e300) } == "1e+300")
  }

  @Test func whatJSONCannotSayIsNull() {
    #expect(written { $0.value(Double.infinity) } == "null")
    #expect(written { $0.value(Double.nan) } == "null")
  }

  @Test func aValueOfTheRequestIsCopiedVerbatim() throws {
    let received = try value(#"{ "a" : 1.0 }"#)
    #expect(written { $0.array { $0.value(received) } } == #"[{ "a" : 1.0 }]"#)
  }

  @Test func aTreeKeepsOrderAndNumbers() throws {
    let text = #"{"z":1,"a":[true,false,null,-1.5,"x\ny",{}],"z":2}"#
    let tree = try value(text).tree
    #expect(written { $0.value(tree) } == text)
    guard case .integer(1) = tree["z"] else {
      Issue.record("the first z counts")
      return
    }
    #expect(tree["b"] == nil)
    #expect(written { $0.value(["a": [1, 2.5, "x", nil, true]] as JSON) } == #"{"a":[1,2.5,"x",null,true]}"#)
  }
}
