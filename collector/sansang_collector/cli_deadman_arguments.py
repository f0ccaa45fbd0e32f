"""What ``sansang-collector deadman-file`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    file = commands.add_parser(
        "deadman-file",
        parents=[placed],
        help=_("whom a vantage on another machine is to tell when this collector is silent"),
    )
    file.add_argument(
        "--out", required=True, metavar="FILE", help=_("the file to write (mode 0600); - for a pipe, such as ssh")
    )
