"""A get of a worker, within one call that makes a thousand of them, against the same library called from C."""

import contextlib
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from .programs import ATOLL, FLOOR, ROOT, STOP_SECONDS_MAX, BenchError, run, run_json

LIMIT = 2.0
ROUNDS = 11
CALLS = 40
GETS = 1_000
VALUE = "v" * 100
WORKER = ROOT / "bench/workers/gets"
REDIS_KEY = "atoll:{bench}:v:key"


@contextlib.contextmanager
def redis_server(folder):
    """A redis-server on a free loopback port, stopped by its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    server = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.01)
        else:
            raise BenchError("redis-server did not answer: is it installed? run Scripts/bootstrap")
        yield port
    finally:
        server.terminate()
        server.wait(STOP_SECONDS_MAX)


def measured(store, floor):
    """Alternates short rounds of both, so that what else the machine does falls on both alike."""
    run([ATOLL, "kv", "put", "--kv", store, "bench", "key", VALUE])
    rounds = []
    for number in range(ROUNDS):
        sides = {}
        for side in ["product", "floor"][:: 1 if number % 2 else -1]:
            if side == "floor":
                sides[side] = run_json(floor)["get_us"]
            else:
                answer = run_json([ATOLL, "bench", "cold-start", WORKER, "--kv", store, "--calls", CALLS, "--json"])
                if f'"bytes":{GETS * len(VALUE)}' not in answer["answer"]:
                    raise BenchError(f"the worker answered {answer['answer']}")
                sides[side] = answer["fresh_call_us"]["p50"] / GETS
        rounds.append(sides)
    return {
        "product_us": median(r["product"] for r in rounds),
        "floor_us": median(r["floor"] for r in rounds),
        "ratio": median(r["product"] / r["floor"] for r in rounds),
        "limit": LIMIT,
        "rounds": rounds,
    }


def measure(_):
    run([ATOLL, "build", WORKER])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        results = {"sqlite": measured(f"sqlite:{path}", [FLOOR / "state", "sqlite", path, "bench", "key", CALLS])}
        with redis_server(folder) as port:
            results["redis"] = measured(f"redis://127.0.0.1:{port}", [FLOOR / "state", "redis", port, REDIS_KEY, CALLS])
    return results


def verdicts(results):
    for store, result in results.items():
        yield (
            f"kv get       {result['product_us']:.2f} µs on {store} against {result['floor_us']:.2f} µs in C",
            f"{result['ratio']:.2f}× (at most {LIMIT}×)",
            result["ratio"] <= LIMIT,
        )
