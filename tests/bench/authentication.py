"""What it costs to know who sends a report: one collector takes the same load with and without asking, in turns.

Asking is all of it: the token looked up, its renewal, the watch for two machines under one token. Without, the sender's
word for its number is taken (asked_or_not.py). It is one process with one set of files, and the turns are many and
short: what the machine does besides changes slower than they do, so each turn is held against the one beside it.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import ingest  # noqa: E402
from tests.bench.measuring import load, machine, spread, table  # noqa: E402

ASKED, BELIEVED = "asked", "believed"
HEADS = ("collector", "who sends is", "reports", "CPU µs/report", "÷ believed, turn by turn")
_MODULE = ("-m", "tests.bench.asked_or_not")

Costs = dict[str, list[float]]
"""CPU microseconds a report took in each turn."""


def measured(turns: int, reports: int) -> Costs:
    """Every second turn the sender is asked."""
    found: Costs = {ASKED: [], BELIEVED: []}
    with tempfile.TemporaryDirectory() as folder, ingest.sansang(Path(folder), _MODULE) as server:
        load_ = ingest.Load(server)
        load_.send(ingest.EVERYONE)
        words = {ASKED: server.tokens, BELIEVED: tuple(str(number) for number in range(1, ingest.AGENTS + 1))}
        for turn in range(turns):
            for way in found if turn % 2 else reversed(found):
                load_.server = server._replace(tokens=words[way])
                figures = load_.send(ingest.Phase(0, reports, 32))
                if figures.done != reports:
                    raise RuntimeError(f"{way}: {figures.answers}")
                found[way].append(figures.cost_us)
    return found


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=60)
    options.add_argument("--reports", type=int, default=2_000)
    asked = options.parse_args()
    vars(ingest)["peers_python"] = lambda: sys.executable  # no peer takes part
    print(machine())
    rows, said = [], []
    for name, only in (("taking only", "1"), ("whole", "")):
        os.environ["TAKING_ONLY"] = only
        found = measured(asked.turns, asked.reports)
        rows += [(name, *row) for row in _rows(found, asked.reports)]
        low, middle, high = middle_of(_ratios(found[ASKED], found[BELIEVED]))
        said.append(f"{name}: {middle - 1:+.1%} (95 % of the median: {low - 1:+.1%} to {high - 1:+.1%})")
    print(table(HEADS, rows), f"Load {load()} (after).", "Asking costs, " + "; ".join(said) + ".", sep="\n\n")


def _rows(found: Costs, reports: int) -> list[tuple[str, str, str, str]]:
    return [
        (way, f"{reports * len(costs):,}", spread(costs, 0), spread(_ratios(costs, found[BELIEVED]), 3))
        for way, costs in found.items()
    ]


def middle_of(values: list[float]) -> tuple[float, float, float]:
    """The median between the ends of its 95 % interval by order statistics (the binomial of the sign test)."""
    ordered, half = sorted(values), 0.98 * len(values) ** 0.5
    middle = (len(values) - 1) / 2
    low, high = max(0, int(middle - half)), min(len(values) - 1, -int(-(middle + half) // 1))
    return ordered[low], statistics.median(ordered), ordered[high]


def _ratios(costs: list[float], plain: list[float]) -> list[float]:
    return [one / other for one, other in zip(costs, plain, strict=True)]


if __name__ == "__main__":
    main()
