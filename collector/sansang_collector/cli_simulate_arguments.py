"""What ``sansang-collector simulate`` can be asked."""

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sansang_agent.contract.words import catalogue

from .settings import CollectorSettings

T = TypeVar("T")


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave; ``placed``: options that find settings and data."""
    _ = catalogue("sansang_collector", language).gettext
    simulate = commands.add_parser(
        "simulate", parents=[placed], help=_("play a province's machines to a collector, labelled simulated")
    )
    whole = _checked(_whole, _("a whole number from 1 on"))
    simulate.add_argument("--communes", type=whole, metavar="N", help=_("how many communes; without it all"))
    simulate.add_argument("--agents", type=whole, default=4, metavar="N", help=_("machines in each"))
    simulate.add_argument("--province", default="Lạng Sơn", metavar="NAME", help=_("for example 'Lạng Sơn'"))
    simulate.add_argument(
        "--inventory", type=Path, metavar="FOLDER", help=_("an inventory's folder instead of a province's example")
    )
    simulate.add_argument("--seed", type=int, default=1, metavar="S", help=_("the same seed plays the same days"))
    simulate.add_argument(
        "--for", dest="lasts", metavar="DURATION", help=_("simulated time, as 45m, 8h or 2d; without it until Ctrl-C"),
        type=_checked(_duration, _("a duration such as 45m, 8h or 2d")),
    )  # fmt: skip
    simulate.add_argument(
        "--fault", action="append", default=[], metavar="FAULT",
        help=_("what breaks, as ring:van-quan@09:00+40m or access_node:a=lossy(0.2)@09:00; may be given again"),
    )  # fmt: skip
    _own(simulate, language)
    _other(simulate, language)


def _own(simulate: argparse.ArgumentParser, language: str) -> None:
    _ = catalogue("sansang_collector", language).gettext
    own = simulate.add_argument_group(_("with a collector of its own, on a clock of its own"))
    own.add_argument(
        "--start", metavar="TIME", help=_("when it begins, as 09:00 or 2026-06-26T09:00 (Vietnam)"),
        type=_checked(_time, _("a time such as 09:00 or 2026-06-26T09:00")),
    )  # fmt: skip
    own.add_argument(
        "--speed", metavar="N", help=_("so many times as fast as real time; max: as fast as it goes"),
        type=_checked(_speed, _("a number from 1 on, or max")),
    )  # fmt: skip
    own.add_argument(
        "--listen", metavar="HOST:PORT", help=_("where to listen; port 0 chooses one"),
        type=_checked(_listen, "HOST:PORT"),
    )  # fmt: skip


def _other(simulate: argparse.ArgumentParser, language: str) -> None:
    _ = catalogue("sansang_collector", language).gettext
    other = simulate.add_argument_group(_("with a running collector, in real time"))
    other.add_argument("--collector", metavar="URL", help=_("where it is, if not where the settings say"))
    other.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=_("an admin token; without it one is made in the data directory"),
    )


def _checked(read: Callable[[str], T], wanted: str) -> Callable[[str], T]:
    """``read`` with a mistake said in the reader's words."""

    def checked(text: str) -> T:
        try:
            return read(text)
        except (ValueError, OverflowError, msgspec.ValidationError):
            raise argparse.ArgumentTypeError(f"'{text}': {wanted}") from None

    return checked


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise ValueError(text)
    return int(text)


def _duration(text: str) -> float:
    from .simulation.faults import parse_duration  # noqa: PLC0415  # only when asked

    return parse_duration(text)


def _time(text: str) -> float:
    from .simulation.faults import parse_time  # noqa: PLC0415  # only when asked

    return parse_time(text, time.time())


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed >= 1:
        raise ValueError(text)
    return speed


def _listen(text: str) -> str:
    return msgspec.convert({"listen": text}, CollectorSettings).listen
