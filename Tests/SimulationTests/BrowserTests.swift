// The page in a real browser, at two widths and in both themes.
import Foundation
import Testing

@testable import Simulation

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: Chromium.isInstalled, Chromium.absence))
struct BrowserTests {
  private static let report = SampleReport.build()
  private static func html(_ report: SimulationReport) -> String {
    String(decoding: ReportPage(report).html, as: UTF8.self)
  }

  @Test(arguments: [(1_280, false), (420, false), (1_280, true), (420, true)])
  func thePageIsDrawnWithoutComplaint(_ width: Int, _ dark: Bool) async throws {
    let height = width < 640 ? 2_000 : 1_400
    let visit = try await Chromium.visit(Self.html(Self.report), width: width, height: height, dark: dark)
    #expect(visit.console == [])
    let picture = try #require(visit.picture)
    #expect(picture.width == width && picture.height == height)
    #expect(picture.colours.count > 200 && picture.plainness < 0.95)
    // Paper, ink, land, edge and core sites in the theme's colours.
    let (paper, others) =
      dark
      ? ("14171b", ["e8eaed", "2b323a", "7db0f5", "f2a35e"]) : ("ffffff", ["15191e", "e6e9ed", "1a5fb4", "a84300"])
    #expect(picture.share(of: paper) > 0.4)
    for colour in others { #expect((picture.colours[colour] ?? 0) > 30, "\(colour)") }
  }

  /// The checks above would see it.
  @Test func aBlankPageAndAnErrorAreDetected() async throws {
    let blank = try await Chromium.visit("<!doctype html><title>blank</title>", width: 420, height: 600)
    #expect(try #require(blank.picture).plainness == 1 && blank.console == [])
    let page = Self.html(Self.report)
    let policy = try #require(page.firstMatch(of: #/<meta http-equiv[^>]*>/#))
    var free = page
    free.removeSubrange(policy.range)
    let thrown = try await Chromium.visit(
      free.replacing("</body>", with: "<script>throw new Error('injected')</script></body>"), width: 420, picture: false
    )
    #expect(thrown.console.count == 1 && thrown.console[0].contains("Uncaught Error: injected"))
  }

  /// Were a name ever to become an element, the page's policy would still refuse to run it, and this says that it does.
  @Test func thePolicyRunsNoScriptButThePages() async throws {
    let page = Self.html(Self.report).replacing("</body>", with: "<script>document.title = 'ran'</script></body>")
    let visit = try await Chromium.visit(page, width: 420, picture: false)
    #expect(visit.console.count == 1 && visit.console[0].contains("Content Security Policy"))
    #expect(!visit.document.contains("<title>ran"))
    // The page's own script has run.
    #expect(visit.document.contains("arrow keys read it out"))
  }

  @Test func hostileNamesStayText() async throws {
    let html = Self.html(SampleReport.named(SampleReport.hostileTexts))
    let script = """
      const all = [...document.querySelectorAll("*")], count = name => document.querySelectorAll(name).length;
      const handlers = all.filter(e => e.getAttributeNames().some(name => name.startsWith("on"))).length;
      document.title = [count("script"), count("style"), count("img"), handlers].join();
      """
    // The page's script and the test's, one style, no picture, no handler.
    #expect(try await Self.title(html, after: script, width: 420) == "2,1,0,0")
  }

  /// Nothing sticks out at the side, no name lies on another, at widths on both sides of each of the style's breaks.
  @Test(arguments: [360, 420, 641, 921, 1_280]) func nothingOverlaps(_ width: Int) async throws {
    #expect(try await Self.measure(Self.html(Self.report), width: width) == "")
  }

  @Test(arguments: [420, 1_280]) func nothingOverlapsInALargeReportOrWithLongNames(_ width: Int) async throws {
    #expect(try await Self.measure(Self.html(SampleReport.large(tools: 2, seconds: 900)), width: width) == "")
    let long = SampleReport.named(String(repeating: "W", count: 5_000))
    #expect(try await Self.measure(Self.html(long), width: width) == "")
  }

  @Test func thePointerReadsTheTimeAxis() async throws {
    let script = """
      const plots = document.querySelector(".plots"), box = plots.getBoundingClientRect();
      plots.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width * 20.5 / 120 }));
      document.title = document.querySelector(".readout").textContent;
      """
    let read = try await Self.title(Self.html(Self.report), after: script, width: 1_280)
    let second = Self.report.timeline[20]
    #expect(read.hasPrefix("second 20: ") && read.contains("\(second.failed) failed"))
    #expect(read.contains("p99 \(Figures.milliseconds(second.p99)) ms"))
  }

  @Test func theSwitchShowsTheTimeAboveTheLinks() async throws {
    let script = """
      const shown = () => [...document.querySelectorAll(".series")].filter(s => s.offsetHeight > 0).map(s => s.className).join();
      const before = shown();
      document.querySelector("label[for=above]").click();
      document.title = before + " then " + shown();
      """
    #expect(
      try await Self.title(Self.html(Self.report), after: script, width: 1_280) == "series whole then series above")
  }

  private static func measure(_ html: String, width: Int) async throws -> String {
    let script = """
      const faults = [], room = document.documentElement.clientWidth;
      for (const details of document.querySelectorAll("details")) details.open = true;
      if (room !== innerWidth) faults.push(`room ${room} of ${innerWidth}`);
      if (document.documentElement.scrollWidth > room) faults.push("scrolls");
      for (const element of document.querySelectorAll("main *")) {
        const box = element.getBoundingClientRect();
        if (box.width > 0 && (box.right > room + 1 || box.left < -1) && !element.closest("svg") && !element.closest("thead"))
          faults.push(`${element.tagName}.${element.className} sticks out`);
      }
      const apart = (selector, slack) => {
        const boxes = [...document.querySelectorAll(selector)].map(e => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
        boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
          if (a.left + slack < b.right && b.left + slack < a.right && a.top + slack < b.bottom && b.top + slack < a.bottom)
            faults.push(`${one.textContent.slice(0, 20)} lies on ${other.textContent.slice(0, 20)}`);
        }));
      };
      apart(".label", 1);
      for (const label of document.querySelectorAll(".label"))
        if (label.scrollWidth > label.clientWidth + 1) faults.push(`${label.textContent} is cut`);
      apart(".badges .badge", 1);
      for (const ticks of document.querySelectorAll(".ticks")) ticks.id = "t", apart("#t > span", 0), ticks.id = "";
      for (const plot of document.querySelectorAll(".plot")) plot.id = "p", apart("#p > span", 0), plot.id = "";
      document.title = faults.slice(0, 8).join("; ");
      """
    return try await title(html, after: script, width: width)
  }

  /// The title that a script gave the page, which is let in for that.
  private static func title(_ html: String, after script: String, width: Int) async throws -> String {
    let free = html.replacing(#/<meta http-equiv[^>]*>/#, with: "")
      .replacing("</body>", with: "<script>{\(script)}</script></body>")
    let visit = try await Chromium.visit(free, width: width, picture: false)
    #expect(visit.console == [])
    return String(try #require(visit.document.firstMatch(of: #/<title>([^<]*)<\/title>/#)).output.1)
  }
}
