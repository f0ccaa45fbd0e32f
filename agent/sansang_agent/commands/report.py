"""``sansang report``: the last verdict as a plain text to send by message or read out on the telephone.

Newest wins: what the running agent has just measured, or what ``sansang check`` last found here.
"""

import msgspec

from sansang_agent import last_verdict, status
from sansang_agent.config import AgentConfig, data_dir, told_dirs
from sansang_agent.contract.codec import profile_hash
from sansang_agent.default_profile import beside, profile_for
from sansang_agent.ladder import judge
from sansang_agent.last_verdict import LastVerdict
from sansang_agent.phrases import Speech
from sansang_agent.platform import NetworkState
from sansang_agent.sentences import tell
from sansang_agent.table import Look, table
from sansang_agent.verdict import EXIT_CODES

from . import Said
from .check import since_when


def report(
    config: AgentConfig, network: NetworkState, machine: str, speech: Speech, wall: float, *, as_json: bool = False
) -> Said:
    """The text, with the exit code of the verdict in it; ``machine`` is this computer's name."""
    _ = speech.say
    place = data_dir(config)
    kept = last_verdict.read(place)
    running = status.newest(told_dirs(config))
    last = _newer(kept, _from_agent(config, network, running, wall))
    if last is None:
        return Said("null" if as_json else _("Nothing has been checked here yet; run: sansang check"), 3)
    code = EXIT_CODES[last.verdict.state]
    if as_json:
        return Said(msgspec.json.format(msgspec.json.encode(last)).decode(), code)
    where = " ".join(part for part in (config.commune.name, config.commune.code) if part)
    lines = [
        _("Computer: {machine}").format(machine=machine),
        *([_("Commune: {commune}").format(commune=where)] if where else []),
        _("Checked at: {time}").format(time=f"{speech.moment(last.wall, last.wall)} {speech.date(last.wall)}"),
        *([last.label] if last.label else []),
        tell(last.verdict, speech, now=last.wall, since=last.since, code=last.code),
        table(last.verdict.rows, speech, Look()),
    ]
    return Said("\n".join(lines), code)


def _newer(kept: LastVerdict | None, live: LastVerdict | None) -> LastVerdict | None:
    if kept and live:
        return max(kept, live, key=lambda last: last.wall)
    return kept or live


def _from_agent(
    config: AgentConfig, network: NetworkState, running: status.Status | None, wall: float
) -> LastVerdict | None:
    """A verdict over what a live agent measured last; none where it checks something else than is configured now."""
    profile = profile_for(beside(config.profile, config.checks), network)
    if running is None or running.is_stale(wall) or running.config != profile_hash(profile) or not running.results:
        return None
    verdict = judge(profile, {name: each.result for name, each in running.results.items()}, network)
    since = since_when(verdict, profile, running, wall)
    newest = max(each.wall for each in running.results.values())
    return LastVerdict(wall=newest, verdict=verdict, label=profile.label, since=since)
