"""What ``sansang-collector explain`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    explain = commands.add_parser(
        "explain", parents=[placed], help=_("what is broken, on what grounds, whose it is, and what to do next")
    )
    explain.add_argument(
        "what",
        nargs="+",
        metavar="INCIDENT | COMMUNE",
        help=_("an incident's number or six characters, or a commune by its code or name"),
    )
    explain.add_argument("--json", action="store_true", help=_("one JSON object"))
