"""``sansang-alerts``: who is on call, whether the settings are good, and all that has to do with telling people.

Imports nothing of the extra ``alerts`` by itself, so that without it the reader gets a hint and not a traceback. A
command is a row of ``_COMMANDS`` and a module ``cli_NAME_arguments`` in ``_ARGUMENTS``.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sansang_agent.contract.mistake import SettingsError
from sansang_agent.contract.version import __version__
from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES, asked_language, catalogue, mistakes_in

from . import (
    cli_ack_arguments,
    cli_deadman_arguments,
    cli_oncall_arguments,
    cli_pair_arguments,
    cli_serve_arguments,
    cli_test_arguments,
)

NEEDED = ("apprise", "fastapi", "httpx", "jinja2", "markdown_it", "sqlalchemy", "uvicorn")
"""What the extra ``alerts`` brings."""
CONFIG = Path("/etc/sansang/alerts.yml")

_COMMANDS = {
    "check-config": ("sansang_alerts.cli_check_config", "check_config"),
    "ack": ("sansang_alerts.cli_ack", "ack"),
    "oncall": ("sansang_alerts.cli_oncall", "oncall"),
    "deadman": ("sansang_alerts.cli_deadman", "deadman"),
    "pair": ("sansang_alerts.cli_pair", "pair"),
    "serve": ("sansang_alerts.cli_serve", "serve"),
    "test": ("sansang_alerts.cli_test", "test"),
}
"""Module and function, which is given the options and returns the exit status. It raises SettingsError, OSError and
SQLAlchemy's OperationalError as they come."""
_ARGUMENTS = (
    cli_serve_arguments.add,
    cli_ack_arguments.add,
    cli_oncall_arguments.add,
    cli_deadman_arguments.add,
    cli_pair_arguments.add,
    cli_test_arguments.add,
)
"""Each adds a command; it is given what ``add_subparsers`` gave, the shared options and the language."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 could not, 2 misused or not installed."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    language = asked_language(given) or DEFAULT_LANGUAGE
    _ = catalogue("sansang_alerts", language).gettext
    if any(find_spec(name) is None for name in NEEDED):
        hint = _("Alerts are not installed here. Install them with: {command}")
        print(hint.format(command="pip install 'sansang[alerts]'"), file=sys.stderr)
        return 2
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415  # it comes with the extra

    from .schema import NewerTablesError  # noqa: PLC0415

    options = parser(language).parse_args(given)
    try:
        module, name = _COMMANDS[options.command]
        return int(getattr(import_module(module), name)(options))
    except SettingsError as error:
        print(error.said(mistakes_in(options.lang, "sansang_alerts")), file=sys.stderr)
    except NewerTablesError as error:
        print(error, file=sys.stderr)
    except OperationalError as error:
        said = _(
            "The database of alerts cannot be used just now ({reason}). Another program may be writing; try again."
        )
        print(said.format(reason=str(error.orig).strip()), file=sys.stderr)
    except OSError as error:
        print(_("Cannot do that: {reason}").format(reason=error), file=sys.stderr)
    return 1


def parser(language: str) -> argparse.ArgumentParser:
    """The command line in this language."""
    _ = catalogue("sansang_alerts", language).gettext
    top, placed = _placed(_), _placed(_)
    parser = argparse.ArgumentParser(
        prog="sansang-alerts", description=_("Tells people what is broken."), parents=[top]
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(lang=language, config=CONFIG, ledger="")
    commands = parser.add_subparsers(dest="command", required=True, metavar=_("COMMAND"))
    commands.add_parser("check-config", parents=[placed], help=_("say every mistake in a settings file, and its gaps"))
    stored = argparse.ArgumentParser(add_help=False, parents=[placed], argument_default=argparse.SUPPRESS)
    where = _("the database of alerts, instead of the one in the settings: a file, or postgresql+psycopg://…")
    stored.add_argument("--ledger", metavar="PLACE", help=where)
    for add in _ARGUMENTS:
        add(commands, stored, language)
    return parser


def _placed(_: Callable[[str], str]) -> argparse.ArgumentParser:
    """What may stand before and behind a command. What is given before it is not to be forgotten by it: hence no
    defaults here, and options of its own for whoever has them."""
    placed = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    placed.add_argument("--lang", choices=LANGUAGES, help=_("language of what is printed"))
    placed.add_argument(
        "--config", type=Path, metavar="FILE", help=_("the settings file (YAML), if not {file}").format(file=CONFIG)
    )
    return placed
