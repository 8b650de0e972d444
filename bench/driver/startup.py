"""From exec of `atoll serve` to its first answered call, against `node -e 0`, in alternating rounds."""

from statistics import median

from .programs import ATOLL, FLOOR, free_port, run, run_json
from .wire import http_bytes, tools_call

LIMIT = 0.5
ROUNDS = 15


def measure(worker):
    headers, body = tools_call(worker.tool, worker.arguments)
    _first_answer(worker, headers, body)  # leaves a warm cache behind
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(
            {
                "product_ms": _first_answer(worker, headers, body),
                "node_ms": run_json([FLOOR / "firstcall", "exit", "node", "-e", "0"])["ms"],
            }
        )
    product, node = (median(r[side] for r in rounds) for side in ("product_ms", "node_ms"))
    return {"product_ms": product, "node_ms": node, "ratio": product / node, "limit": LIMIT, "rounds": rounds}


def _first_answer(worker, headers, body):
    port = free_port()
    request = worker.folder / "first.http"
    request.write_bytes(http_bytes(headers, body, port))
    serve = [ATOLL, "serve", "--listen", f"127.0.0.1:{port}", worker.bundle]
    return run_json([FLOOR / "firstcall", "answer", port, request, *serve])["ms"]


def verdicts(result):
    yield (
        f"start-up     {result['product_ms']:.1f} ms to the first answer against {result['node_ms']:.1f} ms of node -e 0",
        f"{result['ratio']:.2f}× (at most {LIMIT}×)",
        result["ratio"] <= LIMIT,
    )


def node_version():
    return run(["node", "--version"]).strip()
