"""A fresh JavaScript call in the product, against the same life cycle in C, QuickJS started per call, and Node's vm."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from statistics import median

from .programs import ATOLL, FLOOR, ROOT, BenchError, require, run, run_json

FLOOR_LIMIT = 1.25
STARTED_LIMIT = 10
NODE_LIMIT = 10
ROTATION_LIMIT = 5
ROUNDS = 7
CALLS = 5_000
STARTED_CALLS = 300
NODE_CALLS = 300
ROTATED_WORKERS = 50
LIVE_INSTANCES = 500

ENGINE = ROOT / ".deps/javascript/engine.wasm"
CONTEXT = ROOT / "bench/driver/context.mjs"
STUB = "export class ToolError extends Error {}\n"


class JavaScriptWorker:
    """`workers/currency` built, its image and request taken out, and its script as each of the others wants it."""

    def __init__(self, folder, name="currency"):
        source = Path(folder) / name
        shutil.copytree(ROOT / "workers" / name, source, ignore=shutil.ignore_patterns(".atoll"))
        run([ATOLL, "build", source])
        self.name, self.source = name, source
        self.bundle = source / ".atoll" / f"{name}.atoll"
        self.image = Path(folder) / "image.wasm"
        self.request = Path(folder) / "request.json"
        run([ATOLL, "inspect", self.bundle, "--extract-module", self.image])
        run([ATOLL, "bench", "cold-start", self.bundle, "--calls", "100", "--json", "--dump-request", self.request])
        manifest = (source / "atoll.toml").read_text()
        self.entry = re.search(r'^entry\s*=\s*"([^"]+)"', manifest, re.MULTILINE)[1]
        entry = source / self.entry
        self.module = Path(folder) / "worker.js"
        run(["esbuild", "--bundle", "--format=esm", "--external:atoll", f"--outfile={self.module}", entry])
        stub = Path(folder) / "atoll.js"
        stub.write_text(STUB)
        self.script = Path(folder) / "script.js"
        run(["esbuild", "--bundle", "--format=iife", "--global-name=worker", f"--alias:atoll={stub}",
             f"--outfile={self.script}", entry])

    def copies(self, folder, count):
        """Bundles of `count` workers, each with a script, an image and a module of its own."""
        bundles = []
        for index in range(count):
            copy = Path(folder) / f"copy{index:03}"
            shutil.copytree(self.source, copy, ignore=shutil.ignore_patterns(".atoll"))
            manifest = copy / "atoll.toml"
            manifest.write_text(manifest.read_text().replace(f'name = "{self.name}"', f'name = "{copy.name}"', 1))
            entry = copy / self.entry
            entry.write_text(entry.read_text() + f"\n(globalThis as any).copy = {index};\n")
            run([ATOLL, "build", copy])
            bundles.append(copy / ".atoll" / f"{copy.name}.atoll")
        return bundles


def measure(_):
    """Alternates short rounds of all sides, so that what else the machine does falls on all alike."""
    require(ENGINE, "run Scripts/bootstrap")
    if not shutil.which("esbuild"):
        raise BenchError("esbuild is missing: run Scripts/bootstrap")
    with tempfile.TemporaryDirectory(prefix="atoll-bench-js-") as folder:
        worker = JavaScriptWorker(folder)
        copies = worker.copies(folder, ROTATED_WORKERS)
        floor = [FLOOR / "javascript", "fresh", ENGINE, worker.request, CALLS]
        sides = {
            "product": lambda: run_json([ATOLL, "bench", "cold-start", worker.bundle, "--calls", CALLS, "--json"]),
            "floor": lambda: run_json([*floor, worker.image]),
            "rotated": lambda: run_json([ATOLL, "bench", "cold-start", *copies, "--calls", CALLS, "--json"]),
            "started": lambda: run_json(
                [FLOOR / "javascript", "started", ENGINE, worker.request, STARTED_CALLS, worker.module]),
            "node": lambda: run_json(["node", CONTEXT, worker.script, worker.request, NODE_CALLS]),
        }
        rounds = []
        for number in range(ROUNDS):
            order = sorted(sides, reverse=number % 2 == 0)
            rounds.append({name: sides[name]() for name in order})
        answers = {json.dumps(side["answer"]) for one in rounds for side in one.values() if "answer" in side}
        if len(answers) != 1:
            raise BenchError(f"the sides answered differently: {answers}")
        live = run_json([FLOOR / "javascript", "live", ENGINE, worker.request, LIVE_INSTANCES, worker.image])
        published = worker.image.stat().st_size

    def p50(name):
        return median(one[name]["fresh_call_us"]["p50"] for one in rounds)

    def ratio(above, below):
        return median(one[above]["fresh_call_us"]["p50"] / one[below]["fresh_call_us"]["p50"] for one in rounds)

    return {
        **{f"{name}_p50_us": p50(name) for name in sides},
        "floor_ratio": ratio("product", "floor"),
        "started_ratio": ratio("started", "product"),
        "node_ratio": ratio("node", "product"),
        "rotation_ratio": ratio("rotated", "product"),
        "live_instance_kib": live["private_kib_each"],
        "image_kib": published / 1024,
        "rounds": rounds,
    }


def verdicts(result):
    yield (
        f"JavaScript    {result['product_p50_us']:.2f} µs p50 against {result['floor_p50_us']:.2f} µs in C",
        f"{result['floor_ratio']:.2f}× (at most {FLOOR_LIMIT}×)",
        result["floor_ratio"] <= FLOOR_LIMIT,
    )
    for name, limit, what in (("started", STARTED_LIMIT, "QuickJS started per call"), ("node", NODE_LIMIT, "node vm")):
        yield (
            f"  {what}: {result[f'{name}_p50_us']:.0f} µs p50",
            f"{result[f'{name}_ratio']:.1f}× slower (at least {limit}×)",
            result[f"{name}_ratio"] >= limit,
        )
    yield (
        f"  {ROTATED_WORKERS} workers in rotation: {result['rotated_p50_us']:.2f} µs p50",
        f"{result['rotation_ratio']:.2f}× of one (at most {ROTATION_LIMIT}×)",
        result["rotation_ratio"] < ROTATION_LIMIT,
    )
    yield "  memory", f"{result['live_instance_kib']:.0f} KiB a live instance, {result['image_kib']:.0f} KiB a worker's image", None
