"""A fresh call of hello in the product, against the same life cycle in C with the same module and request."""

from statistics import median

from .programs import ATOLL, FLOOR, BenchError, run_json

LIMIT = 1.25
ROUNDS = 21
CALLS = 5_000


def product(worker):
    return run_json([ATOLL, "bench", "cold-start", worker.bundle, "--calls", CALLS, "--json"])


def floor(worker):
    return run_json([FLOOR / "lifecycle", worker.module, worker.request, CALLS, worker.answer])


def measure(worker):
    """Alternates short rounds of both, so that what else the machine does falls on both alike."""
    rounds = []
    for number in range(ROUNDS):
        sides = {}
        for name, side in sorted({"product": product, "floor": floor}.items(), reverse=number % 2 == 0):
            sides[name] = side(worker)
        rounds.append(sides)
    expected = worker.answer.read_text()
    for sides in rounds:
        if sides["product"].get("answer", expected) != expected:
            raise BenchError(f"the product answered {sides['product']['answer']}, the floor {expected}")
    return {
        "product_p50_us": _typical(rounds, "product", "p50"),
        "product_p99_us": _typical(rounds, "product", "p99"),
        "floor_p50_us": _typical(rounds, "floor", "p50"),
        "floor_p99_us": _typical(rounds, "floor", "p99"),
        "ratio": median(s["product"]["fresh_call_us"]["p50"] / s["floor"]["fresh_call_us"]["p50"] for s in rounds),
        "limit": LIMIT,
        "rounds": rounds,
    }


def _typical(rounds, side, quantile):
    return median(sides[side]["fresh_call_us"][quantile] for sides in rounds)


def verdicts(result):
    yield (
        f"cold start   {result['product_p50_us']:.2f} µs p50 against {result['floor_p50_us']:.2f} µs in C",
        f"{result['ratio']:.2f}× (at most {LIMIT}×)",
        result["ratio"] <= LIMIT,
    )
