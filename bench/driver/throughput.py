"""tools/call on hello over HTTP by wrk: one loop of the product, two C floors, and the official Python SDK."""

import contextlib
import json
import os
import re
from pathlib import Path
from statistics import median

from .programs import ATOLL, FLOOR, PYTHON, ROOT, BenchError, pinned, run, served
from .wire import exchange, http_bytes, lua, tools_call

F2_LIMIT, PYTHON_LIMIT, F1_GOAL = 0.7, 30, 0.5
ROUNDS = 6
ROUND_SECONDS = 2
CONNECTIONS = 32
SERVER_CPU, LOAD_CPU = 0, 1
FIGURES = ("requests_per_second", "cpu_us", "p50_ms", "p99_ms")


def measure(worker):
    """All four servers stand during the whole run, only one of them is under load at a time."""
    headers, body = tools_call(worker.tool, worker.arguments)
    script = worker.folder / "post.lua"
    script.write_text(lua(headers, body))
    with contextlib.ExitStack() as stack:
        servers = _start(stack, worker, headers, body)
        rounds = []
        for number in range(ROUNDS + 1):
            names = list(servers) if number % 2 else list(reversed(servers))
            figures = {name: load(*servers[name], script) for name in names}
            if number > 0:  # the first round warms everything up
                rounds.append(figures)
    return {
        **{name: _typical(rounds, name) for name in servers},
        "ratio_f1": _ratio(rounds, "f1"),
        "ratio_f2": _ratio(rounds, "f2"),
        "ratio_python": _ratio(rounds, "python"),
        "limits": {"f2": F2_LIMIT, "python": PYTHON_LIMIT, "f1_goal": F1_GOAL},
        "rounds": rounds,
    }


def _start(stack, worker, headers, body):
    def start(*command):
        return stack.enter_context(served(command, cpu=SERVER_CPU))

    def ask(port):
        response, answer = exchange(port, http_bytes(headers, body, port))
        _check_answer(answer, worker)
        return response

    servers = {"product": start(ATOLL, "serve", "--listen", "127.0.0.1:0", "--loops", "1", worker.bundle)}
    stored = worker.folder / "response.http"
    stored.write_bytes(ask(servers["product"][1]))
    servers["f1"] = start(FLOOR / "http", 0, stored)
    servers["f2"] = start(FLOOR / "http", 0, stored, worker.module, worker.request, worker.answer)
    servers["python"] = start(PYTHON, ROOT / "bench/python_server.py")
    ask(servers["python"][1])
    return servers


def _check_answer(answer, worker):
    """Every server must say what the guest says; only the envelope around it is its own."""
    said = json.loads(answer)["result"]["content"]
    expected = json.loads(worker.answer.read_bytes())["result"]["content"]
    if [block["text"] for block in said] != [block["text"] for block in expected]:
        raise BenchError(f"a server answered {said} instead of {expected}")


def load(pid, port, script, connections=CONNECTIONS, seconds=ROUND_SECONDS):
    """One round of wrk; every answer must be a 200. CPU time a request is what other work disturbs least."""
    before = _cpu_seconds(pid)
    printed = run(
        pinned(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(script),
             f"http://127.0.0.1:{port}/mcp"],
            LOAD_CPU,
        )
    )
    if "Non-2xx" in printed or "Socket errors" in printed or " 0 requests in" in printed:
        raise BenchError(f"wrk saw failures: {printed}")
    requests = int(re.search(r"(\d+) requests in", printed)[1])
    return {
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1]),
        "requests": requests,
        "cpu_us": (_cpu_seconds(pid) - before) / requests * 1e6,
        "p50_ms": _quantile_ms(printed, 50),
        "p99_ms": _quantile_ms(printed, 99),
    }


def _cpu_seconds(pid):
    """User and system time of a process, from the fields after its name in parentheses."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _quantile_ms(printed, percent):
    """From a line such as "    99%    1.23ms"."""
    value, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)$", printed, re.MULTILINE).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def _typical(rounds, name):
    return {key: median(figures[name][key] for figures in rounds) for key in FIGURES}


def _ratio(rounds, other):
    return median(f["product"]["requests_per_second"] / f[other]["requests_per_second"] for f in rounds)


def verdicts(result):
    rate = {name: result[name]["requests_per_second"] for name in ("product", "f1", "f2", "python")}
    yield (
        f"throughput   {rate['product']:,.0f}/s against {rate['f2']:,.0f}/s in C with an instance each (F2)",
        f"{result['ratio_f2']:.2f}× (at least {F2_LIMIT}×)",
        result["ratio_f2"] >= F2_LIMIT,
    )
    yield (
        f"             against {rate['python']:,.0f}/s of the Python SDK",
        f"{result['ratio_python']:.1f}× (at least {PYTHON_LIMIT}×)",
        result["ratio_python"] >= PYTHON_LIMIT,
    )
    yield (
        f"             against {rate['f1']:,.0f}/s in C without an instance (F1)",
        f"{result['ratio_f1']:.2f}× (goal {F1_GOAL}×)",
        None,
    )
    cpu = ", ".join(f"{name} {result[name]['cpu_us']:.1f}" for name in rate)
    yield "             CPU time a request, in µs", cpu, None
