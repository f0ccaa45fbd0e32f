"""What ``sansang-collector join-code`` and ``waiting`` can be asked."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.words import catalogue

MOST_USES = 10_000
LONGEST_LIFE_S = 90 * 86_400.0
WEEK_S = 7 * 86_400.0
_UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add both to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    _add_waiting(commands.add_parser("waiting", help=_("machines that wait to be let in")), placed, language)
    code = commands.add_parser("join-code", parents=[placed], help=_("make a code that lets machines into a commune"))
    code.add_argument("commune", nargs="?", default="", metavar="COMMUNE", help=_("the commune's five-digit code"))
    code.add_argument("--uses", type=_uses, default=1, metavar="N", help=_("for how many machines (1)"))
    code.add_argument(
        "--expires", type=_life, default=WEEK_S, metavar="TIME", help=_("how long it holds: 12h, 7d (7d; 90d at most)")
    )
    code.add_argument("--role", choices=[role.value for role in Role], help=_("what the machines are (counter)"))
    code.add_argument(
        "--machine", default="", metavar="NAME", help=_("enrol this known machine again; it keeps its history")
    )
    code.add_argument("--url", default="", help=_("how machines reach the collector, if not by public_url"))
    code.add_argument("--qr", action="store_true", help=_("show a QR code of code and address too"))
    code.add_argument("--png", type=Path, metavar="FILE", help=_("write the QR code there (made with mode 0600)"))
    code.add_argument("--svg", type=Path, metavar="FILE", help=_("write the QR code there (made with mode 0600)"))
    code.add_argument("--list", action="store_true", help=_("list codes that hold, never the codes themselves"))
    code.add_argument("--revoke", default="", metavar="ID", help=_("withdraw the code that begins with ID"))


def _add_waiting(waiting: argparse.ArgumentParser, placed: argparse.ArgumentParser, language: str) -> None:
    _ = catalogue("sansang_collector", language).gettext
    actions = waiting.add_subparsers(dest="action", required=True, metavar=_("ACTION"))
    actions.add_parser("list", parents=[placed], help=_("list them, with the characters their screens show"))
    approve = actions.add_parser("approve", parents=[placed], help=_("let one into a commune"))
    approve.add_argument("id", type=int, metavar="ID", help=_("the number that list shows"))
    approve.add_argument("commune", metavar="COMMUNE", help=_("the commune's five-digit code"))
    approve.add_argument("--name", default="", help=_("what to call it; else by its host name"))
    refuse = actions.add_parser("refuse", parents=[placed], help=_("send one away"))
    refuse.add_argument("id", type=int, metavar="ID", help=_("the number that list shows"))


def _uses(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_USES:
        raise argparse.ArgumentTypeError(f"{text!r}: 1 … {MOST_USES}")
    return int(text)


def _life(text: str) -> float:
    number, unit = text[:-1], _UNITS.get(text[-1:])
    if (
        unit is None
        or not number.isascii()
        or not number.isdecimal()
        or not 0 < int(number[:9]) * unit <= LONGEST_LIFE_S
    ):
        raise argparse.ArgumentTypeError(f"{text!r}: 30m, 12h, 7d … 90d")
    return int(number) * unit
