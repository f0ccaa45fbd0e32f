"""What a device says of itself and its interfaces by SNMP; and where it says nothing, what its silence can mean.

A device that is down, one that does not accept our credentials and one that does not have the object are told apart;
version 2c has no word for a wrong community, so beside an answered ping its silence is told as the class it is.
"""

import asyncio

from sansang_agent.contract.check import SnmpCheck, SnmpVersion
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Interface, Result
from sansang_agent.platform import NoPermissionError

from . import Tools, if_mib, reach, results
from .reasons import EXPECTED, ProbeError
from .snmp_credential import credential_of
from .snmp_engine import Engine, Engines
from .snmp_session import TRIES, Session
from .stopwatch import Stopwatch
from .targets import host_port

PORT = 161
HINT = "the extra 'snmp' is not installed; run: pip install 'sansang[snmp]'"
_FOR_PING = 0.25
"""The part of the check's time that is kept for a ping beside silence."""
_LONGEST_PING_S = 1.0
_ECHOES = 3
_REPETITIONS = 10
_AT_ONCE = 2
"""Interfaces asked for in one question. Answers are kept small: pysnmp takes them apart in Python, a quarter of a
millisecond for each variable, and until it is done every other probe of this machine waits."""


async def probe(check: SnmpCheck, tools: Tools) -> Result:
    """Read system group and interfaces once."""
    try:
        engine = _engine(check, tools)
    except ProbeError as error:
        return results.bad(check, error.reason, error.detail)
    watch = Stopwatch(check.timeout)  # only now: making the engine is not the device's time
    address = None
    try:
        host, port = host_port(check.target, PORT)
        address = (await reach.resolve(host, tools, watch, port))[0]
        left = watch.left()
        patience_s = (left - min(left * _FOR_PING, _LONGEST_PING_S)) / TRIES
        session = Session(engine, engine.target(address, port, check.timeout), patience_s)
        return await _told(check, session, address, tools, watch)
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=address)


async def _told(check: SnmpCheck, session: Session, address: str, tools: Tools, watch: Stopwatch) -> Result:
    """What the device tells, or what its silence means; raises what :data:`EXPECTED` lists."""
    with watch.phase("first_byte"):
        try:
            system = await session.get(list(if_mib.SYSTEM))
        except TimeoutError:
            system = None
    if system is None:
        return await _silent(check, session, address, tools, watch)
    with watch.phase("transfer"):
        async with asyncio.timeout(watch.left()):
            interfaces, note = await _interfaces(check, session)
    device = if_mib.device(system)
    found = {"phases_ms": watch.phases_ms, "address": address, "detail": note or None}
    return results.good(check, device=device, interfaces=interfaces, **found)


def _engine(check: SnmpCheck, tools: Tools) -> Engine:
    """The engine that asks with this check's credential; raises :class:`ProbeError` where there can be none."""
    credential = credential_of(check)
    try:
        return tools.kept.get("snmp", Engines).of(check.id, credential)
    except ImportError as error:
        raise ProbeError(Reason.NOT_SUPPORTED, HINT) from error


async def _interfaces(check: SnmpCheck, session: Session) -> tuple[tuple[Interface, ...], str]:
    """The interfaces that are wanted, and what should be said of the table."""
    walk = if_mib.Walk()
    try:
        while asked := walk.next():
            walk.take(await session.bulk(_REPETITIONS, asked))
    except if_mib.CircleError as error:
        raise ProbeError(Reason.WRONG_ANSWER, "the device's table of interfaces goes in circles") from error
    rows = walk.rows()
    chosen = if_mib.chosen(rows, check.interfaces)
    if not chosen:
        raise ProbeError(Reason.NO_SUCH_OBJECT, _missing(check, rows))
    found: list[Interface] = []
    for first in range(0, len(chosen), _AT_ONCE):
        some = chosen[first : first + _AT_ONCE]
        values = await session.get(if_mib.cells(some))
        found += [if_mib.interface(row, values) for row in some]
    left_out = len(rows) - len(chosen)
    return tuple(found), f"{left_out} of its {len(rows)} interfaces are not told" if left_out else ""


def _missing(check: SnmpCheck, rows: list[if_mib.Row]) -> str:
    if not rows:
        return "the device answers, but shows no table of interfaces (IF-MIB)"
    there = ", ".join(row.name for row in rows[:10])
    return f"no interface is called {' or '.join(check.interfaces)}; there are {there}"


async def _silent(check: SnmpCheck, session: Session, address: str, tools: Tools, watch: Stopwatch) -> Result:
    """What a device's silence to three questions means, as far as anything else about it can be found out."""
    found = {"phases_ms": watch.phases_ms, "address": address}
    if session.answered_discovery:
        detail = "the device answers, but not this user: wrong privacy passphrase or protocol"
        return results.bad(check, Reason.WRONG_CREDENTIALS, detail, **found)
    pings = await _pings(address, tools, watch)
    return results.bad(check, Reason.TIMEOUT, _SILENCE[pings].format(why=_WHY[check.version]), pings=pings, **found)


_SILENCE = {
    True: "answers ping, but not SNMP: {why}",
    False: "answers neither SNMP nor ping",
    None: "does not answer SNMP; whether it answers ping could not be found out",
}
_WHY = {
    SnmpVersion.V2C: "wrong community, access list or SNMP off",
    SnmpVersion.V3: "access list or SNMP off",
}


async def _pings(address: str, tools: Tools, watch: Stopwatch) -> bool | None:
    """Whether the device answers an echo in what is left of the time; ``None`` where it cannot be asked."""
    try:
        left = watch.left()
        async with asyncio.timeout(left):
            (train,) = await tools.platform.train([address], _ECHOES, left / 10, left / 2)
    except (NoPermissionError, OSError):
        return None
    return None if train.reason is Reason.NO_PERMISSION else bool(train.rtts_ms)
