"""A verdict in words: which rung, what still works, whom to call — one short paragraph for the clerk at the counter.

Message ids are English; the Vietnamese, which people read, stands in the catalogue and in tests/golden/verdicts.
"""

from .contract.outcome import Reason
from .contract.rung import Owner
from .messages import CALL, CLAUSES, SHADES, STEPS
from .phrases import Speech
from .verdict import Cause, Part, State, Verdict

_UNREACHED = frozenset({Cause.NO_ADAPTER, Cause.NO_GATEWAY, Cause.OUTSIDE_DOWN})
"""Causes whose own words already say how far packets get."""
_STRANGE_CERTIFICATE = frozenset({Reason.TLS_UNTRUSTED, Reason.TLS_NAME})
_OF_A_SERVICE = frozenset(
    {
        Cause.SERVICE_SILENT,
        Cause.SERVICE_REFUSES,
        Cause.CERTIFICATE_EXPIRED,
        Cause.OTHER_PAGE,
        Cause.SERVICE_FAILS,
        Cause.SERVICES_SEVERAL,
    }
)


def tell(verdict: Verdict, speech: Speech, *, now: float, since: float | None = None, code: str | None = None) -> str:
    """The whole paragraph. ``now`` and ``since`` are Unix seconds; ``code`` is the report's six characters."""
    _ = speech.say
    when = speech.moment(since, now) if since is not None else ""
    parts = [
        _sentence(_finding(verdict, speech, when)),
        _consequence(verdict, speech),
        _next_step(verdict, speech),
        _("Code: {code}.").format(code=code) if code else "",
    ]
    return " ".join(part for part in parts if part)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _finding(verdict: Verdict, speech: Speech, when: str) -> str:
    """What is proven to hold, then what broke."""
    _ = speech.say
    broke = _what_broke(verdict, speech, when)
    holds = [] if verdict.cause in _UNREACHED else _holding(verdict, speech)
    if verdict.state in (State.GOOD, State.UNKNOWN) or not holds:
        return broke
    good = speech.plural("{parts} is fine", "{parts} are fine", len(holds)).format(parts=speech.listed(holds))
    return _("{good}; {broke}").format(good=good, broke=broke)


def _holding(verdict: Verdict, speech: Speech) -> list[str]:
    """The proven stretches in few words: once the Internet answers, "the network" is said for all between."""
    _ = speech.say
    holds = set(verdict.holds)
    if Part.INTERNET in holds and verdict.cause is not Cause.TSLCD_DOWN:
        return [*([speech.part(Part.MACHINE)] if Part.MACHINE in holds else []), _("the network")]
    if holds & {Part.TSLCD, Part.INTERNET}:
        holds.discard(Part.LINE)
    return [speech.part(part) for part in Part if part in holds]


def _what_broke(verdict: Verdict, speech: Speech, when: str) -> str:
    """One clause per cause, without capital and full stop."""
    _ = speech.say
    facts = verdict.facts
    said = {
        "lost": _("has been down since {time}").format(time=when) if when else _("is down"),
        "silent": _("has not answered since {time}").format(time=when) if when else _("does not answer"),
        "since": _(" (since {time})").format(time=when) if when else "",
        "gateway": facts.gateway,
        "resolver": facts.resolver,
        "query": facts.query or _("names"),
        "services": speech.named(facts.services),
        "title": facts.title,
        "reason": speech.word("reason", facts.reason) if facts.reason else _("reason unknown"),
        "count": facts.count,
        "date": speech.date(facts.expiry) if facts.expiry is not None else "",
        "off": speech.off(facts.offset_s or 0.0),
    }
    return _clause(verdict, speech).format(**said)


def _clause(verdict: Verdict, speech: Speech) -> str:
    """The message for the cause, or for the shade of it that the facts show."""
    count = verdict.facts.count
    if verdict.cause is Cause.ALL_GOOD and count:
        return speech.plural(
            "all is well: this computer, the network and {count} service answer",
            "all is well: this computer, the network and {count} services answer",
            count,
        )
    shades = (message for cause, fits, message in SHADES if cause is verdict.cause and fits(verdict))
    return speech.say(next(shades, CLAUSES[verdict.cause]))


def _consequence(verdict: Verdict, speech: Speech) -> str:
    """What it means at the counter."""
    _ = speech.say
    works, broken = speech.named(verdict.works), speech.named(verdict.broken)
    if verdict.state is State.GOOD:
        return _("Online applications can be received.") if works else ""
    if verdict.state is State.UNKNOWN:
        return _("Whether online applications can be received is not known.")
    if verdict.state is State.DOWN:
        message = _("Online applications cannot be received; still usable: {works}.")
        return message.format(works=works) if works else _("Online applications cannot be received.")
    return _limited(verdict, speech, works, broken)


def _limited(verdict: Verdict, speech: Speech, works: str, broken: str) -> str:
    """Something is wrong, and files can be received all the same."""
    _ = speech.say
    if not broken:
        return _("The services can still be used.") if works else ""
    if verdict.cause in _OF_A_SERVICE and len(verdict.broken) == 1:
        return _("This service cannot be used for now; still usable: {works}.").format(works=works)
    return _("Not usable for now: {broken}; still usable: {works}.").format(broken=broken, works=works)


def _next_step(verdict: Verdict, speech: Speech) -> str:
    """What to do or not to do, and whom to call."""
    _ = speech.say
    if verdict.state is State.GOOD:
        return ""
    owners = verdict.owners or (Owner.COMMUNE_IT,)
    said = {
        "whom": speech.whom(owners[0], verdict.proof),
        "first": speech.whom_in_passing(owners[0]),
        "second": speech.whom(owners[1] if len(owners) > 1 else owners[0]),
        "grant": verdict.facts.grant,
    }
    if verdict.cause is Cause.NO_PERMISSION and not verdict.facts.grant:
        return _(CALL).format(**said)
    if verdict.cause is Cause.CERTIFICATE_EXPIRED and verdict.facts.offset_s is not None:
        return _("Look at the computer's date and time first; if they are right, call {whom}.").format(**said)
    # a browser warns of a strange certificate as it warns of an expired one
    cause = Cause.CERTIFICATE_EXPIRED if verdict.facts.reason in _STRANGE_CERTIFICATE else verdict.cause
    return _(STEPS.get(cause, CALL)).format(**said)
