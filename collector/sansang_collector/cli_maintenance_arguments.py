"""What ``sansang-collector maintenance`` can be asked."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue

from .refusal import Gettext
from .written_times import moment_of


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    moment = partial(_moment, _=_)
    maintenance = commands.add_parser("maintenance", help=_("planned work and announced power cuts"))
    actions = maintenance.add_subparsers(dest="action", required=True, metavar=_("ACTION"))

    list_ = actions.add_parser("list", parents=[placed], help=_("what is under way and to come"))
    list_.add_argument("--all", action="store_true", help=_("what is over or cancelled as well"))
    list_.add_argument("--json", action="store_true", help=_("one JSON object per line"))

    add_ = actions.add_parser("add", parents=[placed], help=_("announce one"))
    kinds = ("planned_work", "power_cut")
    add_.add_argument("--kind", choices=kinds, default=kinds[0], help=_("what is planned"))
    add_.add_argument("--title", required=True, metavar="TEXT", help=_("what is done, in a few words"))
    said = _("in Vietnam's time, for example '2026-07-01 08:00'")
    add_.add_argument("--begins", type=moment, required=True, metavar="MOMENT", help=said)
    add_.add_argument("--ends", type=moment, required=True, metavar="MOMENT", help=_("when it is expected to be over"))
    add_.add_argument("--announced", type=moment, metavar="MOMENT", help=_("when it was announced, if not now"))
    add_.add_argument("--commune", action="append", default=[], metavar="CODE", help=_("may be given several times"))
    part = _("an id such as ring:R1; may be given several times")
    add_.add_argument("--part", action="append", default=[], metavar="PART", help=part)

    take = actions.add_parser("import", parents=[placed], help=_("take announced power cuts from a spreadsheet (CSV)"))
    take.add_argument("file", type=Path, metavar="FILE.csv", help=_("as saved by a spreadsheet program"))
    take.add_argument("--yes", action="store_true", help=_("write; without it only what is new is shown"))

    for name, told in (
        ("cancel", _("it does not take place after all")),
        ("end", _("it is over earlier than announced")),
    ):
        one = actions.add_parser(name, parents=[placed], help=told)
        one.add_argument("number", type=int, metavar="NUMBER", help=_("its number, as list shows it"))


def _moment(text: str, _: Gettext) -> float:
    try:
        return moment_of(text, _=_)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
