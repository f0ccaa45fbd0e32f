"""What ``sansang-collector audit`` can be asked."""

import argparse
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sansang_agent.contract.words import catalogue

from .commune import CODE

T = TypeVar("T")


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    audit = commands.add_parser("audit", parents=[placed], help=_("who did what, and whether the record is whole"))
    span = _("a span back from now such as 7d or 12h, or a date such as 2026-06-26, in Vietnam's time")
    moment = _checked(_moment, span)
    audit.add_argument("--since", type=moment, metavar="WHEN", help=span)
    audit.add_argument("--until", type=moment, metavar="WHEN", help=span)
    audit.add_argument("--who", default="", metavar="TEXT", help=_("only of whom this is part of the name"))
    audit.add_argument("--what", default="", metavar="WORD", help=_("only this kind of deed, for example enrol"))
    code = _checked(_code, _("the commune's five-digit code"))
    audit.add_argument("--commune", type=code, metavar="CODE", help=_("only this commune's"))
    form = audit.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help=_("for a spreadsheet, newest first"))
    form.add_argument("--json", action="store_true", help=_("one JSON object a line, newest first"))
    form.add_argument(
        "--verify", action="store_true", help=_("only check that no row was changed or taken out, and tell the end")
    )
    audit.add_argument(
        "--end", metavar="LINK", help=_("with --verify: an end noted earlier, which must still be in the record")
    )


def _checked(read: Callable[[str], T], wanted: str) -> Callable[[str], T]:
    """What argparse calls to read a value; for one that cannot be, what is wanted instead."""

    def checked(text: str) -> T:
        try:
            return read(text)
        except (ValueError, OverflowError):
            raise argparse.ArgumentTypeError(wanted) from None

    return checked


def _moment(text: str) -> float:
    from .simulation.faults import parse_duration, parse_time  # noqa: PLC0415  # only when asked

    now = time.time()
    try:
        return now - parse_duration(text)
    except ValueError:
        return parse_time(text, now)


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise ValueError(text)
    return text
