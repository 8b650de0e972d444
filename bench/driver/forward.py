"""A call that is forwarded against one that is not: the same tool, asked at its own node and at another, one at a time.

Both nodes have one processor and the load the other, as in the rounds of throughput: so the way to the first node costs a
wake-up of another processor in both cases, and the way to the second one a switch.
"""

import contextlib
import os
import shutil
from statistics import median

from .programs import ATOLL, ROOT, free_port, run, served
from .throughput import CONNECTIONS, SERVER_CPU, load
from .wire import lua, tools_call

LIMIT = 2.2
ROUNDS = 15
SITES = (("edge", "edge", 50.11, 8.68), ("core", "core", 38.95, -77.45))


def measure(worker):
    """Both nodes stand during the whole run; in each round each of them is asked in turn, over one connection."""
    headers, body = tools_call(worker.tool, worker.arguments)
    script = worker.folder / "forward.lua"
    script.write_text(lua(headers, body))
    with contextlib.ExitStack() as stack:
        nodes = _start(stack, worker)
        rounds = []
        for number in range(ROUNDS + 1):
            names = list(nodes) if number % 2 else list(reversed(nodes))
            figures = {name: load(*nodes[name], script, connections=1, seconds=1) for name in names}
            if number > 0:  # the first round opens the links and warms everything up
                rounds.append(figures)
        loaded = {name: load(*nodes[name], script, connections=CONNECTIONS) for name in nodes}
    direct, forwarded = (median(r[name]["p50_ms"] for r in rounds) * 1000 for name in ("core", "edge"))
    return {
        "direct_us": direct,
        "forwarded_us": forwarded,
        "ratio": median(r["edge"]["p50_ms"] / r["core"]["p50_ms"] for r in rounds),
        "limit": LIMIT,
        "rounds": rounds,
        "loaded": loaded,
    }


def _start(stack, worker):
    """An edge and a core, and a tool that may run at the core only."""
    source = worker.folder / "core" / "hello"
    shutil.copytree(ROOT / "workers/hello", source, ignore=shutil.ignore_patterns(".atoll"))
    manifest = source / "atoll.toml"
    manifest.write_text(manifest.read_text() + '\n[placement]\ntier = "core"\n')
    run([ATOLL, "build", source])
    ports = {name: free_port() for name, *_ in SITES}
    topology = worker.folder / "topology.toml"
    topology.write_text("\n".join(_site(ports[name], name, *rest) for name, *rest in SITES))
    environment = {**os.environ, "ATOLL_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    nodes = {}
    for name in ports:
        command = [ATOLL, "serve", "--listen", f"127.0.0.1:{ports[name]}", "--loops", "1", "--topology", topology]
        nodes[name] = stack.enter_context(
            served([*command, "--site", name, source / ".atoll/hello.atoll"], cpu=SERVER_CPU, environment=environment)
        )
    return nodes


def _site(port, name, tier, latitude, longitude):
    return (
        f'[[sites]]\nname = "{name}"\ntier = "{tier}"\nregion = "{name}"\njurisdiction = "{name}"\n'
        f'latitude = {latitude}\nlongitude = {longitude}\nnode = "http://127.0.0.1:{port}"\n'
    )


def verdicts(result):
    yield (
        f"forward      p50 {result['forwarded_us']:.0f} µs at another node against {result['direct_us']:.0f} µs at its own",
        f"{result['ratio']:.2f}× (at most {LIMIT}×)",
        result["ratio"] <= LIMIT,
    )
    rate = {name: figures["requests_per_second"] for name, figures in result["loaded"].items()}
    yield (
        f"             under load {rate['edge']:,.0f}/s forwarded, {rate['core']:,.0f}/s direct",
        f"{rate['edge'] / rate['core']:.2f}×",
        None,
    )
