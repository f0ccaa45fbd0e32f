"""Questions to one device, each asked three times at most, and what its errors mean.

Whatever a device answers, what comes out are numbers, bytes or nothing, by object identifier.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from sansang_agent.contract.outcome import Reason

from .if_mib import Answer, Value
from .reasons import ProbeError
from .snmp_engine import Engine

TRIES = 3
_MOST = 2**64

_CREDENTIALS = {
    "UnknownUserName": "the device knows no such user",
    "UnknownSecurityName": "the device knows no such user",
    "WrongDigest": "the device does not accept the authentication passphrase or protocol",
    "AuthenticationFailure": "the device does not accept the authentication passphrase or protocol",
    "AuthenticationError": "the device does not accept the authentication passphrase or protocol",
    "UnsupportedSecurityLevel": "the device does not let this user authenticate and encrypt",
    "DecryptionError": "the device cannot decrypt: wrong privacy passphrase or protocol",
}
"""By the name of pysnmp's error indication: what a device reports about a user (RFC 3414, section 3.2)."""
_AGAIN = frozenset({"RequestTimedOut", "NotInTimeWindow", "UnknownEngineID"})
"""Error indications after which a device is discovered again."""
_TOO_BIG = 1
_MAY_NOT = {6: "noAccess", 16: "authorizationError"}
"""Error statuses of a device that knows the asker and does not show what was asked (RFC 3416, section 3)."""


class Session:
    """One device during one run of a probe; ``patience_s`` is for each try."""

    def __init__(self, engine: Engine, target: Any, patience_s: float) -> None:
        self._engine = engine
        self._patience_s = patience_s
        self._target = target
        self._remembered = engine.knows(self._target)

    @property
    def answered_discovery(self) -> bool:
        """Whether the device's SNMPv3 engine has spoken in this run, though perhaps not to this user."""
        return not self._remembered and self._engine.knows(self._target)

    async def get(self, oids: list[str]) -> dict[str, Value]:
        """The values of ``oids``, none for those that are not there; asks for half where an answer is too big.

        Raises TimeoutError after three tries, and :class:`ProbeError`.
        """
        status, answer = await self._asked(lambda: self._engine.get(self._target, oids))
        if status == _TOO_BIG and len(oids) > 1:
            half = len(oids) // 2
            return {**await self.get(oids[:half]), **await self.get(oids[half:])}
        _refuse(status)
        found = {".".join(map(str, oid)): value for oid, value in answer}
        return {oid: found.get(oid) for oid in oids}

    async def bulk(self, repetitions: int, oids: list[str]) -> Answer:
        """What follows each of ``oids``, ``repetitions`` times, as it comes. Raises as :meth:`get`."""
        status, answer = await self._asked(lambda: self._engine.bulk(self._target, repetitions, oids))
        if status == _TOO_BIG and repetitions > 1:
            return await self.bulk(repetitions // 2, oids)
        _refuse(status)
        return answer

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> tuple[int, Answer]:
        for _ in range(TRIES):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience_s):
                    indication, status, _index, variables = await ask()
                if not _to_be_asked_again(indication):
                    return int(status), [(tuple(oid), _plain(value)) for oid, value in variables]
            if self._remembered:
                self._remembered = False
                self._engine.forget_peers()
        raise TimeoutError


def _to_be_asked_again(indication: Any) -> bool:
    """Whether an error indication (``None``: no error) goes away by asking; raises :class:`ProbeError` for others."""
    kind = type(indication).__name__
    if kind in _CREDENTIALS:
        raise ProbeError(Reason.WRONG_CREDENTIALS, _CREDENTIALS[kind])
    if indication is not None and kind not in _AGAIN:
        raise ProbeError(Reason.WRONG_ANSWER, f"SNMP: {indication}")
    return indication is not None


_NOTHING = frozenset({"Null", "NoSuchObject", "NoSuchInstance", "EndOfMibView"})
"""Values that are none, by pysnmp's names; as it has them they could be taken for empty texts."""


def _refuse(status: int) -> None:
    if status in _MAY_NOT:
        raise ProbeError(Reason.WRONG_CREDENTIALS, f"the device does not show this to us ({_MAY_NOT[status]})")
    if status:
        raise ProbeError(Reason.WRONG_ANSWER, f"the device answers with SNMP error {status}")


def _plain(value: Any) -> Value:
    """pysnmp's value as Python has it; kinds and sizes that no counter, state or text has are nothing."""
    if type(value).__name__ in _NOTHING:
        return None
    if hasattr(value, "asOctets"):
        return bytes(value.asOctets())
    try:
        number = int(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if 0 <= number < _MOST else None
