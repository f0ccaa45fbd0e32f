"""What ``sansang-alerts deadman`` can be asked."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave; it needs neither settings nor database."""
    _ = catalogue("sansang_alerts", language).gettext
    del placed
    deadman = commands.add_parser("deadman", help=_("tell people that the collector is silent; the vantage starts it"))
    deadman.add_argument("--lang", default=language, help=argparse.SUPPRESS)
    deadman.add_argument(
        "--channels",
        type=Path,
        required=True,
        metavar="FILE",
        help=_("what the collector wrote for this: dead_man_file"),
    )
    deadman.add_argument("--since", type=float, metavar="SECONDS", help=_("since when, Unix time, if not since now"))
    deadman.add_argument("--ended", type=float, metavar="SECONDS", help=_("it is over since then: tell that"))
    deadman.add_argument(
        "--record", type=Path, metavar="FILE", help=_("where to keep who was told, if not beside the other file")
    )
    deadman.add_argument("--check", action="store_true", help=_("tell nobody, only say who would be told now"))
