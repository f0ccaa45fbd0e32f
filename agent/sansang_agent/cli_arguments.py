"""The commands and options of ``sansang``, in the user's language, as argparse wants them.

A usage mistake is an exception, so that it ends with 3 ("could not find out") and not argparse's 2 ("down" here).
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from . import __version__
from .contract.check import KINDS, SnmpAuth, SnmpPriv
from .contract.words import LANGUAGES
from .phrases import Speech

ACCESS_2C = "--community-file FILE"
ACCESS_3 = "--user NAME --auth-file FILE --priv-file FILE"
_ACCESS = ("community_file", "user", "auth", "auth_file", "priv", "priv_file")


class UsageError(Exception):
    """Arguments that make no sense; ``str()`` says so in the user's language."""


class _Help(argparse.HelpFormatter):
    """The heading of the usage line in the user's language."""

    heading: ClassVar[str]

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """As argparse has it, but for the heading."""
        super().add_usage(usage, actions, groups, self.heading if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError` instead of leaving; :func:`parser` makes one for each language."""

    speech: ClassVar[Speech]
    help_in_language: ClassVar[type[_Help]]

    def __init__(self, prog: str, description: str) -> None:
        _ = self.speech.say
        super().__init__(
            prog=prog,
            description=description,
            add_help=False,
            allow_abbrev=False,
            formatter_class=self.help_in_language,
        )
        self.options = self.add_argument_group(_("options"))
        self.options.add_argument("-h", "--help", action="help", help=_("show this help"))
        self.options.add_argument("--lang", choices=LANGUAGES, help=_("language of the answer: vi or en"))

    def error(self, message: str) -> NoReturn:
        """Argparse's own message stays English and technical, inside ours."""
        _ = self.speech.say
        text = _("This command is not understood ({why}). See: {prog} --help")
        raise UsageError(text.format(why=message, prog=self.prog))


def parser(speech: Speech) -> Parser:
    """The whole command line, in the language of ``speech``."""
    _ = speech.say
    spoken_help = type("SpokenHelp", (_Help,), {"heading": _("usage: ")})
    spoken = type("SpokenParser", (Parser,), {"speech": speech, "help_in_language": spoken_help})
    top: Parser = spoken("sansang", _("Tells whether this computer can serve citizens now, and what broke if not."))
    top.options.add_argument(
        "--version", action="version", version=f"sansang {__version__}", help=_("show the version")
    )
    commands = top.add_subparsers(dest="command", title=_("commands"), metavar="COMMAND", required=True)
    _check(_command(commands, "check", _("check everything now: one sentence, then a light for every rung")))
    _run(_command(commands, "run", _("keep checking and report to the collector, until stopped")))
    _enrol(_command(commands, "enrol", _("make this computer known to its centre, by a join code or by waiting")))
    _json(_command(commands, "status", _("what the agent running here says of itself")))
    _json(_command(commands, "report", _("the last verdict as a text to send")))
    _policy(
        _command(
            commands, "policy", _("what the centre may name here; keys and signatures for more"), with_config=False
        )
    )
    _file(_command(commands, "check-config", _("say whether a configuration file can be used"), with_config=False))
    return top


def _command(commands: Any, name: str, about: str, *, with_config: bool = True) -> Parser:
    made = commands.add_parser(name, help=about, description=about)
    assert isinstance(made, Parser)
    if with_config:
        _ = made.speech.say
        made.options.add_argument("--config", type=Path, metavar="FILE", help=_("configuration file"))
    return made


def _file(command: Parser) -> None:
    _ = command.speech.say
    about = _("the file; without it, the one that applies here")
    command.options.add_argument("config", nargs="?", type=Path, metavar="FILE", help=about)


def _policy(policy: Parser) -> None:
    _ = policy.speech.say
    actions = policy.add_subparsers(dest="action", title=_("commands"), metavar="ACTION", required=True)
    _command(actions, "show", _("what the centre may name here, and which policy files are not used"))
    key = _command(actions, "keygen", _("make a key that signs policies"), with_config=False)
    key.options.add_argument("out", type=Path, metavar="FILE", help=_("where the secret key is written"))
    sign = _command(actions, "sign", _("sign a policy, on the machine that holds the key"), with_config=False)
    sign.options.add_argument("source", type=Path, metavar="FILE", help=_("the policy, as YAML"))
    sign.options.add_argument("--key", type=Path, metavar="FILE", required=True, help=_("the secret key"))
    sign.options.add_argument("--out", type=Path, metavar="FILE", help=_("the signed file; else beside FILE"))


def _run(run: Parser) -> None:
    _ = run.speech.say
    about = _("look into the communes from the province's side: beside the collector, never on a counter PC")
    run.options.add_argument("--vantage", action="store_true", help=about)


def _enrol(enrol: Parser) -> None:
    _ = enrol.speech.say
    about = _("the join code, in whatever case and grouping; without one the centre is asked to let this computer in")
    enrol.options.add_argument("code", nargs="?", metavar="CODE", help=about)
    about = _("the collector's address, https://…; plain http for this computer itself only")
    enrol.options.add_argument("--collector", required=True, metavar="URL", help=about)
    about = _("a file with the authorities to trust instead of the system's")
    enrol.options.add_argument("--ca", type=Path, metavar="FILE", help=about)
    about = _("replace an enrolment: after a move, or where a copied disk made two machines of one")
    enrol.options.add_argument("--again", action="store_true", help=about)


def _check(check: Parser) -> None:
    _ = check.speech.say
    what = check.add_argument_group(_("one probe only"))
    what.add_argument("kind", nargs="?", metavar="KIND", choices=tuple(KINDS), help=", ".join(KINDS))
    what.add_argument("target", nargs="?", metavar="TARGET", help=_("an address, host:port or a URL, by kind"))
    what.add_argument("--query", metavar="NAME", default="dichvucong.gov.vn", help=_("the name a dns probe asks for"))
    _access(check)
    check.options.add_argument("-v", "--verbose", action="store_true", help=_("show every check with its evidence"))
    _json(check)


def _access(check: Parser) -> None:
    """How an snmp probe says who asks; secrets come from files, for a command line can be read by everybody."""
    _ = check.speech.say
    who = check.add_argument_group(_("who asks a device by SNMP; without these, as the configuration has it"))
    who.add_argument("--community-file", metavar="FILE", help=_("version 2c: a file with the community"))
    who.add_argument("--user", metavar="NAME", help=_("version 3: the user"))
    who.add_argument("--auth-file", metavar="FILE", help=_("version 3: a file with the authentication passphrase"))
    who.add_argument("--priv-file", metavar="FILE", help=_("version 3: a file with the privacy passphrase"))
    who.add_argument("--auth", choices=[each.value for each in SnmpAuth], help=_("version 3: sha256 unless given"))
    who.add_argument("--priv", choices=[each.value for each in SnmpPriv], help=_("version 3: aes128 unless given"))


def access_of(options: argparse.Namespace) -> dict[str, str]:
    """The keys of an snmp check that were given."""
    given = {key: getattr(options, key) for key in _ACCESS}
    return {key: str(value) for key, value in given.items() if value}


def _json(command: Parser) -> None:
    _ = command.speech.say
    command.options.add_argument("--json", action="store_true", dest="as_json", help=_("answer as JSON"))
