"""What ``sansang-collector person`` can be asked: no password is ever an argument, as those are seen by everybody."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue

from .rights import EVERYWHERE

ROLES = ("viewer", "commune", "technician", "admin")
"""person_words.ROLES, which cannot be imported without the extra ``collector``; a test holds them equal."""


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_collector", language).gettext
    person = commands.add_parser("person", help=_("make and change accounts of people"))
    actions = person.add_subparsers(dest="action", required=True, metavar=_("ACTION"))
    named = argparse.ArgumentParser(add_help=False, parents=[placed])
    named.add_argument("name", metavar="NAME", help=_("the account's name: letters, digits, . _ - (at most 64)"))
    given = argparse.ArgumentParser(add_help=False)
    given.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help=_("a file of mode 0600 whose first line is the password; without it you are asked"),
    )
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--role", required=True, choices=ROLES, help=_("what they may do; see docs/people.md"))
    places = where.add_mutually_exclusive_group(required=True)
    places.add_argument(
        "--commune",
        action="append",
        dest="communes",
        metavar="CODE",
        help=_("for this commune's centre; may be given again"),
    )
    places.add_argument(
        "--everywhere", action="store_const", dest="communes", const=[EVERYWHERE], help=_("for all communes")
    )
    actions.add_parser("add", parents=[named, where, given], help=_("make an account"))
    actions.add_parser("list", parents=[placed], help=_("list all accounts with their roles"))
    actions.add_parser("grant", parents=[named, where], help=_("give a role"))
    actions.add_parser("withdraw", parents=[named, where], help=_("take a role away"))
    actions.add_parser("password", parents=[named, given], help=_("set a new password and end all sessions"))
    actions.add_parser("disable", parents=[named], help=_("let them log in no more and end all sessions"))
    actions.add_parser("enable", parents=[named], help=_("let them log in again"))
