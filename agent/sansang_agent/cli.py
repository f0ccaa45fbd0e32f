"""The ``sansang`` command: parses, sets up this machine, prints what a command says, and ends with its exit code.

0 good, 1 degraded, 2 down, 3 could not find out, mistakes of use and configuration included. Users see no stack trace.
"""

import argparse
import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from . import config as settings
from .assigned import Assigned
from .assignment_file import kept
from .cli_arguments import ACCESS_2C, ACCESS_3, UsageError, access_of, parser
from .clock import SystemClock
from .commands import Said
from .config import AgentConfig, data_dir, load_config, told_dirs
from .contract.check import Check
from .contract.rung import Owner
from .contract.settings import SettingsError
from .contract.words import DEFAULT_LANGUAGE, asked_language, mistakes_in
from .default_profile import expand
from .enrolment import Found, find, followed
from .last_good import Chosen, choose
from .phrases import Speech, in_spite_of
from .platform import Platform, current
from .sole import AlreadyRunningError, sole
from .table import Look
from .terminal import prepare, progress_on

NOT_FOUND_OUT = 3

_log = logging.getLogger(__name__)


class _Call(NamedTuple):
    """One call of the program, understood."""

    options: argparse.Namespace
    chosen: Chosen
    config: AgentConfig
    """The settings in use: what the file leaves open is as this machine is enrolled."""
    enrolled: Found | None
    assigned: Assigned
    speech: Speech
    look: Look

    @property
    def follows_centre(self) -> bool:
        """Whether the centre names what is checked here."""
        return self.config.profile is None and self.assigned.profile is not None

    @property
    def followed(self) -> AgentConfig:
        """The settings in use, with what the centre has assigned to be checked where the file leaves that open."""
        return msgspec.structs.replace(self.config, profile=self.config.profile or self.assigned.profile)


def main() -> None:
    """What a shell starts. Ends at once: a lookup hung in a dead resolver must not hold the clerk's window open."""
    # Others may read how this machine stands, if its folder lets them; whatever started us, they write nothing there.
    os.umask(os.umask(0o077) | 0o022)
    code = answer(sys.argv[1:])
    # Threads that hang in the system's resolver cannot be ended, and the interpreter's own exit may wait for them.
    os._exit(code)


def answer(arguments: Sequence[str]) -> int:
    """Run one command, print what it says, and return its exit code."""
    look = prepare(sys.stdout)
    prepare(sys.stderr)
    # without a handler Python itself would print warnings, traces included; ``run`` sets up its own
    logging.getLogger().addHandler(logging.NullHandler())
    speech = Speech(asked_language(arguments) or DEFAULT_LANGUAGE)
    try:
        code = _answer(arguments, speech, look)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SystemExit as end:
        # argparse after --help and --version
        return int(end.code or 0)
    except BrokenPipeError:
        # whoever read us has left; nothing must complain of it again
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return NOT_FOUND_OUT
    except (KeyboardInterrupt, Exception) as problem:  # noqa: BLE001  # the last net: one sentence, never a trace
        _log.debug("unexpected", exc_info=problem)
        print(_apology(problem, speech), file=sys.stderr, flush=True)
        return NOT_FOUND_OUT
    return code


def _answer(arguments: Sequence[str], speech: Speech, look: Look) -> int:
    options = parser(speech).parse_args(arguments)
    if options.command == "check-config":
        return _check_config(options, speech)
    if options.command == "policy" and options.action != "show":
        return _sign(options, speech)
    chosen = choose(options.config)
    enrolled = find(told_dirs(chosen.config)) if chosen.config.collector is None else None
    config = followed(chosen.config, enrolled)
    assigned = assigned_here(config)
    language = asked_language(arguments) or config.language
    spoken = Speech(language, contacts_of(config, assigned), services=assigned.service_contacts)
    if chosen.mistakes:
        print(in_spite_of(chosen.mistakes, spoken), file=sys.stderr, flush=True)
    return _COMMANDS[options.command](_Call(options, chosen, config, enrolled, assigned, spoken, look))


def _apology(problem: BaseException, speech: Speech) -> str:
    """Why there is no answer, in the user's words."""
    _ = speech.say
    match problem:
        case UsageError():
            return str(problem)
        case SettingsError():
            mistakes = problem.said(mistakes_in(speech.language))
            return "\n".join((_("The configuration cannot be used:"), mistakes))
        case KeyboardInterrupt():
            return _("Stopped.")
        case AlreadyRunningError():
            return _("The monitoring program already runs on this computer (data in {folder}).").format(folder=problem)
    text = _("The program failed ({problem}). Please tell the commune's IT officer.")
    return text.format(problem=f"{type(problem).__name__}: {problem}")


def assigned_here(config: AgentConfig) -> Assigned:
    """What the centre last assigned to this machine; nothing where the file itself says what to check."""
    if config.collector is None or config.profile is not None:
        return Assigned()
    return kept(told_dirs(config), config.collector.url)


def contacts_of(config: AgentConfig, assigned: Assigned) -> dict[Owner, str]:
    """Whom to call by owner: as configured here, else as the centre says; some owners have nobody."""
    places = (config.contacts, assigned.contacts)
    return {owner: next(filter(None, (getattr(one, owner, "") for one in places)), "") for owner in Owner}


def _say(said: Said) -> int:
    print(said.text)
    return said.exit_code


def _check(call: _Call) -> int:
    from .commands.check import Here, Options, check  # noqa: PLC0415  # a usage mistake needs no probes
    from .commands.probe import probe  # noqa: PLC0415
    from .permission import permission_for  # noqa: PLC0415

    on_ask = call.assigned.on_ask if call.follows_centre else ()
    wanted = Options(as_json=call.options.as_json, verbose=call.options.verbose, look=call.look, on_ask=on_ask)
    platform = current()
    carried = call.assigned.policies
    permission = permission_for(call.config, call.chosen.file, platform, carried) if call.follows_centre else None
    here = Here(call.followed, platform, SystemClock(platform), permission)
    progress = progress_on(sys.stderr, call.speech)
    if call.options.kind is None:
        return _say(asyncio.run(check(here, call.speech, wanted, progress)))
    return _say(asyncio.run(probe(_asked(call, platform), here, call.speech, wanted, progress)))


def _asked(call: _Call, platform: Platform) -> Check:
    """The one check a person asked for; raises :class:`UsageError`."""
    from .commands.probe import AccessError, TargetError, one_check  # noqa: PLC0415

    _ = call.speech.say
    kind, query = call.options.kind, call.options.query
    target = call.options.target or ("local" if kind == "host" else "")
    profile = call.config.profile
    try:
        return one_check(kind, target, query, access_of(call.options), profile and expand(profile, platform.network()))
    except TargetError as mistake:
        raise UsageError(_("The target is not understood: {why}.").format(why=mistake)) from mistake
    except AccessError as mistake:
        text = _("The device cannot be asked ({why}). Give {v2c}, or {v3}.")
        raise UsageError(text.format(why=mistake, v2c=ACCESS_2C, v3=ACCESS_3)) from mistake


def _run(call: _Call) -> int:
    from .commands.run import run  # noqa: PLC0415  # only the service needs uplink and spool

    vantage = bool(call.options.vantage)
    if vantage and not call.config.policy.networks:
        raise UsageError(_without_networks(call))
    with sole(data_dir(call.config)):
        return run(call.chosen, current(), vantage=vantage)


def _without_networks(call: _Call) -> str:
    _ = call.speech.say
    text = _(
        "The vantage does not start, because {file} names no networks. Without them it might not ask a single terminal"
        " of the communes. Name the networks it may ask under {key}, for example [10.20.0.0/16]."
    )
    return text.format(file=call.chosen.file or "agent.yml", key="policy: networks:")


def _enrol(call: _Call) -> int:
    from .commands.enrol import Wanted, enrol  # noqa: PLC0415

    options = call.options
    wanted = Wanted(options.collector, options.code, options.ca, options.again, call.chosen.file)
    return _say(enrol(call.chosen.config, wanted, call.speech, lambda line: print(line, flush=True)))


def _status(call: _Call) -> int:
    from .commands.status import status  # noqa: PLC0415

    told = status(call.config, call.speech, time.time(), as_json=call.options.as_json, enrolled=call.enrolled)
    return _say(told)


def _report(call: _Call) -> int:
    from .commands.report import report  # noqa: PLC0415

    network, machine = current().network(), socket.gethostname()
    return _say(report(call.followed, network, machine, call.speech, time.time(), as_json=call.options.as_json))


def _sign(options: argparse.Namespace, speech: Speech) -> int:
    """Keys and signatures: nothing of this machine is needed."""
    from .commands.policy import keygen, sign_file  # noqa: PLC0415  # YAML and all

    if options.action == "keygen":
        return _say(keygen(options.out, speech))
    return _say(sign_file(options.source, options.key, options.out, speech))


def _policy(call: _Call) -> int:
    from .commands.policy import show  # noqa: PLC0415
    from .permission import shelf_for  # noqa: PLC0415

    shelf = shelf_for(call.config, call.chosen.file, keeps=False)
    shelf.carry(call.assigned.policies)
    return _say(show(call.config, shelf.now(0.0, time.time()), call.speech))


def _check_config(options: argparse.Namespace, speech: Speech) -> int:
    _ = speech.say
    place = options.config or settings.find()
    if place is None:
        return _say(Said(_("There is no configuration file; the defaults are in use."), 0))
    config = load_config(place)
    count = len(config.profile.checks) if config.profile else 0
    number = speech.plural("{number} check", "{number} checks", count).format(number=count)
    what = number if config.profile else _("the default profile")
    return _say(
        Said(
            "\n".join(
                [_("{file} can be used ({what}).").format(file=place, what=what), *_unused(config, place, speech)]
            ),
            0,
        )
    )


def _unused(config: AgentConfig, place: Path, speech: Speech) -> Iterator[str]:
    from .commands.policy import unused  # noqa: PLC0415
    from .permission import shelf_for  # noqa: PLC0415

    config = followed(config, find(told_dirs(config)))
    return unused(shelf_for(config, place, keeps=False).now(0.0, time.time()).unused, speech)


_COMMANDS = {
    "check": _check,
    "run": _run,
    "enrol": _enrol,
    "status": _status,
    "report": _report,
    "policy": _policy,
}
