"""Where things are, and how a program is run or a server kept for the length of a measurement."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ATOLL = Path(os.environ.get("ATOLL_BINARY", ROOT / ".build/release/atoll"))
FLOOR = ROOT / ".build/floor"
PYTHON = ROOT / ".deps/python/bin/python"

RUN_SECONDS_MAX = 120
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 5


class BenchError(Exception):
    """A measurement that could not be made; its text says why and what to change."""


def require(path, fix):
    if not Path(path).exists():
        raise BenchError(f"{path} is missing: {fix}")


def run(command, **options):
    """Runs a program to its end and gives what it printed; its errors become ours."""
    finished = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=RUN_SECONDS_MAX, **options
    )
    if finished.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))} ended with {finished.returncode}: {finished.stderr.strip()}")
    return finished.stdout


def run_json(command, **options):
    return json.loads(run(command, **options))


def build_floors():
    require(ATOLL, "run `make release`, or set ATOLL_BINARY")
    require(PYTHON, "run Scripts/bootstrap")
    print("building bench/floor", file=sys.stderr)
    run(["make", "--silent", "-C", ROOT / "bench/floor"])


def pinned(command, cpu):
    """The command on one CPU, where there are two to keep server and load apart."""
    if (os.cpu_count() or 1) < 2 or not shutil.which("taskset"):
        return list(command)
    return ["taskset", "-c", str(cpu), *command]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def served(command, cpu=None, environment=None):
    """A server that prints "listening on http://HOST:PORT…": gives (process id, port), and ends it afterwards."""
    command = [str(part) for part in command]
    if cpu is not None:
        command = pinned(command, cpu)
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        try:
            yield process.pid, listening_port(process, errors)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def listening_port(process, errors):
    timer = _kill_after(process, START_SECONDS_MAX)
    try:
        for line in process.stdout:
            found = re.search(r"listening on http://[^/\s]*:(\d+)", line)
            if found:
                return int(found[1])
    finally:
        timer.cancel()
    errors.seek(0)
    raise BenchError(f"{' '.join(process.args)} never listened: {errors.read().strip()}")


def _kill_after(process, seconds):
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    return timer


class Worker:
    """`workers/hello` built into a folder of its own, with its module and the request that the bench sends it."""

    def __init__(self, folder):
        folder = Path(folder)
        source = folder / "hello"
        shutil.copytree(ROOT / "workers/hello", source, ignore=shutil.ignore_patterns(".atoll"))
        run([ATOLL, "build", source])
        self.folder = folder
        self.bundle = source / ".atoll/hello.atoll"
        self.module = folder / "hello.wasm"
        self.request = folder / "request.json"
        run([ATOLL, "inspect", self.bundle, "--extract-module", self.module])
        run([ATOLL, "bench", "cold-start", self.bundle, "--calls", "100", "--json", "--dump-request", self.request])
        called = json.loads(self.request.read_bytes())
        self.tool, self.arguments = called["name"], called["arguments"]
        answer = run_json([FLOOR / "lifecycle", self.module, self.request, "1"])["answer"]
        self.answer = folder / "answer.json"
        self.answer.write_bytes(answer.encode())


@contextlib.contextmanager
def built_worker():
    with tempfile.TemporaryDirectory(prefix="atoll-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        yield Worker(folder)
