"""``sansang enrol``: this computer becomes known to its centre, by a join code or by waiting until somebody lets it in.

Exit 0 enrolled, 3 not. A running agent takes the enrolment up by itself; the configuration file is never touched.
"""

import asyncio
import platform
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from sansang_agent import __version__, enrolment, status
from sansang_agent.config import AgentConfig, data_dir, is_writable, told_dirs, user_agent
from sansang_agent.config_rules import collector_url_mistakes
from sansang_agent.contract.joining import CodeError, JoinCode, read_code
from sansang_agent.enrolling import EnrolError, Enroller, LetIn, Machine, Why
from sansang_agent.enrolment import Draft, EnrolmentError
from sansang_agent.machine_lines import enrolled_as
from sansang_agent.names import SystemNames
from sansang_agent.owner import become_owner_of
from sansang_agent.phrases import Speech, mark

from . import Said

NOT_ENROLLED = 3
BUSY_S = 30.0
"""So long a machine that waits to be let in leaves a collector alone that cannot be reached or has no time."""

Tell = Callable[[str], None]
"""Shows a line at once."""

_SAID: Mapping[Why, str] = {
    Why.UNREACHABLE: mark("The centre was not reached ({why})."),
    Why.UNTRUSTED: mark(
        "The centre's certificate cannot be trusted ({why}). Ask the centre for a join code, or for the file of its"
        " authority and name it with --ca FILE. This computer is not enrolled."
    ),
    Why.FORGED: mark(
        "Refused: whoever answers does not know this join code ({why}). Either the code is wrong, or somebody is"
        " between this computer and the centre. The code was not sent, and nothing has been kept."
    ),
    Why.EXPIRED: mark("This join code is too old. Ask the centre for a new one."),
    Why.USED: mark("This join code has been used up or withdrawn. Ask the centre for a new one."),
    Why.REFUSED: mark("The centre does not let this computer in ({why})."),
    Why.BUSY: mark("The centre has no time for this computer just now ({why}). Try again in a few minutes."),
    Why.ELSEWHERE: mark(
        "The answer leads elsewhere, where this computer does not follow ({why}). Give the collector's own address."
    ),
    Why.ODD: mark("What answers at this address is not the centre's collector ({why})."),
}


class Wanted(NamedTuple):
    """What was asked for. ``file``: the configuration's, None where there is none."""

    url: str
    code: str | None
    ca: Path | None
    again: bool
    file: Path | None


class _NotEnrolledError(Exception):
    """Why not, in the user's language."""


def enrol(config: AgentConfig, wanted: Wanted, speech: Speech, tell: Tell) -> Said:
    """Enrol this computer. ``config``: as the file has it, without an enrolment."""
    _ = speech.say
    try:
        code = _code(wanted, speech)
        _refuse_what_makes_no_sense(config, wanted, speech)
        agent = user_agent(__version__, config.contact)
        enroller = Enroller(wanted.url, SystemNames(), agent, this_machine(), _authorities(wanted, speech))
        found = _enrolled(_Asking(data_dir(config), enroller, code, speech, tell), wanted)
    except _NotEnrolledError as exc:
        return Said(str(exc), NOT_ENROLLED)
    except EnrolError as exc:
        return Said(_(_SAID[exc.why]).format(why=exc), NOT_ENROLLED)
    except KeyboardInterrupt:
        return Said(_("Stopped. The same command goes on waiting."), NOT_ENROLLED)
    return Said("\n".join((enrolled_as(found.enrolment, speech), _next_step(found, speech))), 0)


def this_machine() -> Machine:
    """What this machine says of itself to those who let it in."""
    return Machine(socket.gethostname()[:255], f"{platform.system()} {platform.release()}"[:255])


def _code(wanted: Wanted, speech: Speech) -> JoinCode | None:
    _ = speech.say
    try:
        return read_code(wanted.code) if wanted.code is not None else None
    except CodeError as exc:
        text = _("This is not a join code ({why}). It has four groups of four letters and digits.")
        raise _NotEnrolledError(text.format(why=exc)) from exc


def _refuse_what_makes_no_sense(config: AgentConfig, wanted: Wanted, speech: Speech) -> None:
    _ = speech.say
    if config.collector is not None:
        text = _(
            "The configuration file {file} names the collector {url} itself, and that decides. To enrol this computer,"
            " remove the section “collector:” from it first."
        )
        raise _NotEnrolledError(text.format(file=wanted.file, url=config.collector.url))
    for mistake in collector_url_mistakes(wanted.url):
        raise _NotEnrolledError(_("The collector's address cannot be used: {why}.").format(why=mistake))
    for folder in told_dirs(config)[1:]:
        running = status.read(folder)
        if running is not None and not running.is_stale(time.time()) and not is_writable(folder):
            text = _(
                "The monitoring program of this computer keeps its data in {folder}, where you may not write. Run this"
                " command as administrator."
            )
            raise _NotEnrolledError(text.format(folder=folder))


def _authorities(wanted: Wanted, speech: Speech) -> str:
    """The text of the file with the authorities to trust; empty where none is named."""
    _ = speech.say
    if wanted.ca is None:
        return ""
    try:
        return wanted.ca.read_text(encoding="ascii")
    except (OSError, UnicodeError) as exc:
        text = _("The file {file} with the centre's authority cannot be read: {why}.")
        raise _NotEnrolledError(text.format(file=wanted.ca, why=exc)) from exc


class _Asking(NamedTuple):
    """One run of the command, everything about it understood. ``code``: None where it waits to be let in."""

    folder: Path
    enroller: Enroller
    code: JoinCode | None
    speech: Speech
    tell: Tell


def _enrolled(asking: _Asking, wanted: Wanted) -> enrolment.Found:
    folder, _ = asking.folder, asking.speech.say
    try:
        become_owner_of(folder)
        again = _was_enrolled(asking, wanted)
        draft = Draft.begin(folder)
    except OSError as exc:
        text = _("An enrolment cannot be kept in {folder}: {why}. Nothing was asked of the centre.")
        raise _NotEnrolledError(text.format(folder=folder, why=exc)) from exc
    try:
        let_in = asyncio.run(_let_in(asking, wanted.url))
        return draft.keep(wanted.url, let_in.joined, let_in.ca, again=again)
    except OSError as exc:
        text = _(
            "The centre has let this computer in, but that could not be kept in {folder}: {why}. Everything is as it"
            " was before. Make room on the disk and enrol again; a code that was for one computer is spent."
        )
        raise _NotEnrolledError(text.format(folder=folder, why=exc)) from exc
    finally:
        draft.end()


def _was_enrolled(asking: _Asking, wanted: Wanted) -> bool:
    """Whether there is an enrolment that this one is to replace."""
    _ = asking.speech.say
    try:
        found = enrolment.read(asking.folder)
    except EnrolmentError as exc:
        if wanted.again:
            return True
        text = _("This computer has an enrolment that cannot be used ({why}). To replace it, add --again.")
        raise _NotEnrolledError(text.format(why=exc)) from exc
    if found is not None and not wanted.again:
        text = _("{enrolled} To enrol it anew, for example on another disk's copy, add --again.")
        raise _NotEnrolledError(text.format(enrolled=enrolled_as(found.enrolment, asking.speech)))
    return wanted.again


async def _let_in(asking: _Asking, url: str) -> LetIn:
    if asking.code is not None:
        return await asking.enroller.by_code(asking.code)
    claim = _claim(asking, url)
    try:
        let_in = await _waited(asking, claim)
    except EnrolError as exc:
        if exc.why is Why.REFUSED:
            enrolment.forget_claim(asking.folder)
        raise
    enrolment.forget_claim(asking.folder)
    return let_in


def _claim(asking: _Asking, url: str) -> str:
    _ = asking.speech.say
    try:
        return enrolment.claim(asking.folder, url)
    except OSError as exc:
        text = _("An enrolment cannot be kept in {folder}: {why}. Nothing was asked of the centre.")
        raise _NotEnrolledError(text.format(folder=asking.folder, why=exc)) from exc


async def _waited(asking: _Asking, claim: str) -> LetIn:
    """Ask until somebody has decided; what does not answer any more is waited for, once it has answered."""
    _ = asking.speech.say
    word = ""
    while True:
        try:
            answer = await asking.enroller.ask(claim)
        except EnrolError as exc:
            if not word or exc.why not in (Why.UNREACHABLE, Why.BUSY):
                raise
            await asyncio.sleep(exc.retry_s or BUSY_S)
            continue
        if isinstance(answer, LetIn):
            return answer
        if answer.word != word:
            text = _(
                "Waiting to be let in. The centre's page of machines shows this word: {word}. Ctrl-C stops waiting."
            )
            asking.tell(text.format(word=answer.word))
        word = answer.word
        await asyncio.sleep(answer.retry_s)


def _next_step(found: enrolment.Found, speech: Speech) -> str:
    _ = speech.say
    running = status.read(found.data_dir)
    if running is not None and not running.is_stale(time.time()):
        return _("The monitoring program takes it up within seconds; “sansang status” tells how it stands.")
    return _("The monitoring program does not run yet: start its service, or “sansang run”.")
