"""What ``sansang-alerts test`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_alerts", language).gettext
    test = commands.add_parser("test", parents=[placed], help=_("send a message that only tries a channel"))
    test.add_argument("channel", metavar="CHANNEL", help=_("the channel's id"))
    whom = _("a person by id, or an address, number or chat as it is; not needed for a webhook")
    test.add_argument("--to", default=None, metavar="WHOM", help=whom)
