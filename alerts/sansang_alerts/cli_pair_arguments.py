"""What ``sansang-alerts pair`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_alerts", language).gettext
    pair = commands.add_parser("pair", parents=[placed], help=_("let a Zalo chat be somebody's, by six digits"))
    pair.add_argument("person", nargs="?", default=None, metavar="PERSON", help=_("by id; nobody: list who is paired"))
    pair.add_argument("--channel", default="", metavar="CHANNEL", help=_("the bot's channel, where there are several"))
    what = pair.add_mutually_exclusive_group()
    what.add_argument("--forget", action="store_true", help=_("tell them nothing there any more"))
    listen = _("fetch what is written to the bot here; only while neither a collector nor serve does")
    what.add_argument("--listen", action="store_true", help=listen)
