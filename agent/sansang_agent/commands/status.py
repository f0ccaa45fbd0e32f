"""``sansang status``: what the agent that runs here says of itself — contact, spool, clock, configuration.

Exit 0 all well, 1 something to look at, 2 the agent does not run any more, 3 none has ever run here.
"""

from collections.abc import Iterator, Mapping

import msgspec

from sansang_agent.config import AgentConfig, told_dirs
from sansang_agent.contract.assignment import Role
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.rung import Owner
from sansang_agent.enrolment import Found
from sansang_agent.hindrance import Hindrance
from sansang_agent.machine_lines import clock_line, enrolled_as, is_clock_wrong
from sansang_agent.phrases import Speech, in_spite_of, mark
from sansang_agent.status import Status, newest

from . import Said

LATE_PERIODS = 4
MOST_REFUSED = 10

_HINDRANCES: Mapping[Hindrance, str] = {
    Hindrance.REVOKED: mark(
        "This computer was removed at the centre. Its reports are not taken any more and wait here."
    ),
    Hindrance.CLONE: mark(
        "Another machine uses the same identity as this computer; probably its disk was copied. The centre takes the"
        " reports of neither, and they wait here. Each of the two needs a join code of its own."
    ),
    Hindrance.TOKEN: mark("The centre does not know this computer's token. Reports wait here."),
    Hindrance.EXPIRED: mark(
        "The centre's certificate is out of date, or this computer's date is wrong. Nothing is sent until that is"
        " mended; measuring goes on and reports wait here. Check the date, then tell {whom}."
    ),
    Hindrance.NOT_YET: mark(
        "The centre's certificate is not valid yet, or this computer's date is wrong. Nothing is sent until that is"
        " mended; measuring goes on and reports wait here. Check the date, then tell {whom}."
    ),
    Hindrance.NAME: mark(
        "The centre's certificate is of another name than the collector's address. Nothing is sent until that is"
        " mended; measuring goes on and reports wait here. Tell {whom}."
    ),
    Hindrance.ISSUER: mark(
        "The centre's certificate is not from an authority that this computer trusts: somebody may be in between, or"
        " the centre has a new one. Nothing is sent; measuring goes on and reports wait here. Tell {whom}; enrol this"
        " computer again only if they say so."
    ),
}
_NEW_IDENTITY = frozenset({Hindrance.REVOKED, Hindrance.CLONE, Hindrance.TOKEN})
"""What a new enrolment mends."""


def status(
    config: AgentConfig, speech: Speech, wall: float, *, as_json: bool = False, enrolled: Found | None = None
) -> Said:
    """The state of the agent at ``wall``, Unix seconds. ``enrolled``: who this machine is to its centre, where told."""
    _ = speech.say
    places = told_dirs(config)
    found = newest(places)
    if found is None:
        text = _("No agent has run here yet (looked in {place}).").format(place=", ".join(map(str, places)))
        return Said("null" if as_json else text, 3)
    code = exit_code(found, wall)
    if as_json:
        return Said(msgspec.json.format(msgspec.json.encode(found)).decode(), code)
    return Said("\n".join(_lines(found, speech, wall, enrolled)), code)


def exit_code(found: Status, wall: float) -> int:
    """2: it has stopped writing; 1: it runs, but cannot tell, cannot keep, or its clock is wrong; else 0."""
    if found.is_stale(wall):
        return 2
    wrong = (
        found.spool_error
        or found.mistakes
        or found.assignment_error
        or found.token_error
        or is_clock_wrong(found.clock_skew_s)
    )
    return 1 if wrong or _untold(found, wall) else 0


def _untold(found: Status, wall: float) -> bool:
    if found.collector is None:
        return False
    late = found.last_contact is None or wall - found.last_contact > LATE_PERIODS * found.period
    return late or found.last_error is not None


def _lines(found: Status, speech: Speech, wall: float, enrolled: Found | None) -> Iterator[str]:
    _ = speech.say
    moment = speech.moment(found.written, wall)
    if found.is_stale(wall):
        yield _("The agent does not run: it last wrote at {time}.").format(time=moment)
    else:
        started = speech.moment(found.started, wall)
        yield _("The agent runs (process {pid}, version {version}) since {time}.").format(
            pid=found.pid, version=found.version, time=started
        )
    if found.vantage:
        yield _("It is the province's vantage: it looks into the communes from the centre's side.")
    if found.label:
        yield found.label
    if found.mistakes:
        yield in_spite_of(found.mistakes, speech)
    if enrolled is not None:
        yield enrolled_as(enrolled.enrolment, speech)
    yield _contact(found, speech, wall)
    yield from _what_to_do(found, speech, enrolled)
    yield from _spool(found, speech, wall)
    yield clock_line(found.clock_skew_s, speech)
    yield _("Configuration: {config}; checks with a result: {count}.").format(
        config=found.config, count=len(found.results)
    )
    yield from _assignment(found, speech)
    yield from _policies(found, speech)


def _policies(found: Status, speech: Speech) -> Iterator[str]:
    """What of the centre's this machine refuses, and by which policies it might not."""
    _ = speech.say
    if found.policies:
        yield _("Signed policies in use: {files}.").format(files=", ".join(found.policies))
    for file, why in found.unused_policies:
        yield _("Policy not used: {file}: {why}.").format(file=file, why=why)
    refused = [check for check, seen in found.results.items() if seen.result.reason is Reason.REFUSED_BY_POLICY]
    for check in refused[:MOST_REFUSED]:
        yield _("Not asked for the centre: {check}: {why}.").format(check=check, why=found.results[check].result.detail)
    if len(refused) > MOST_REFUSED:
        yield _("… and {count} more.").format(count=len(refused) - MOST_REFUSED)


def _assignment(found: Status, speech: Speech) -> Iterator[str]:
    _ = speech.say
    if found.assigned:
        role = speech.word("role", found.role) if found.role in set(Role) else found.role
        yield _("Assigned by the centre: {assigned} (this machine is: {role}).").format(
            assigned=found.assigned, role=role
        )
    if found.assignment_error:
        yield _("What the centre has assigned since cannot be used: {why}.").format(why=found.assignment_error)


def _contact(found: Status, speech: Speech, wall: float) -> str:
    _ = speech.say
    if found.collector is None:
        return _("Collector: none configured; this computer checks for itself only.")
    if found.last_contact is None:
        line = _("Collector: {url}; not reached yet").format(url=found.collector)
    else:
        moment = speech.moment(found.last_contact, wall)
        line = _("Collector: {url}; last answer at {time}").format(url=found.collector, time=moment)
    return f"{line} ({found.last_error})." if found.last_error else f"{line}."


def _what_to_do(found: Status, speech: Speech, enrolled: Found | None) -> Iterator[str]:
    _ = speech.say
    if found.hindrance in _HINDRANCES:
        way = f"sansang enrol CODE --collector {found.collector} --again"
        whom = speech.word("owner", Owner.US)
        yield _(_HINDRANCES[Hindrance(found.hindrance)]).format(whom=whom)
        if found.hindrance in _NEW_IDENTITY:
            yield (
                _("Ask {whom} for a join code for this computer, then run: {command}").format(whom=whom, command=way)
                if enrolled
                else _("Ask {whom} for a new token, and put it into the file that the configuration names.").format(
                    whom=whom
                )
            )
    if found.token_error:
        text = _("A new token of the centre's cannot be kept on this disk, so the one before is in use: {why}.")
        yield text.format(why=found.token_error)


def _spool(found: Status, speech: Speech, wall: float) -> Iterator[str]:
    _ = speech.say
    waiting = speech.plural("{number} report", "{number} reports", found.spool.rows).format(number=found.spool.rows)
    if found.spool.oldest is None:
        yield _("Waiting to be sent: {reports}.").format(reports=waiting)
    else:
        oldest = speech.moment(found.spool.oldest, wall)
        yield _("Waiting to be sent: {reports}, the oldest of {time}.").format(reports=waiting, time=oldest)
    if found.refused:
        yield _("Refused by the collector and laid aside: {number}.").format(number=found.refused)
    if found.spool_error:
        yield _("Reports cannot be kept on this disk: {why}.").format(why=found.spool_error)
