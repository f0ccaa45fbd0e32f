"""``sansang check``: the whole ladder now — one sentence, a light per rung, evidence on ask, exit 0 to 3.

Needs no rights, no collector and no line; what it saw is also written to the spool, so that the centre can find it.
"""

import logging
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from sansang_agent import __version__, status
from sansang_agent.clock import Clock
from sansang_agent.config import AgentConfig, data_dir, told_dirs, user_agent
from sansang_agent.contract.check import Check, Profile
from sansang_agent.contract.codec import profile_hash, report_code
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Host, Result, Why
from sansang_agent.default_profile import beside, profile_for
from sansang_agent.ladder import judge
from sansang_agent.last_verdict import LastVerdict, save
from sansang_agent.machine_lines import machine_lines
from sansang_agent.measure import Progress, measure
from sansang_agent.names import ServerNames, SystemNames
from sansang_agent.permission import Permission
from sansang_agent.phrases import Speech
from sansang_agent.platform import NetworkState, Platform
from sansang_agent.probes import Tools
from sansang_agent.reporter import Draft, Frame
from sansang_agent.sentences import tell
from sansang_agent.spool import FILE, Spool
from sansang_agent.table import Look, table
from sansang_agent.verdict import EXIT_CODES, Verdict

from . import Said

BUSY_S = 1.0
"""A person waits: longer than this no other program's writing may hold the answer."""

_log = logging.getLogger(__name__)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the answer is wanted."""

    as_json: bool = False
    verbose: bool = False
    look: Look = Look()
    on_ask: tuple[Check, ...] = ()
    """Asked beside the profile: services that another machine of the commune asks for all of it."""


class Here(NamedTuple):
    """This machine as it is set up."""

    config: AgentConfig
    platform: Platform
    clock: Clock
    permission: Permission | None = None
    """What it may be asked where the centre has named the checks; None: its own file has."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one look found, as ``--json`` shows it."""

    v: int = 1
    wall: float
    sentence: str
    code: str | None
    since: float | None
    label: str
    exit_code: int
    verdict: Verdict
    network: NetworkState
    host: Host


def tools_for(config: AgentConfig, platform: Platform) -> Tools:
    """What probes may use on this machine."""
    names = ServerNames(config.resolvers) if config.resolvers else SystemNames()
    return Tools(platform=platform, names=names, user_agent=user_agent(__version__, config.contact))


async def check(here: Here, speech: Speech, options: Options, progress: Progress) -> Said:
    """Measure, judge, record and say."""
    config, platform, clock, permission = here
    network = platform.network()
    own = profile_for(beside(config.profile, config.checks), network)
    profile = msgspec.structs.replace(own, checks=own.checks + options.on_ask)
    tools = tools_for(config, platform)
    ask = permission.asking_once(tools, config.checks) if permission else None
    try:
        measured = await measure(profile.checks, tools, clock, progress, ask=ask)
    finally:
        tools.kept.close()
    verdict = judge(profile, {name: result for name, (result, _) in measured.items()}, network)
    place = data_dir(config)
    running = status.newest(told_dirs(config))
    host = host_facts(platform, place, running)
    code, trouble = record(place, profile, measured, here, host)
    since = since_when(verdict, own, running, clock.wall())
    now = clock.wall()
    sentence = tell(verdict, speech, now=now, since=since, code=code)
    checked = Checked(
        wall=now,
        sentence=sentence,
        code=code,
        since=since,
        label=profile.label,
        exit_code=EXIT_CODES[verdict.state],
        verdict=verdict,
        network=network,
        host=host,
    )
    if code:
        save(place, LastVerdict(wall=now, verdict=verdict, label=profile.label, since=since, code=code))
    return Said(shown(checked, speech, options, trouble), checked.exit_code)


def shown(checked: Checked, speech: Speech, options: Options, trouble: str | None = None) -> str:
    """The answer as JSON, or as a sentence with the table below it."""
    if options.as_json:
        return msgspec.json.format(msgspec.json.encode(checked)).decode()
    _ = speech.say
    lines = [checked.sentence, ""]
    if checked.label:
        lines += [checked.label, ""]
    lines.append(table(checked.verdict.rows, speech, options.look, verbose=options.verbose))
    if options.verbose:
        lines += ["", *machine_lines(checked.host, speech)]
    if options.verbose and trouble:
        lines += ["", _("No code: this result could not be kept on this computer ({why}).").format(why=trouble)]
    return "\n".join(lines)


def since_when(verdict: Verdict, profile: Profile, running: status.Status | None, wall: float) -> float | None:
    """Since when all checks behind the cause have been failing, as far as a running agent has seen; Unix seconds."""
    if running is None or running.is_stale(wall) or running.config != profile_hash(profile):
        return None
    known = [running.results.get(name) for name in verdict.proof]
    failing = [each.since for each in known if each and each.result.outcome is Outcome.FAILED]
    return max(failing) if failing and len(failing) == len(known) else None


def record(
    place: Path, profile: Profile, measured: dict[str, tuple[Result, float]], here: Here, host: Host
) -> tuple[str | None, str | None]:
    """Write a report of this look into the spool: its six characters, or why there are none."""
    draft = Draft(
        frame=Frame(boot=here.platform.boot_id(), start="process", version=__version__, config=profile_hash(profile)),
        why=Why.REQUEST,
        mono=here.clock.mono(),
        wall=here.clock.wall(),
        results=tuple(measured.values()),
        host=host,
    )
    try:
        place.mkdir(parents=True, exist_ok=True)
        spool = Spool.open(place / FILE, busy_s=BUSY_S)
        try:
            spool.put_profile(profile)
            stream, seq, _body = spool.append(draft.make)
        finally:
            spool.close()
    except (OSError, sqlite3.Error) as exc:
        _log.info("the result could not be kept: %s", exc)
        return None, str(exc)
    return report_code(stream, seq), None


def host_facts(platform: Platform, place: Path, running: status.Status | None) -> Host:
    """The machine's own state, beside what its checks found; a running agent knows how its clock stands."""
    from sansang_agent.probes.host import facts  # noqa: PLC0415  # psutil only when it is asked for

    skew = running.clock_skew_s if running and not running.is_stale(platform.wall()) else None
    return facts(platform, place, skew)
