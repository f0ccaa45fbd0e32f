"""What speaks for a verdict and what against it: grounds in words, with counts. What they rule out is in ``ruled_out``.

Pure.
"""

from collections.abc import Iterable, Sequence

from sansang_collector.diagnosis.verdict import Fact, Ground, Level

from .case import Case
from .speech import Speech, mark

MOST_PROBED = 3
"""So many of those whose echoes were lost are named; the rest is counted."""
_Forms = tuple[str, str]
FOR: dict[Fact, _Forms] = {
    Fact.SILENT: (mark("the only machine there fell silent"),
                  mark("{count} of {of} machines there fell silent together")),
    Fact.FAILS: (mark("the only check across it fails"), mark("{count} of {of} checks across it fail")),
    Fact.PROBE_FAILS: (mark("the echo the centre sent to {name} was lost"),
                       mark("{count} of {of} echoes the centre sent to {name} were lost")),
    Fact.ON_BATTERY: (mark("the machine ran on battery before it fell silent"),
                      mark("{count} of {of} machines ran on battery before they fell silent")),
    Fact.BOOTED_INSIDE: (mark("the machine was started anew while it was cut off"),
                         mark("{count} of {of} machines were started anew while they were cut off")),
    Fact.STORED_GATEWAY_FAILED: (mark("the machine stored that the terminal did not answer"),
                                 mark("{count} of {of} machines stored that the terminal did not answer")),
    Fact.STORED_GATEWAY_WELL: (mark("the machine stored that the terminal answered all the time"),
                               mark("{count} of {of} machines stored that the terminal answered all the time")),
    Fact.STORED_LINE_FAILED: (mark("the machine stored that nothing beyond the terminal answered"),
                              mark("{count} of {of} machines stored that nothing beyond the terminal answered")),
    Fact.NIC_DOWN: (mark("the machine had no link at its network adapter"),
                    mark("{count} of {of} machines had no link at their network adapters")),
}  # fmt: skip
_IN_PART = {
    Level.LOSSY: (mark("the only attempt across it failed"), mark("{count} of {of} attempts across it failed")),
    Level.SLOW: (mark("the only answer across it was slower than usual"),
                 mark("{count} of {of} answers across it were slower than usual")),
}  # fmt: skip
"""What is counted where not all fails."""
AGAINST: dict[Fact, _Forms] = {
    Fact.PROBE_ANSWERS: (mark("{name} answers the centre"),
                         mark("{name} answers the centre, {count} of {of} echoes were lost")),
    Fact.STILL_HEARD: (mark("a machine there still reports"),
                       mark("{count} of {of} machines there still report")),
    Fact.SAID_GOODBYE: (mark("a machine had said goodbye: its silence does not count"),
                        mark("{count} machines had said goodbye: their silence does not count")),
    Fact.USUAL_OFF: (mark("a machine is usually off at this time"),
                     mark("{count} machines are usually off at this time")),
}  # fmt: skip


def speaks_for(case: Case, speech: Speech) -> tuple[str, ...]:
    """What supports it, one fact a line."""
    return _supporting(case, case.grounds, speech)


def speaks_against(case: Case, speech: Speech) -> tuple[str, ...]:
    """What does not fit, or was left out of account."""
    found = [one for one in case.grounds if one.fact is not Fact.PROBE_ANSWERS or contradicts(one, case)]
    return tuple(_counted(one, AGAINST[one.fact], case, speech) for one in found if one.fact in AGAINST)


def found_later(case: Case, speech: Speech) -> tuple[str, ...]:
    """What the results say that arrived later."""
    revision = case.incident.revision
    return _supporting(case, revision.grounds if revision else (), speech)


def contradicts(ground: Ground, case: Case) -> bool:
    """Whether something answers that no echo should reach if a cause of the class were down."""
    lies_before = any(case.naming.lies_before(cause.part, ground.name) for cause in case.causes)
    return lies_before and case.verdict.felt is Level.DOWN


def _supporting(case: Case, grounds: Iterable[Ground], speech: Speech) -> tuple[str, ...]:
    given = [one for one in grounds if one.fact in FOR and one.count]
    lost = [one for one in given if one.fact is Fact.PROBE_FAILS]
    said = [_lost(lost, case, speech)] if lost else []
    others = [_counted(one, _forms(one, case), case, speech) for one in given if one.fact is not Fact.PROBE_FAILS]
    return (*others[:1], *said, *others[1:])


def _forms(ground: Ground, case: Case) -> _Forms:
    level = case.verdict.felt
    return _IN_PART[level] if ground.fact is Fact.FAILS and level in _IN_PART else FOR[ground.fact]


def _counted(ground: Ground, forms: _Forms, case: Case, speech: Speech) -> str:
    many = max(ground.of, ground.count)
    said = speech.say(forms[0] if many == 1 else forms[1])
    name = case.naming.title(ground.name, speech) if ground.name else ""
    return said.format(count=ground.count, of=many, name=name)


def _lost(probes: Sequence[Ground], case: Case, speech: Speech) -> str:
    """All echoes that were lost, in one line."""
    names = [case.naming.title(one.name, speech) for one in probes]
    rest = len(names) - MOST_PROBED
    if rest > 0:
        more = speech.plural("{count} other", "{count} others", rest).format(count=rest)
        names = [*names[:MOST_PROBED], more]
    count, of = sum(one.count for one in probes), sum(one.of for one in probes)
    said = speech.say(FOR[Fact.PROBE_FAILS][0 if of == 1 else 1])
    return said.format(count=count, of=of, name=speech.all_of(names))
