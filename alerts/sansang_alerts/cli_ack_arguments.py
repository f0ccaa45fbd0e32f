"""What ``sansang-alerts ack`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_alerts", language).gettext
    ack = commands.add_parser("ack", parents=[placed], help=_("take an incident on, so that nobody else is called"))
    ack.add_argument("code", metavar="CODE", help=_("the six characters in the message"))
    ack.add_argument("--by", default="", metavar="PERSON", help=_("who takes it on, by id, if not whoever types this"))
    ack.add_argument("--phone", action="store_true", help=_("they said so by telephone"))
