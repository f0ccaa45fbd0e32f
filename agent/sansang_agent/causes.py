"""Which cause the evidence supports: one small rule per cause, asked from the PC outwards; the first that holds wins.

Pure. A rule says nothing unless its own evidence was measured: "could not find out" never becomes "is down".
"""

from collections.abc import Callable

from . import service_causes
from .contract.check import DnsCheck
from .contract.outcome import Outcome, Reason
from .contract.rung import Component, Network, Rung
from .evidence import BEYOND_GATEWAY, Evidence, all_failed, host_of, outcome, own_clock_offset, reason
from .finding import Finding, failing, ids, state_of_services
from .verdict import Cause, Facts, Seen, State

_OUTSIDE = (Rung.LINE, Rung.CORE, Rung.INTERNET)
_SILENT = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.NO_ROUTE, Reason.REFUSED})
_SILENT_SERVICE = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.NO_ROUTE, Reason.NO_INTERNET})
_CANNOT_SPLIT_NEAR = (Component.LAN, Component.TERMINAL)


def find(evidence: Evidence) -> Finding:
    """The first cause that the evidence supports."""
    found = (rule(evidence) for rule in _RULES)
    return next(finding for finding in found if finding)


def _nothing_configured(evidence: Evidence) -> Finding | None:
    return None if evidence.seen else Finding(State.UNKNOWN, Cause.NOTHING_CONFIGURED)


def _no_adapter(evidence: Evidence) -> Finding | None:
    if _something_answers(evidence) or evidence.has_adapter:
        return None
    facts = Facts(adapters_down=tuple(nic.name for nic in evidence.network.nics))
    return Finding(State.DOWN, Cause.NO_ADAPTER, Rung.MACHINE, (Component.PC, Component.LAN), facts)


def _no_gateway(evidence: Evidence) -> Finding | None:
    if _something_answers(evidence) or evidence.network.gateways or all_failed(evidence.at(Rung.GATEWAY)):
        return None
    return Finding(State.DOWN, Cause.NO_GATEWAY, Rung.LAN, _CANNOT_SPLIT_NEAR)


def _gateway_silent(evidence: Evidence) -> Finding | None:
    gateway = evidence.at(Rung.GATEWAY)
    if _something_answers(evidence) or not all_failed(gateway):
        return None
    beyond = evidence.at(*BEYOND_GATEWAY)
    measured = any(outcome(each) is Outcome.FAILED or reason(each) is Reason.NO_INTERNET for each in beyond)
    state = State.DOWN if measured else State.UNKNOWN
    facts = Facts(gateway=host_of(gateway[0].check))
    return Finding(state, Cause.GATEWAY_SILENT, Rung.GATEWAY, _CANNOT_SPLIT_NEAR, facts, ids(gateway))


def _no_permission(evidence: Evidence) -> Finding | None:
    refused = [each for each in evidence.seen if reason(each) is Reason.NO_PERMISSION]
    remote = [each for each in evidence.seen if each.check.rung is not Rung.MACHINE]
    if not refused or any(outcome(each) is not Outcome.UNKNOWN for each in remote):
        return None
    grant = next((each.result.detail for each in refused if each.result and each.result.detail), "")
    facts = Facts(grant=grant)
    return Finding(State.UNKNOWN, Cause.NO_PERMISSION, Rung.MACHINE, (Component.PC,), facts, ids(refused))


def _outside_down(evidence: Evidence) -> Finding | None:
    """Nothing outside answers; how near the break is depends on what the gateway and the first hop say."""
    if evidence.proven(Rung.CORE, Rung.INTERNET, Rung.SERVICE) or not _outside_is_silent(evidence):
        return None
    outside = evidence.at(*_OUTSIDE, tslcd=False)
    if evidence.proven(Rung.LINE):
        beyond = (Component.ACCESS_NODE, Component.ARC, Component.RING, Component.CORE, Component.WAN)
        rung = Rung.CORE if evidence.at(Rung.CORE, tslcd=False) else Rung.INTERNET
        return Finding(State.DOWN, Cause.BEYOND_LINE_DOWN, rung, beyond, proof=ids(failing(outside)))
    if evidence.gateway_answers:
        line = (Component.ACCESS_LINK, Component.ACCESS_NODE, Component.ARC, Component.RING)
        return Finding(State.DOWN, Cause.LINE_DOWN, Rung.LINE, line, proof=ids(failing(outside)))
    suspects = (*_CANNOT_SPLIT_NEAR, Component.ACCESS_LINK)
    facts = Facts(reason=_why_near_is_unknown(evidence))
    return Finding(State.DOWN, Cause.OUTSIDE_DOWN, Rung.LINE, suspects, facts, ids(failing(outside)))


def _outside_is_silent(evidence: Evidence) -> bool:
    """All witnesses far away fail; without any, the first hop and every service must be silent.

    Many first hops never answer, so that one alone says nothing.
    """
    far = evidence.at(Rung.CORE, Rung.INTERNET, tslcd=False)
    if any(outcome(each) is not Outcome.UNKNOWN for each in far):
        return all_failed(far)
    services = evidence.at(Rung.SERVICE)
    silent = [each for each in services if reason(each) in _SILENT_SERVICE]
    return all_failed(evidence.at(Rung.LINE)) and bool(services) and len(silent) == len(services)


def _internet_down(evidence: Evidence) -> Finding | None:
    internet = evidence.at(Rung.INTERNET, tslcd=False)
    through_internet = [each for each in evidence.at(Rung.SERVICE) if each.check.network is Network.INTERNET]
    if not all_failed(internet) or any(outcome(each) is Outcome.OK for each in through_internet):
        return None
    if not (evidence.proven(*BEYOND_GATEWAY, tslcd=True) or _core_alone_answers(evidence)):
        return None
    state = state_of_services(evidence) or State.DEGRADED
    facts = Facts(services=service_causes.names(failing(evidence.at(Rung.SERVICE))))
    return Finding(state, Cause.INTERNET_DOWN, Rung.INTERNET, (Component.WAN,), facts, ids(internet))


def _core_alone_answers(evidence: Evidence) -> bool:
    return evidence.proven(Rung.CORE) and not evidence.proven(Rung.SERVICE)


def _tslcd_down(evidence: Evidence) -> Finding | None:
    tslcd = evidence.at(*BEYOND_GATEWAY, tslcd=True)
    if not all_failed(tslcd) or not evidence.proven(Rung.INTERNET, tslcd=False) or not _is_cut(tslcd):
        return None
    state = state_of_services(evidence) or State.DEGRADED
    facts = Facts(services=service_causes.names(failing(evidence.at(Rung.SERVICE))))
    return Finding(state, Cause.TSLCD_DOWN, Rung.INTERNET, (Component.WAN, Component.NDC), facts, ids(tslcd))


def _is_cut(tslcd: tuple[Seen, ...]) -> bool:
    """Whether the exit's own witness fails, or several services behind it; one service alone blames no network."""
    return len(tslcd) > 1 or any(each.check.rung is not Rung.SERVICE for each in tslcd)


def _clock_wrong(evidence: Evidence) -> Finding | None:
    clock = own_clock_offset(evidence)
    if clock is None:
        return None
    offset, witnesses = clock
    state = state_of_services(evidence) or State.DEGRADED
    facts = Facts(offset_s=offset)
    return Finding(state, Cause.CLOCK_WRONG, Rung.MACHINE, (Component.PC,), facts, witnesses)


def _resolver(evidence: Evidence) -> Finding | None:
    """All name servers failing is an outage unless services answer all the same; one of several is a weakness."""
    resolvers = evidence.at(Rung.DNS)
    failed = failing(resolvers)
    if not failed or (state_of_services(evidence) and (evidence.proven(Rung.SERVICE) or len(failed) < len(resolvers))):
        return None
    first = failed[0]
    works = evidence.proven(Rung.SERVICE) or (len(failed) < len(resolvers) and not _no_name_resolves(evidence))
    facts = Facts(
        resolver=host_of(first.check),
        query=first.check.query if isinstance(first.check, DnsCheck) else "",
        reason=reason(first) or "",
    )
    state = State.DEGRADED if works else State.DOWN
    return Finding(state, _resolver_cause(reason(first)), Rung.DNS, (Component.DNS,), facts, ids(failed))


def _resolver_cause(why: Reason | None) -> Cause:
    if why is Reason.WRONG_ANSWER:
        return Cause.RESOLVER_WRONG
    return Cause.RESOLVER_SILENT if why in _SILENT else Cause.RESOLVER_FAILS


def _no_name(evidence: Evidence) -> Finding | None:
    """The resolvers seem well, or were not asked, and yet no service's name leads to an address."""
    if not _no_name_resolves(evidence):
        return None
    proof = ids(evidence.at(Rung.SERVICE))
    return Finding(State.DOWN, Cause.NO_NAME, Rung.DNS, (Component.DNS,), proof=proof)


def _no_name_resolves(evidence: Evidence) -> bool:
    services = evidence.at(Rung.SERVICE)
    return bool(services) and all(reason(each) is Reason.NO_INTERNET for each in services)


def _all_good_or_unclear(evidence: Evidence) -> Finding:
    services = evidence.at(Rung.SERVICE)
    good = [each for each in services if outcome(each) is Outcome.OK]
    unknown = [each for each in services if each.check.mandatory and outcome(each) is Outcome.UNKNOWN]
    line_unclear = not services and failing(evidence.at(Rung.LINE)) and not evidence.proven(Rung.CORE, Rung.INTERNET)
    if (services and not good) or unknown or line_unclear or not _something_answers(evidence):
        why = next((reason(each) for each in (*unknown, *evidence.seen) if reason(each)), None)
        return Finding(State.UNKNOWN, Cause.UNCLEAR, facts=Facts(reason=why or ""))
    return Finding(State.GOOD, Cause.ALL_GOOD, facts=Facts(count=len(good)))


def _something_answers(evidence: Evidence) -> bool:
    return evidence.gateway_answers or evidence.proven(*BEYOND_GATEWAY)


def _why_near_is_unknown(evidence: Evidence) -> str:
    near = evidence.at(Rung.GATEWAY)
    return next((str(reason(each)) for each in near if reason(each)), Reason.NOT_CONFIGURED)


_RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    _nothing_configured,
    _no_adapter,
    _no_gateway,
    _no_permission,
    _gateway_silent,
    _outside_down,
    _internet_down,
    _tslcd_down,
    _clock_wrong,
    _resolver,
    _no_name,
    service_causes.find,
    _all_good_or_unclear,
)
