"""From results to a verdict: which rung broke, whose it is, what still works, and a light for every rung.

Pure: no I/O, no clock. evidence.py says what results prove, causes.py which cause they support.
"""

from collections.abc import Mapping

import msgspec

from .causes import find
from .contract.check import Profile
from .contract.light import Light, light_of
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .contract.rung import Network, Rung
from .evidence import BEYOND_GATEWAY, Evidence, gather, is_tslcd, outcome, reason
from .finding import Finding, failing
from .platform import NetworkState
from .service_causes import is_slow, names
from .verdict import Cause, Note, Part, Row, Seen, State, Verdict

_ALWAYS_SHOWN = frozenset({Rung.MACHINE, Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS, Rung.SERVICE})
_CUTS = frozenset(
    {
        Cause.NO_ADAPTER,
        Cause.NO_GATEWAY,
        Cause.GATEWAY_SILENT,
        Cause.OUTSIDE_DOWN,
        Cause.LINE_DOWN,
        Cause.BEYOND_LINE_DOWN,
    }
)
_ORDER = {rung: place for place, rung in enumerate(Rung)}
_BEYOND = {
    Rung.LAN: (Rung.GATEWAY, *BEYOND_GATEWAY),
    Rung.GATEWAY: BEYOND_GATEWAY,
    Rung.LINE: (Rung.CORE, Rung.INTERNET, Rung.SERVICE),
    Rung.CORE: (Rung.INTERNET, Rung.SERVICE),
    Rung.INTERNET: (Rung.SERVICE,),
}
"""What proves that a silent rung passes packets on."""


def judge(profile: Profile, results: Mapping[str, Result], network: NetworkState) -> Verdict:
    """The verdict over the newest result of each check; a check without one counts as not found out."""
    evidence = gather(profile, results, network)
    finding = find(evidence)
    services = evidence.at(Rung.SERVICE)
    return Verdict(
        state=finding.state,
        cause=finding.cause,
        rung=finding.rung,
        components=finding.components,
        holds=_holds(evidence, finding),
        works=names([each for each in services if outcome(each) is Outcome.OK]),
        broken=names(failing(services)),
        facts=finding.facts,
        proof=finding.proof,
        rows=_rows(evidence, finding),
    )


def _holds(evidence: Evidence, finding: Finding) -> tuple[Part, ...]:
    """The stretches that are proven, nearest first; nothing is claimed for what was not measured."""
    on_the_way = {
        Part.MACHINE: finding.rung is not Rung.MACHINE and (evidence.has_adapter or evidence.gateway_answers),
        Part.LOCAL_NETWORK: evidence.gateway_answers or evidence.proven(*BEYOND_GATEWAY),
        Part.FIRST_STRETCH: finding.cause is Cause.BEYOND_LINE_DOWN,
        Part.LINE: finding.cause is not Cause.BEYOND_LINE_DOWN and evidence.proven(*BEYOND_GATEWAY),
        Part.TSLCD: evidence.proven(*BEYOND_GATEWAY, tslcd=True) and finding.cause is not Cause.TSLCD_DOWN,
        Part.INTERNET: evidence.proven(Rung.INTERNET, Rung.SERVICE, tslcd=False)
        and finding.cause is not Cause.INTERNET_DOWN,
    }
    return tuple(part for part, holds in on_the_way.items() if holds)


def _rows(evidence: Evidence, finding: Finding) -> tuple[Row, ...]:
    rows: list[Row] = []
    for rung in Rung:
        seen = evidence.at(rung, tslcd=False if rung is Rung.INTERNET else None)
        if seen or rung in _ALWAYS_SHOWN:
            rows.append(_row(evidence, finding, rung, seen))
        if rung is Rung.INTERNET and any(is_tslcd(each.check) for each in evidence.seen):
            rows.append(_tslcd_row(evidence, finding))
    return tuple(rows)


def _row(evidence: Evidence, finding: Finding, rung: Rung, seen: tuple[Seen, ...]) -> Row:
    if rung is Rung.MACHINE:
        return _machine_row(finding, seen)
    light = light_of(outcome(each) for each in seen)
    row = Row(rung=rung, light=light, seen=seen)
    passes = rung in _BEYOND and evidence.proven(*_BEYOND[rung], tslcd=False if rung is Rung.INTERNET else None)
    is_to_blame = finding.rung is rung and finding.cause is not Cause.SERVICE_SLOW  # what is slow lets through
    if light is Light.FAILED and passes and not is_to_blame:
        return msgspec.structs.replace(row, light=Light.DEGRADED, note=Note.SILENT_BUT_PASSES)
    if rung is Rung.SERVICE and light is Light.OK and any(is_slow(each) for each in seen):
        return msgspec.structs.replace(row, light=Light.DEGRADED, note=Note.SLOW)
    note = _why_silent(evidence, finding, row)
    # its silence says nothing of its own state
    return msgspec.structs.replace(row, light=Light.UNKNOWN if note is Note.BEHIND else light, note=note)


def _why_silent(evidence: Evidence, finding: Finding, row: Row) -> Note | None:
    """What keeps a row's targets from answering, where it is not they themselves."""
    if row.seen and all(reason(each) is Reason.NO_INTERNET for each in row.seen):
        return Note.NO_NAME if evidence.proven(*BEYOND_GATEWAY) else Note.NO_INTERNET
    behind = finding.cause in _CUTS and finding.rung is not None and _ORDER[row.rung] > _ORDER[finding.rung]
    return Note.BEHIND if behind and row.light is Light.FAILED else None


def _machine_row(finding: Finding, seen: tuple[Seen, ...]) -> Row:
    """This machine's light comes from what answers through it: a probe may miss an adapter, answers do not lie."""
    if finding.cause is Cause.CLOCK_WRONG:
        light = Light.FAILED if finding.state is State.DOWN else Light.DEGRADED
        return Row(rung=Rung.MACHINE, light=light, note=Note.CLOCK, seen=seen)
    if finding.cause is Cause.NO_ADAPTER:
        return Row(rung=Rung.MACHINE, light=Light.FAILED, note=Note.UNPLUGGED, seen=seen)
    return Row(rung=Rung.MACHINE, light=Light.OK, seen=seen)


def _tslcd_row(evidence: Evidence, finding: Finding) -> Row:
    """The state data network's own witnesses; without any, the services behind it."""
    witnesses = evidence.at(Rung.CORE, Rung.INTERNET, tslcd=True) or evidence.at(*BEYOND_GATEWAY, tslcd=True)
    light = light_of(outcome(each) for each in witnesses)
    row = Row(rung=Rung.INTERNET, network=Network.TSLCD, light=light, seen=witnesses)
    return msgspec.structs.replace(row, note=_why_silent(evidence, finding, row))
