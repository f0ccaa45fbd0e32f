"""What ``sansang-collector inventory`` and ``coverage`` can be asked."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue

TABLES = ("communes", "lines", "access_nodes", "contacts")
FOLDER = Path("inventory")


def add(commands: Any, shared: argparse.ArgumentParser, placed: argparse.ArgumentParser, language: str) -> None:
    """Add both to ``commands``, what ``add_subparsers`` gave.

    ``shared``: options of every command; ``placed``: with those that find the ledger.
    """
    _ = catalogue("sansang_collector", language).gettext
    inventory = commands.add_parser("inventory", help=_("communes, lines, services: make, check and apply"))
    actions = inventory.add_subparsers(dest="action", required=True, metavar=_("ACTION"))

    init = actions.add_parser("init", parents=[shared], help=_("write a province's first files"))
    init.add_argument("--province", required=True, metavar="NAME", help=_("for example 'Lạng Sơn'"))
    _folder(init, _("the folder to make"))
    check = actions.add_parser("check", parents=[shared], help=_("say every mistake in a folder's files"))
    _folder(check, _("the inventory's folder"))

    take = actions.add_parser("import", parents=[shared], help=_("take a spreadsheet (CSV) into a folder"))
    take.add_argument("file", type=Path, metavar="FILE.csv", help=_("as saved by a spreadsheet program"))
    _folder(take, _("the inventory's folder"))
    take.add_argument("--table", choices=TABLES, help=_("which table it is, where its headings do not tell"))
    take.add_argument("--yes", action="store_true", help=_("write; without it only the differences are shown"))

    apply = actions.add_parser("apply", parents=[placed], help=_("put a folder into force as a new version"))
    _folder(apply, _("the inventory's folder"))
    apply.add_argument("--note", default="", help=_("kept with the version"))
    apply.add_argument("--dry-run", action="store_true", help=_("only show the differences"))

    show = actions.add_parser("show", parents=[placed], help=_("what is in force, and what was before"))
    show.add_argument("version", type=int, nargs="?", metavar="VERSION", help=_("another version than the newest"))
    show.add_argument("--json", action="store_true", help=_("all of it, for programs"))

    path = actions.add_parser("path", parents=[placed], help=_("what a check crosses, in words"))
    path.add_argument("commune", metavar="COMMUNE", help=_("the commune's code or name"))
    path.add_argument("check", nargs="?", metavar="CHECK", help=_("the check; without it all are listed"))
    path.add_argument("--machine", default="", metavar="NAME", help=_("a machine of the commune"))
    _from(path, language)

    doubts = actions.add_parser("doubts", parents=[placed], help=_("communes that may be under the wrong part"))
    doubts.add_argument("--json", action="store_true", help=_("all of it, for programs"))
    settle = _("somebody has looked into this one")
    doubts.add_argument("--settle", nargs=2, metavar=("COMMUNE", "PART"), help=settle)

    coverage = commands.add_parser("coverage", parents=[placed], help=_("what cannot be told apart, and what mends it"))
    coverage.add_argument("--commune", default="", metavar="COMMUNE", help=_("the commune's code or name"))
    coverage.add_argument("--json", action="store_true", help=_("all of it, for programs"))
    _from(coverage, language)


def _folder(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, metavar="FOLDER", help=words)


def _from(parser: argparse.ArgumentParser, language: str) -> None:
    _ = catalogue("sansang_collector", language).gettext
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help=_("a folder instead of what is in force"))
