"""Asking one machine to look at something now: which machine, whether it may be asked, and the row it becomes.

A target that others use too is asked by one request of the whole fleet at a time, and not again within five seconds.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, Row, select

from sansang_agent.contract.assignment import Request, Role
from sansang_agent.contract.check import KINDS, Check
from sansang_agent.contract.rung import Rung

from . import audit, requests
from .agents import AGENT
from .asking_words import AskError, Refused
from .audit import Deed
from .commune import CODE
from .contact import CONTACT
from .liveness import SILENT_SECONDS
from .requests import Asked

EXPIRES_S = 60.0
"""A machine tells every 15 s, and hears then; one that has not by now is not to begin any more."""
SPACING_S = 5.0
MOST_OPEN = 5
"""Requests that one machine may have to answer at a time: as many as fit into one answer to its report."""
ID = "asked"
_KINDS = tuple(kind for kind in KINDS if kind != "snmp")
"""Kinds that can be asked for; a device is asked by SNMP only as the machine's own administrator set it up."""
_OWN = ("{gateway}", "{dns}", "local")
_HOME = ip_network("192.168.0.0/16")
"""Addresses that every commune has for itself; 10.0.0.0/8 holds servers that all of them use."""
_PORT = re.compile(r".+:[0-9]{1,5}")


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to know."""

    commune: str
    agent: str = ""
    """The machine's name; empty: the one of the commune that was in contact last."""
    kind: str
    target: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    query: Annotated[str, msgspec.Meta(max_length=253)] = "dichvucong.gov.vn"
    """The name a ``dns`` request asks for."""
    count: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


def ask(connection: Connection, wish: Wish, who: str, now: float) -> Asked:
    """Write the request and its audit row; raises :class:`AskError` where it is not to be asked."""
    return ask_check(connection, wish, check_of(wish), who, now)


def ask_check(connection: Connection, wish: Wish, check: Check, who: str, now: float) -> Asked:
    """The same where more is known of the check than its kind and target."""
    machine = _machine(connection, wish, now)
    _refuse_if_busy(requests.busy(connection, now, SPACING_S), machine, shared_host(check), now)
    request = Request(id=secrets.token_hex(16), check=check, count=wish.count, expires=now + EXPIRES_S)
    asked = Asked(
        request=request,
        agent=machine.id,
        agent_name=machine.name,
        commune=wish.commune,
        who=who,
        why=_plain(wish.why),
        asked_at=now,
    )
    requests.add(connection, asked)
    detail = f"{request.id} {wish.kind} {check.target} x{wish.count}: {asked.why}".removesuffix(": ")
    audit.note(connection, Deed(now, who, "ask", wish.commune, machine.id, detail))
    return asked


def check_of(wish: Wish) -> Check:
    """The check a wish is for; raises :class:`AskError` for one that cannot be."""
    if not CODE.fullmatch(wish.commune):
        raise AskError(Refused.COMMUNE, commune=wish.commune)
    if wish.kind not in _KINDS:
        raise AskError(Refused.KIND, kind=wish.kind, kinds=", ".join(_KINDS))
    target = wish.target or ("local" if wish.kind == "host" else "")
    if not _fits(wish.kind, target):
        raise AskError(Refused.TARGET, kind=wish.kind, target=_plain(target))
    fields = {"id": ID, "rung": Rung.MACHINE if wish.kind == "host" else Rung.SERVICE, "target": target}
    if wish.kind == "dns":
        fields["query"] = wish.query
    return msgspec.convert(fields | {"kind": wish.kind, "confirm": False}, KINDS[wish.kind])


def _fits(kind: str, target: str) -> bool:
    """Whether a target has the form its kind needs; what the machine makes of it, the machine says."""
    if not target.isprintable():
        return False
    if kind in ("tcp", "tls"):
        return bool(_PORT.fullmatch(target))
    if kind in ("http", "timestamp"):
        return target.startswith(("http://", "https://")) and bool(_host(target))
    return bool(target) and not target.isspace()


def _plain(text: str) -> str:
    """One line, without what no text of a ledger can hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def shared_host(check: Check) -> str:
    """The host that others than the machine's own commune use too; empty where it is the commune's own."""
    target = check.target
    if target.startswith(_OWN):
        return ""
    bare_v6 = target.count(":") > 1 and "[" not in target and "//" not in target
    host = target if bare_v6 else _host(target if "//" in target else f"//{target}")
    try:
        return "" if ip_address(host.partition("%")[0]) in _HOME else host
    except ValueError:
        return host.removesuffix(".")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _machine(connection: Connection, wish: Wish, now: float) -> Row[Any]:
    """The machine that is named, or the one that was in contact last; a vantage only where there is no other."""
    found = connection.execute(
        select(AGENT.c.id, AGENT.c.name, AGENT.c.role, AGENT.c.retired_at, CONTACT.c.at)
        .outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id)
        .where(AGENT.c.commune == wish.commune)
    ).all()
    used = [row for row in found if row.retired_at is None]
    named = [row for row in found if row.name == wish.agent] if wish.agent else used
    if not named:
        names = ", ".join(sorted(row.name for row in used))
        raise AskError(Refused.UNKNOWN if names else Refused.NOBODY, commune=wish.commune, name=wish.agent, names=names)
    if named[0].retired_at is not None:
        raise AskError(Refused.RETIRED, name=wish.agent)
    best: Row[Any] = max(named, key=lambda row: (_is_here(row, now), row.role != Role.VANTAGE, row.at or 0.0))
    if not _is_here(best, now):
        raise _unheard(best, wish.commune)
    return best


def _unheard(machine: Row[Any], commune: str) -> AskError:
    if machine.at is None:
        return AskError(Refused.NEVER, name=machine.name, commune=commune)
    moment = datetime.fromtimestamp(machine.at).astimezone().isoformat(sep=" ", timespec="seconds")
    return AskError(Refused.SILENT, name=machine.name, commune=commune, moment=moment)


def _is_here(row: Row[Any], now: float) -> bool:
    return row.at is not None and abs(now - row.at) <= SILENT_SECONDS


def _refuse_if_busy(busy: Sequence[Asked], machine: Row[Any], host: str, now: float) -> None:
    waiting = [other for other in busy if other.agent == machine.id and other.answered_at is None]
    if len(waiting) >= MOST_OPEN:
        raise AskError(Refused.FULL, name=machine.name, number=len(waiting))
    same = next((other for other in busy if host and shared_host(other.request.check) == host), None)
    if same is not None:
        last = same.request.expires if same.answered_at is None else same.answered_at + SPACING_S
        where = f"{same.agent_name} ({same.commune})"
        seconds = round(max(1.0, last - now))
        raise AskError(Refused.BUSY, host=host, machine=where, commune=same.commune, who=same.who, seconds=seconds)
