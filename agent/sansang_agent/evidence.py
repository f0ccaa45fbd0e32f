"""What the results prove: which checks answered, what lies beyond what, and which results say nothing at all.

Pure. A result that could not have come back whatever its target did is turned into ``unknown(no_internet)`` here.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec

from .contract.check import Check, DnsCheck, HttpCheck, Profile, SnmpCheck, TimestampCheck, TlsCheck
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .contract.rung import Network, Rung
from .platform import NetworkState
from .verdict import Seen

BEYOND_GATEWAY = (Rung.LINE, Rung.CORE, Rung.INTERNET, Rung.SERVICE)
"""Rungs that can only answer when the gateway passes packets on; names are left out, a resolver may be the gateway."""

_CERTIFICATE_DATES = frozenset({Reason.TLS_EXPIRED, Reason.TLS_NOT_YET})
_FROM_BEHIND_TLS = frozenset({Reason.HTTP_STATUS, Reason.WRONG_CONTENT})
_FROM_A_DEVICE = frozenset({Reason.WRONG_CREDENTIALS, Reason.NO_SUCH_OBJECT})
_NAME_FAILURES = frozenset({Reason.NXDOMAIN, Reason.SERVFAIL, Reason.RESOLVER_BUSY})


class Evidence(msgspec.Struct, frozen=True):
    """All checks with their results, folded by :func:`gather`, and the machine's own view of its network."""

    seen: tuple[Seen, ...]
    network: NetworkState

    def at(self, *rungs: Rung, tslcd: bool | None = None) -> tuple[Seen, ...]:
        """The checks on these rungs; ``tslcd`` restricts them to one of the two exits."""
        return tuple(
            each for each in self.seen if each.check.rung in rungs and (tslcd is None or is_tslcd(each.check) is tslcd)
        )

    def proven(self, *rungs: Rung, tslcd: bool | None = None) -> bool:
        """Whether packets went to one of these rungs and back."""
        return any(got_through(each) for each in self.at(*rungs, tslcd=tslcd))

    @property
    def gateway_answers(self) -> bool:
        """A gateway's own answer: to its check, or as the resolver at its address."""
        gateways = {*self.network.gateways, *(host_of(each.check) for each in self.at(Rung.GATEWAY))}
        resolvers = (each for each in self.at(Rung.DNS) if host_of(each.check) in gateways)
        return any(outcome(each) is Outcome.OK or is_there(each) for each in (*self.at(Rung.GATEWAY), *resolvers))

    @property
    def has_adapter(self) -> bool:
        """Whether an adapter is up, as the system says."""
        return any(nic.up for nic in self.network.nics)


def gather(profile: Profile, results: Mapping[str, Result], network: NetworkState) -> Evidence:
    """Pair checks with results and fold away those that had no way to come back."""
    seen = tuple(Seen(check, results.get(check.id)) for check in profile.checks)
    return Evidence(_without_names(_without_route(seen, network)), network)


def outcome(seen: Seen) -> Outcome:
    """The outcome; a check without a result has not been found out."""
    return seen.result.outcome if seen.result else Outcome.UNKNOWN


def reason(seen: Seen) -> Reason | None:
    """Why, where there is a result that says so."""
    return seen.result.reason if seen.result else None


def all_failed(seen: Iterable[Seen]) -> bool:
    """Whether something was measured here and all of it failed."""
    measured = [each for each in seen if outcome(each) is not Outcome.UNKNOWN]
    return bool(measured) and all(outcome(each) is Outcome.FAILED for each in measured)


def got_through(seen: Seen) -> bool:
    """Whether the target itself must have answered: success, or a failure that only it could have sent.

    A refusal, a reset or a page over plain HTTP may come from a box on the way, so they prove nothing.
    """
    why = reason(seen)
    behind_tls = isinstance(seen.check, HttpCheck) and seen.check.target.lower().startswith("https:")
    told = why in _CERTIFICATE_DATES or (behind_tls and why in _FROM_BEHIND_TLS)
    return outcome(seen) is Outcome.OK or told or is_there(seen)


def is_there(seen: Seen) -> bool:
    """Whether a device that did not tell us what it was asked by SNMP must have answered all the same."""
    answered = reason(seen) in _FROM_A_DEVICE or bool(seen.result and seen.result.pings)
    return isinstance(seen.check, SnmpCheck) and answered


def is_tslcd(check: Check) -> bool:
    """Whether the check leaves through the state data network only."""
    return check.network is Network.TSLCD


def host_of(check: Check) -> str:
    """The address or name in a check's target, without port, scheme and path."""
    if isinstance(check, HttpCheck | TimestampCheck):
        return urlsplit(check.target).hostname or ""
    if check.target.count(":") > 1 and not check.target.startswith("["):
        return check.target
    return urlsplit(f"//{check.target}").hostname or ""


def is_name(host: str) -> bool:
    """Whether a host must be looked up: it is neither an IPv4 nor an IPv6 address."""
    return ":" not in host and any(letter.isalpha() for letter in host)


def _without_route(seen: tuple[Seen, ...], network: NetworkState) -> tuple[Seen, ...]:
    """Without a default gateway, and with nothing answering, no result beyond this machine says anything."""
    near = (Rung.POWER, Rung.MACHINE)
    if network.gateways or any(outcome(each) is Outcome.OK for each in seen if each.check.rung not in near):
        return seen
    return tuple(each if each.check.rung in (*near, Rung.LAN, Rung.GATEWAY) else _no_internet(each) for each in seen)


def _without_names(seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Where no service's name could be turned into an address, no service was asked anything."""
    services = [each for each in seen if each.check.rung is Rung.SERVICE and not isinstance(each.check, DnsCheck)]
    resolvers = [each for each in seen if each.check.rung is Rung.DNS]
    silent_resolver = all_failed(resolvers)
    if not services or not all(_was_not_resolved(each, silent_resolver=silent_resolver) for each in services):
        return seen
    return tuple(_no_internet(each) if each in services else each for each in seen)


def _was_not_resolved(seen: Seen, *, silent_resolver: bool) -> bool:
    """A name failure; or silence before any address was known, while the resolver is known not to answer."""
    result = seen.result
    if result is None or not is_name(host_of(seen.check)) or result.outcome is Outcome.OK:
        return False
    if result.reason in _NAME_FAILURES:
        return True
    connected = result.address is not None or "connect" in (result.phases_ms or {})
    return silent_resolver and result.reason is Reason.TIMEOUT and not connected


def _no_internet(seen: Seen) -> Seen:
    unknown = Result(check=seen.check.id, outcome=Outcome.UNKNOWN, reason=Reason.NO_INTERNET)
    return Seen(seen.check, msgspec.structs.replace(unknown, at=seen.result.at if seen.result else 0))


AGREE_S = 120.0
WRONG_S = 300.0
"""Certificates issued minutes ago, one-time passwords and time stamps start to fail beyond about five minutes."""


def own_clock_offset(evidence: Evidence) -> tuple[float, tuple[str, ...]] | None:
    """How wrong this machine's clock is (seconds, the world's minus ours) and the checks that say so.

    Only said when services on two different hosts agree within two minutes that it is off by more than five and no
    other says it is right: one server, or a captive portal, may itself be wrong.
    """
    told = sorted((offset, host_of(each.check), each.check.id) for each in evidence.seen for offset in _offsets(each))
    if any(abs(offset) <= WRONG_S for offset, _, _ in told):
        return None
    for (low, host, first), (high, other, second) in pairwise(told):
        if host != other and high - low <= AGREE_S:
            return (low + high) / 2, (first, second)
    return None


def _offsets(seen: Seen) -> Iterable[float]:
    """The offset a result tells, from hosts that answered as the service itself."""
    result = seen.result
    if result and result.clock_offset_s is not None and got_through(seen) and reason(seen) is not Reason.WRONG_CONTENT:
        yield result.clock_offset_s


def date_would_fit(seen: Seen) -> bool:
    """Whether a certificate that failed by its dates would be right by the server's own clock, one witness alone."""
    result = seen.result
    if result is None or result.reason not in _CERTIFICATE_DATES or result.clock_offset_s is None:
        return False
    return abs(result.clock_offset_s) > WRONG_S and isinstance(seen.check, HttpCheck | TlsCheck)
