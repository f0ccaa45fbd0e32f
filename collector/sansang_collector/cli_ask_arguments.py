"""What ``sansang-collector ask`` can be asked; a mistake of use ends with 3, as 2 would say that something is down."""

import argparse
import sys
from typing import Any, NoReturn

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    ask = commands.add_parser("ask", parents=[placed], help=_("have one machine look at something now, and tell"))
    ask.add_argument("commune", metavar="COMMUNE", help=_("the commune's five-digit code"))
    ask.add_argument("kind", metavar="KIND", help="icmp tcp dns tls http timestamp host path")
    ask.add_argument(
        "target", nargs="?", default="", metavar="TARGET", help=_("an address, host:port or a URL, by kind")
    )
    ask.add_argument(
        "--agent", default="", metavar="NAME", help=_("the machine; else the one that was in contact last")
    )
    ask.add_argument("--query", default="dichvucong.gov.vn", metavar="NAME", help=_("the name a dns probe asks for"))
    ask.add_argument(
        "--count",
        type=int,
        choices=range(1, 6),
        default=1,
        metavar="N",
        help=_("how often, five seconds apart (1 to 5)"),
    )
    ask.add_argument("--why", default="", metavar="TEXT", help=_("kept with the request"))
    ask.add_argument("--wait", type=float, metavar="SECONDS", help=_("how long to wait for the answer"))

    def error(message: str) -> NoReturn:
        ask.print_usage(sys.stderr)
        print(f"{ask.prog}: {message}", file=sys.stderr)
        raise SystemExit(3)

    ask.error = error
