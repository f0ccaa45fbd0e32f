"""What it costs to know who sends a report: the same load taken with and without asking, in turns.

Asking is all of it: the token looked up, its renewal, the watch for two machines under one token. Without, the
sender's word for its number is taken (nobody_asked.py). Consumers are left out of both. The turns are many and short:
what the machine does besides changes slower than they do, so each turn is held against the one beside it.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import ingest, measuring  # noqa: E402
from tests.bench.measuring import load, machine, spread, table  # noqa: E402

PLAIN = "nobody asked"
WAYS = {"asked": "tests.bench.ingest_only", PLAIN: "tests.bench.nobody_asked"}
HEADS = ("who sends is", "reports", "CPU µs/report", "÷ nobody asked, turn by turn")


def measured(rounds: int, reports: int) -> dict[str, list[float]]:
    """By way the CPU microseconds a report took in each round; the ways take turns."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    phase = ingest.Phase(0, reports, 32)
    with ExitStack() as open_:
        servers = {}
        for way, module in WAYS.items():
            folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
            server = open_.enter_context(ingest.sansang(folder, ("-m", module)))
            if way == PLAIN:
                server = server._replace(tokens=tuple(str(number) for number in range(1, ingest.AGENTS + 1)))
            servers[way] = ingest.Load(server)
        for load_ in servers.values():
            load_.send(ingest.EVERYONE)
        for number in range(rounds):
            for way in WAYS if number % 2 else reversed(WAYS):
                figures = servers[way].send(phase)
                if figures.done != reports:
                    raise RuntimeError(f"{way}: {figures.answers}")
                found[way].append(figures.cost_us)
    return found


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--reports", type=int, default=2_000)
    asked = options.parse_args()
    vars(ingest)["peers_python"] = lambda: sys.executable  # no peer takes part
    vars(measuring)["START_S"] = 60.0  # both servers start at once
    print(machine())
    found = measured(asked.rounds, asked.reports)
    plain = found[PLAIN]
    rows = [
        (way, f"{asked.reports * asked.rounds:,}", spread(costs, 1), spread(_ratios(costs, plain), 3))
        for way, costs in found.items()
    ]
    print(table(HEADS, rows), f"Load {load()} (after).", sep="\n\n")
    low, middle, high = middle_of(_ratios(found["asked"], plain))
    print(f"Asking costs {middle - 1:+.1%} (95 % of the median: {low - 1:+.1%} to {high - 1:+.1%}).")


def middle_of(values: list[float]) -> tuple[float, float, float]:
    """The median with its 95 % interval by order statistics (the binomial of the sign test)."""
    ordered, half = sorted(values), 0.98 * len(values) ** 0.5
    middle = (len(values) - 1) / 2
    low, high = max(0, int(middle - half)), min(len(values) - 1, -int(-(middle + half) // 1))
    return ordered[low], statistics.median(ordered), ordered[high]


def _ratios(costs: list[float], plain: list[float]) -> list[float]:
    return [one / other for one, other in zip(costs, plain, strict=True)]


if __name__ == "__main__":
    main()
