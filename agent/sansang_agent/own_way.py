"""Whether a service's silence is the service's own, or only says that this PC's way out is down.

Pure. A silent service is held back until this PC's own witnesses have spoken since; "could not ask" is never "is down".
"""

from collections.abc import Iterator, Sequence

import msgspec

from .contract.check import Check, DnsCheck, SnmpCheck
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .contract.rung import Network, Rung
from .evidence import host_of, is_name

LONGEST_PERIOD_S = 60.0
"""A check that runs more rarely is no witness: nobody can wait for it. A device that is silent to SNMP is none either:
its access list says nothing of the way."""

_SILENT = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.NO_ROUTE, Reason.SERVFAIL})
"""What a service looks like when nothing comes back; every other failure was sent by somebody."""
_FAR = (Rung.CORE, Rung.INTERNET)

Delivery = tuple[Result, float]
"""A result and the monotonic time its run began."""


class _Word(msgspec.Struct, frozen=True):
    """What a witness said last, and when."""

    good: bool
    ended: float


class OwnWay:
    """Takes every result in the order of arrival and lets through those that say what they seem to say.

    What is still held when an agent stops is never told: nobody knows what it said.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = {check.id: check for check in checks}
        frequent = [check for check in checks if check.period <= LONGEST_PERIOD_S and not isinstance(check, SnmpCheck)]
        far = [check for check in frequent if check.rung in _FAR]
        self._far = far or [check for check in frequent if check.rung is Rung.LINE]
        self._names = [check for check in frequent if check.rung is Rung.DNS]
        self._said: dict[str, _Word] = {}
        self._excused: set[str] = set()
        """Witnesses that could not measure, or failed while services answered: nobody waits for their next word."""
        self._held: dict[str, list[Delivery]] = {}

    def add(self, result: Result, began: float, now: float) -> list[Delivery]:
        """What can be told at ``now``, when the result of a run that began at ``began`` came; often just that."""
        check = self._checks[result.check]
        if check.rung is Rung.SERVICE and result.reason in _SILENT:
            self._held.setdefault(result.check, []).append((result, began))
            return list(self._settled())
        told = [*self._held.pop(result.check, ()), (result, began)]
        if check.rung is not Rung.SERVICE:
            self._hear(result, now)
        elif result.outcome is Outcome.OK:
            self._exonerate(check, began)
        return [*told, *self._settled()]

    def _hear(self, result: Result, now: float) -> None:
        if result.outcome is Outcome.UNKNOWN:
            self._excused.add(result.check)
            return
        good = result.outcome is Outcome.OK
        self._said[result.check] = _Word(good, now)
        if good:
            self._excused.discard(result.check)

    def _exonerate(self, service: Check, began: float) -> None:
        """A service has answered: witnesses that had failed before it was asked are no witnesses."""
        for witness in (*self._far, *self._names):
            said = self._said.get(witness.id)
            if said and not said.good and said.ended <= began and _share_an_exit(witness, service):
                self._excused.add(witness.id)

    def _settled(self) -> Iterator[Delivery]:
        """Held results about which the witnesses have spoken."""
        for name, held in list(self._held.items()):
            first, since = held[0]
            verdicts = [self._verdict(group, since) for group in self._witnesses(self._checks[name], first)]
            if False not in verdicts and None in verdicts:
                continue
            del self._held[name]
            shut = False in verdicts
            yield from ((_not_asked(result) if shut else result, began) for result, began in held)

    def _witnesses(self, service: Check, result: Result) -> Iterator[Sequence[Check]]:
        """The groups that must each have an answer before a service's silence is its own."""
        yield [witness for witness in self._far if _share_an_exit(witness, service)]
        if is_name(host_of(service)) and result.address is None and not isinstance(service, DnsCheck):
            yield self._names

    def _verdict(self, group: Sequence[Check], since: float) -> bool | None:
        """Whether the way was open after ``since``; None: not known yet. With nobody to ask it counts as open."""
        witnesses = [check.id for check in group if check.id not in self._excused]
        words = [self._said.get(name) for name in witnesses]
        heard = [word for word in words if word and word.ended >= since]
        if any(word.good for word in heard) or not witnesses:
            return True
        return False if len(heard) == len(witnesses) else None


def _share_an_exit(witness: Check, service: Check) -> bool:
    return witness.network is service.network or Network.BOTH in (witness.network, service.network)


def _not_asked(result: Result) -> Result:
    seen = f"{result.reason}; {result.detail}" if result.detail else str(result.reason)
    detail = f"this PC's own way out was down ({seen})"
    return msgspec.structs.replace(result, outcome=Outcome.UNKNOWN, reason=Reason.NO_INTERNET, detail=detail)
