// The page's script: what a second of the time axis held, under the pointer or by the arrow keys.

enum PageScript {
  /// SHA-256 of ``text`` in Base64, for the page's content security policy: the browser runs this text and no other.
  static let hash = "sha256-VFg5YbXqllFl9kTc5pjat/G7ln6/4X65XyDfy2Tr/tg="

  static let text = """
    for (const figure of document.querySelectorAll(".timeline")) {
      const plots = figure.querySelector(".plots"), cursor = figure.querySelector(".cursor");
      const readout = figure.querySelector(".readout");
      const width = Number(figure.dataset.width), end = Number(figure.dataset.end);
      const points = figure.dataset.points.split(";").filter(Boolean).map(point => point.split("|"));
      if (!points.length) continue;
      let shown = -1;
      const show = index => {
        shown = Math.max(0, Math.min(points.length - 1, index));
        const [second, calls, failed, p50, p99] = points[shown];
        cursor.hidden = false;
        cursor.style.left = Math.min(100, (Number(second) + width / 2) / end * 100) + "%";
        const span = width > 1 ? `seconds ${second} to ${Number(second) + width - 1}` : `second ${second}`;
        readout.textContent = `${span}: ${calls} calls a second, ${failed} failed, p50 ${p50} ms, p99 ${p99} ms`;
      };
      const hide = () => { cursor.hidden = true; readout.textContent = ""; };
      plots.addEventListener("pointermove", event => {
        const box = plots.getBoundingClientRect();
        show(Math.floor((event.clientX - box.left) / box.width * end / width));
      });
      plots.addEventListener("pointerleave", hide);
      figure.tabIndex = 0;
      figure.setAttribute("role", "group");
      figure.setAttribute("aria-label", "The run on a time axis; arrow keys read it out");
      figure.addEventListener("blur", hide);
      figure.addEventListener("keydown", event => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        show(shown + step);
      });
    }
    """
}
