"""``sansang-collector``: serve, make credentials, check the configuration.

Imports nothing of the extra ``collector`` by itself, so that without it the reader gets a hint and not a traceback.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import msgspec

from sansang_agent.contract import settings as files
from sansang_agent.contract.assignment import Role
from sansang_agent.contract.version import __version__
from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES, asked_language, catalogue, mistakes_in

from . import (
    cli_ask_arguments,
    cli_audit_arguments,
    cli_deadman_arguments,
    cli_evaluate_arguments,
    cli_explain_arguments,
    cli_inventory_arguments,
    cli_join_arguments,
    cli_maintenance_arguments,
    cli_person_arguments,
    cli_simulate_arguments,
    settings_rules,
)
from .newer_schema import NewerSchemaError
from .settings import CollectorSettings

NEEDED = (
    "argon2",
    "cryptography",
    "fastapi",
    "httptools",
    "jinja2",
    "numpy",
    "prometheus_client",
    "segno",
    "sqlalchemy",
    "uvicorn",
)
"""What the extra ``collector`` brings and serving needs."""

_COMMANDS = {
    "serve": ("sansang_collector.cli_serve", "serve"),
    "token": ("sansang_collector.cli_credentials", "token"),
    "link": ("sansang_collector.cli_credentials", "link"),
    "join-code": ("sansang_collector.cli_join", "join_code"),
    "waiting": ("sansang_collector.cli_join", "waiting_"),
    "inventory": ("sansang_collector.cli_inventory", "inventory"),
    "ca": ("sansang_collector.cli_certificates", "authority"),
    "check-config": ("sansang_collector.cli_certificates", "check_config"),
    "ask": ("sansang_collector.cli_ask", "ask"),
    "audit": ("sansang_collector.cli_audit", "show"),
    "deadman-file": ("sansang_collector.cli_deadman", "write"),
    "explain": ("sansang_collector.cli_explain", "explain"),
    "coverage": ("sansang_collector.cli_topology", "coverage"),
    "maintenance": ("sansang_collector.cli_maintenance", "maintenance"),
    "person": ("sansang_collector.cli_person", "person"),
    "evaluate": ("sansang_collector.cli_evaluate", "evaluate"),
    "simulate": ("sansang_collector.cli_simulate", "simulate"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 could not, 2 misused or not installed."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    language = asked_language(given) or DEFAULT_LANGUAGE
    _ = catalogue("sansang_collector", language).gettext
    if any(find_spec(name) is None for name in NEEDED):
        hint = _("The collector is not installed here. Install it with: {command}")
        print(hint.format(command="pip install 'sansang[collector]'"), file=sys.stderr)
        return 2
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415  # it comes with the extra

    options = parser(language).parse_args(given)
    try:
        settings = read_settings(options)
        module, name = _COMMANDS[options.command]
        return int(getattr(import_module(module), name)(options, settings))
    except files.SettingsError as error:
        print(error.said(mistakes_in(language, "sansang_collector", "sansang_alerts")), file=sys.stderr)
    except NewerSchemaError as error:
        print(error, file=sys.stderr)
    except OperationalError as error:
        said = _("The ledger cannot be used just now ({reason}). Another program may be writing; try again.")
        print(said.format(reason=error.orig), file=sys.stderr)
    except OSError as error:
        print(_("Cannot do that: {reason}").format(reason=error), file=sys.stderr)
    return 3 if options.command == "ask" else 1


def read_settings(options: argparse.Namespace) -> CollectorSettings:
    """The settings of ``--config``, with what the command line says instead; raises SettingsError."""
    config = getattr(options, "config", None)
    settings = _load(config) if config else CollectorSettings()
    if getattr(options, "data", None):
        settings = msgspec.structs.replace(settings, data_dir=str(options.data))
    if getattr(options, "listen", None):
        settings = msgspec.structs.replace(settings, listen=options.listen)
    return settings


def _load(config: Path) -> CollectorSettings:
    """Names of certificates and keys are below the file's folder, as those of the agent's files are."""
    folder = config.resolve().parent
    settings = files.load(config, CollectorSettings, settings_rules.rule(folder))
    names = {key: getattr(settings, key) for key in settings_rules.FILES}
    return msgspec.structs.replace(settings, **{key: str(folder / name) for key, name in names.items() if name})


def parser(language: str) -> argparse.ArgumentParser:
    """The command line in this language."""
    _ = catalogue("sansang_collector", language).gettext
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--lang", choices=LANGUAGES, default=language, help=_("language of what is printed"))
    parser = argparse.ArgumentParser(
        prog="sansang-collector", description=_("The collector of sansang."), parents=[shared]
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar=_("COMMAND"))
    placed = argparse.ArgumentParser(add_help=False, parents=[shared])
    placed.add_argument("--config", type=Path, help=_("the settings file (YAML)"))
    placed.add_argument("--data", type=Path, help=_("the data directory, instead of the one in the settings"))

    serve = commands.add_parser("serve", parents=[placed], help=_("take reports, show pages, expose metrics"))
    serve.add_argument("--listen", type=_listen, metavar="HOST:PORT", help=_("where to listen; port 0 chooses one"))
    serve.add_argument("--ready-file", type=Path, help=_("written with the address once requests are answered"))

    link = commands.add_parser("link", parents=[placed], help=_("make a one-time link for a browser (10 minutes)"))
    link.add_argument("--url", help=_("how the browser reaches the collector, if not by public_url"))
    link.add_argument("--admin", action="store_true", help=_("for a session that may also change machines on /fleet"))

    check = commands.add_parser("check-config", parents=[shared], help=_("say every mistake in a settings file"))
    check.add_argument("--config", type=Path, required=True, help=_("the settings file (YAML)"))
    authority = commands.add_parser("ca", help=_("the collector's own certificate authority"))
    actions = authority.add_subparsers(dest="action", required=True, metavar=_("ACTION"))
    actions.add_parser(
        "show",
        parents=[placed],
        help=_("where it is, its fingerprint, until when it and the server's certificate are valid"),
    )
    actions.add_parser("export", parents=[placed], help=_("print its certificate, for whoever is to trust it"))
    _token_parsers(commands.add_parser("token", help=_("make, list and revoke tokens")), placed, language)
    cli_ask_arguments.add(commands, placed, language)
    cli_join_arguments.add(commands, placed, language)
    cli_audit_arguments.add(commands, placed, language)
    cli_deadman_arguments.add(commands, placed, language)
    cli_explain_arguments.add(commands, placed, language)
    cli_inventory_arguments.add(commands, shared, placed, language)
    cli_maintenance_arguments.add(commands, placed, language)
    cli_person_arguments.add(commands, placed, language)
    cli_simulate_arguments.add(commands, placed, language)
    cli_evaluate_arguments.add(commands, shared, language)
    return parser


def _token_parsers(token: argparse.ArgumentParser, placed: argparse.ArgumentParser, language: str) -> None:
    _ = catalogue("sansang_collector", language).gettext
    actions = token.add_subparsers(dest="action", required=True, metavar=_("ACTION"))
    written = argparse.ArgumentParser(add_help=False, parents=[placed])
    written.add_argument("--out", type=Path, help=_("the file to write the token to (made with mode 0600)"))
    agent = actions.add_parser("agent", parents=[written], help=_("for the agent NAME in COMMUNE to send reports"))
    agent.add_argument("commune", metavar="COMMUNE", help=_("the commune's five-digit code"))
    agent.add_argument("name", metavar="NAME", help=_("the machine's name: letters, digits, _ . - (at most 64)"))
    agent.add_argument(
        "--role",
        choices=[role.value for role in Role],
        help=_("what the machine is (counter if it is new and nothing is said)"),
    )
    actions.add_parser("read", parents=[written], help=_("for reading pages and the API"))
    actions.add_parser("metrics", parents=[written], help=_("for a scrape of /metrics"))
    actions.add_parser("admin", parents=[written], help=_("for everything but sending reports"))
    actions.add_parser("list", parents=[placed], help=_("list all tokens, never their secrets"))
    revoke = actions.add_parser("revoke", parents=[placed], help=_("end a token at once"))
    which = _("the number that list shows, or a machine, all tokens of which end")
    revoke.add_argument("which", nargs="+", metavar="ID | COMMUNE NAME", help=which)
    rotate = actions.add_parser("rotate", parents=[placed], help=_("hand out new tokens with the next answers"))
    rotate.add_argument("which", nargs="*", metavar="COMMUNE NAME", help=_("the machine"))
    rotate.add_argument("--all", action="store_true", help=_("every machine, a few at a time"))


def _listen(value: str) -> str:
    try:
        return msgspec.convert({"listen": value}, CollectorSettings).listen
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError("HOST:PORT") from None
