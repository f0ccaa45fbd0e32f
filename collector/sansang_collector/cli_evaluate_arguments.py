"""What ``sansang-collector evaluate`` can be asked."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue

SEED = 2026
"""Of the committed table; no part of the diagnosis was looked at with its provinces."""


def add(commands: Any, shared: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave; ``shared``: the language."""
    _ = catalogue("sansang_collector", language).gettext
    evaluate = commands.add_parser(
        "evaluate", parents=[shared], help=_("how well faults are found: every kind played, ours beside simpler ways")
    )
    evaluate.add_argument("--seed", type=int, default=SEED, metavar="N", help=_("another one is another province"))
    evaluate.add_argument("--faults", type=_count, default=20, metavar="N", help=_("trials of each kind of fault"))
    evaluate.add_argument("--days", type=_count, default=60, metavar="N", help=_("days in which nothing breaks"))
    evaluate.add_argument("--communes", type=_count, default=65, metavar="N", help=_("how large a province"))
    evaluate.add_argument("--only", nargs="+", default=[], metavar="ROW", help=_("only these rows"))
    evaluate.add_argument("--jobs", type=_count, default=1, metavar="N", help=_("trials at a time"))
    evaluate.add_argument(
        "--keep", type=Path, metavar="FILE", help=_("append each trial as it ends, and play none again that is there")
    )
    evaluate.add_argument("--json", action="store_true", help=_("every trial and every figure as JSON"))
    evaluate.add_argument("--failing", action="store_true", help=_("name each trial that went wrong as well"))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}': 1 … 100000")
    return int(text)
