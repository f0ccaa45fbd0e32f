"""An incident in one sentence: what broke, since when, whom it hits; honest where causes cannot be told apart. Pure."""

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.incident import Phase
from sansang_collector.diagnosis.verdict import Level

from .case import Case
from .naming import NEAR, OF_A_SERVICE
from .speech import Speech, mark

_CUT = mark("{part} disconnected {when}")
_MUTE = mark("{part} not answering {when}")
_BROKEN = mark("{part} not working {when}")
_DOWN = {
    Component.SITE_POWER: mark("{commune}: power out {when}"),
    Component.POWER_AREA: mark("{part} out {when}"),
    Component.LAN: mark("{commune}: local network broken {when}"),
    Component.TERMINAL: mark("{commune}: terminal broken {when}"),
    Component.ACCESS_LINK: mark("{commune}: line disconnected {when}"),
    Component.ACCESS_NODE: _CUT,
    Component.ARC: _CUT,
    Component.RING: _CUT,
    Component.CORE: _CUT,
    Component.WAN: _CUT,
    Component.NDC: _MUTE,
    Component.PDC: _MUTE,
    Component.DNS: mark("{part}: the name server gives no answers {when}"),
    Component.SVC_TCP: mark("{part}: its server taking no connections {when}"),
    Component.SVC_APP: mark("{part}: page not working {when}"),
}
_LOSSY = mark("{part} losing about {share} of packets {when}")
_PARTLY = mark("{part}: about {share} of attempts failing {when}")
_SLOW = mark("{part} slower than usual {when}, in {share} of measurements")
ATTEMPTS = OF_A_SERVICE | {Component.DNS, Component.PDC, Component.NDC, Component.PC_APP}
"""Where no packets are counted but answers."""
_OFF = mark("{commune}: everything probably switched off {when}, as is usual at this time")
_FAULTS = {Component.SITE_POWER: mark("power out"), Component.POWER_AREA: mark("power out over {area}")}
"""Among several causes these read better as what happened than as what it happened to."""


def headline(case: Case, speech: Speech) -> str:
    """The whole sentence."""
    said = broken(case, speech)
    hit = effect(case, speech)
    if hit:
        said = f"{said}{';' if case.commune or ': ' in said else ':'} {hit}"
    if case.incident.phase is Phase.SUSPECT and not case.verdict.expected_off:
        said = speech.say("Suspected: {what}").format(what=said)
    return speech.sentence(said)


def when(case: Case, speech: Speech) -> str:
    """``since 08:14``, or from when to when it lasted."""
    return lasting(case.onset, case.ended_at, speech)


def lasting(began: float, ended: float | None, speech: Speech) -> str:
    """The same of two moments; Unix seconds."""
    if ended is None:
        return speech.say("since {time}").format(time=speech.clock(began))
    form = speech.say("from {first} to {last} ({lasted})")
    return form.format(first=speech.clock(began), last=speech.clock(ended), lasted=speech.duration(ended - began))


def effect(case: Case, speech: Speech) -> str:
    """How many communes and counters it hits; of one commune only the counters."""
    communes = 0 if case.commune else len(case.communes)
    return affected(communes, case.incident.counters, case.ended_at is not None, speech)


def affected(communes: int, counters: int, over: bool, speech: Speech) -> str:
    """The same of numbers; empty where both are 0."""
    parts = [communes_counted(communes, speech)] if communes else []
    if counters:
        parts.append(speech.plural("{count} counter", "{count} counters", counters).format(count=counters))
        form = speech.say("{whom} could not serve") if over else speech.say("{whom} cannot serve")
    else:
        form = speech.say("{whom} affected")
    return form.format(whom=", ".join(parts)) if parts else ""


def communes_counted(count: int, speech: Speech) -> str:
    """``7 communes``."""
    return speech.plural("{count} commune", "{count} communes", count).format(count=count)


def titles(case: Case, speech: Speech) -> list[str]:
    """The causes as they are called where several stand beside each other."""
    return list(dict.fromkeys(_title(cause.part, case, speech) for cause in case.causes))


def broken(case: Case, speech: Speech) -> str:
    """What broke and since when, without whom it hits."""
    if case.verdict.expected_off:
        return _named(case, speech, _OFF)
    if len(case.causes) > 1 and case.verdict.felt is Level.DOWN:
        return _undecided(case, speech)
    said = _named(case, speech, _form(case))
    if len(case.causes) == 1:
        return said
    form = speech.say("{broke} — which of them cannot be told yet (because {why})")
    return form.format(broke=said, why=why_alike(case, speech))


def _form(case: Case) -> str:
    kind, level = case.kinds[0], case.verdict.felt
    if level is Level.SLOW:
        return _SLOW
    if level is Level.LOSSY:
        return _PARTLY if kind in ATTEMPTS else _LOSSY
    return _DOWN.get(kind, _BROKEN)


def _named(case: Case, speech: Speech, form: str) -> str:
    return speech.say(form).format(
        part=speech.any_of([_subject(cause.part, case, speech) for cause in case.causes]),
        commune=speech.commune(case.naming.part(case.causes[0].part).commune or case.commune),
        when=when(case, speech),
        share=speech.share(case.verdict.loss[1] if case.verdict.loss else 1.0),
    )


def _subject(part: str, case: Case, speech: Speech) -> str:
    """A service by its name alone, anything else with its term."""
    one = case.naming.part(part)
    return one.name if one.kind in OF_A_SERVICE else case.naming.title(part, speech)


def _undecided(case: Case, speech: Speech) -> str:
    causes = speech.any_of(titles(case, speech))
    if case.commune:
        said = speech.say("{commune} cut off {when}: {causes} — cannot be told apart yet (because {why})")
    else:
        said = speech.say("{causes} disconnected {when} — cannot be told apart yet (because {why})")
    why = why_alike(case, speech)
    return said.format(commune=speech.commune(case.commune), when=when(case, speech), causes=causes, why=why)


def _title(part: str, case: Case, speech: Speech) -> str:
    one = case.naming.part(part)
    if one.kind in _FAULTS:
        return speech.say(_FAULTS[one.kind]).format(area=one.name)
    if one.kind in NEAR and case.commune:
        return speech.word("component", one.kind)
    return case.naming.title(part, speech)


def why_alike(case: Case, speech: Speech) -> str:
    """Why the causes of the class look the same; what follows ``because``."""
    kinds = set(case.kinds)
    if {Component.WAN, Component.NDC} <= kinds:
        return speech.say("only one province is watched")
    if {Component.CORE, Component.COLLECTOR} <= kinds:
        return speech.say("the centre has no second way of its own to look from")
    if Component.ACCESS_NODE in kinds and kinds & {Component.RING, Component.ARC}:
        return speech.say("everything seen hangs from the same access nodes")
    if case.commune:
        return _why_alike_near(case, speech)
    return speech.say("they look the same in all that was measured")


def _why_alike_near(case: Case, speech: Speech) -> str:
    if case.machines == 1:
        return speech.say("there is only one machine")
    if not case.naming.asks_terminal(case.commune):
        return speech.say("the centre has no address of the terminal to ask")
    if Component.ACCESS_NODE in case.kinds:
        return speech.say("only one commune seen hangs from the access node")
    return speech.say("all machines fell silent at once, and what they stored has not arrived")
