"""What is wrong when the network answers and a service does not: the reason they share, or that they share none.

Pure; asked by causes.py after everything nearer to the PC has been cleared.
"""

from collections.abc import Sequence

from .contract.check import HttpCheck
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .contract.rung import Component, Rung
from .evidence import Evidence, date_would_fit, host_of, outcome, reason
from .finding import Finding, failing, ids, state_of_services
from .verdict import Cause, Facts, Seen, State, name_of

SLOW_MS = 5000.0
"""A page slower than this is called slow; our own figure, no norm sets one."""

_BY_REASON = {
    Reason.TIMEOUT: (Cause.SERVICE_SILENT, (Component.PDC, Component.SVC_TCP)),
    Reason.UNREACHABLE: (Cause.SERVICE_SILENT, (Component.PDC, Component.SVC_TCP)),
    Reason.NO_ROUTE: (Cause.SERVICE_SILENT, (Component.PDC, Component.SVC_TCP)),
    Reason.REFUSED: (Cause.SERVICE_REFUSES, (Component.SVC_TCP,)),
    Reason.TLS_EXPIRED: (Cause.CERTIFICATE_EXPIRED, (Component.SVC_APP,)),
    Reason.WRONG_CONTENT: (Cause.OTHER_PAGE, (Component.SVC_APP,)),
}
_STRANGE_CERTIFICATE = frozenset({Reason.TLS_UNTRUSTED, Reason.TLS_NAME})
_OTHERWISE = (Cause.SERVICE_FAILS, (Component.SVC_APP,))


def find(evidence: Evidence) -> Finding | None:
    """The cause of failing services, or of slow ones when none fails."""
    services = evidence.at(Rung.SERVICE)
    failed = failing(services)
    if not failed:
        return _slow(services)
    state = state_of_services(evidence) or State.DEGRADED
    if all(_ended_at_the_proxy(each) for each in failed):
        shared = _shared(state, failed)
        return shared._replace(components=(Component.LAN, *shared.components))
    causes = {_BY_REASON.get(reason(each) or Reason.INTERNAL, _OTHERWISE)[0] for each in failed}
    if len(failed) > 1 and len(failed) == len(services) and causes == {Cause.SERVICE_SILENT}:
        suspects = (Component.WAN, Component.NDC, Component.PDC)
        return Finding(state, Cause.SERVICES_ALL, Rung.SERVICE, suspects, Facts(services=names(failed)), ids(failed))
    if len({reason(each) for each in failed}) > 1 and len(causes) > 1:
        suspects = (Component.SVC_APP, Component.SVC_TCP, Component.PDC)
        facts = Facts(services=names(failed))
        return Finding(state, Cause.SERVICES_SEVERAL, Rung.SERVICE, suspects, facts, ids(failed))
    return _shared(state, failed)


def names(seen: Sequence[Seen]) -> tuple[str, ...]:
    """What people call them."""
    return tuple(name_of(each.check) for each in seen)


def _shared(state: State, failed: tuple[Seen, ...]) -> Finding:
    """All failing services fail alike: the facts come from the first."""
    first = failed[0]
    cause, components = _BY_REASON.get(reason(first) or Reason.INTERNAL, _OTHERWISE)
    result = first.result
    facts = Facts(
        services=names(failed),
        reason=reason(first) or "",
        expiry=result.cert_expiry if result else None,
        title=_title(result) if result and cause is Cause.OTHER_PAGE else "",
        offset_s=result.clock_offset_s if result and date_would_fit(first) else None,
    )
    if _stands_a_box_between(failed):
        components = (Component.PC_APP, Component.TERMINAL, *components)
    return Finding(state, cause, Rung.SERVICE, (*components, *_also_suspected(first)), facts, ids(failed))


def _stands_a_box_between(failed: tuple[Seen, ...]) -> bool:
    """Two hosts do not lose their certificates at one time: a portal, an antivirus or a proxy shows its own."""
    return len({host_of(each.check) for each in failed if reason(each) in _STRANGE_CERTIFICATE}) > 1


def _ended_at_the_proxy(seen: Seen) -> bool:
    """Whether a service was never reached because the proxy before it was not, or let nobody through."""
    if seen.result is None:
        return False
    # only a proxy asks for credentials of ours: checks carry none for the service
    asked = isinstance(seen.check, HttpCheck) and seen.result.reason is Reason.WRONG_CREDENTIALS
    return asked or set(seen.result.phases_ms or {}) == {"proxy"}


def _title(result: Result) -> str:
    """The title in the evidence of a page, as probes/http_page.py writes it; empty where the page had none."""
    _status, _comma, title = (result.detail or "").partition(", title: ")
    return title


def _also_suspected(seen: Seen) -> tuple[Component, ...]:
    """What else could look the same: a box on the way for a plain page, this PC's clock for a certificate's dates."""
    if date_would_fit(seen):
        return (Component.PC,)
    plain = isinstance(seen.check, HttpCheck) and seen.check.target.lower().startswith("http:")
    return (Component.TERMINAL,) if plain and reason(seen) is Reason.WRONG_CONTENT else ()


def is_slow(seen: Seen) -> bool:
    """Whether a service answered, but after more than :data:`SLOW_MS`."""
    phases = seen.result.phases_ms if seen.result and outcome(seen) is Outcome.OK else None
    return sum((phases or {}).values()) > SLOW_MS


def _slow(services: tuple[Seen, ...]) -> Finding | None:
    slow = [each for each in services if is_slow(each)]
    if not slow:
        return None
    everywhere = len(slow) == len(services) > 1
    suspects = (Component.ACCESS_LINK, Component.WAN) if everywhere else (Component.SVC_APP,)
    rung = Rung.LINE if everywhere else Rung.SERVICE
    return Finding(State.DEGRADED, Cause.SERVICE_SLOW, rung, suspects, Facts(services=names(slow)), ids(slow))
