"""A message as JSON for somebody's program; docs/alert-texts.md describes every field. Pure."""

import msgspec

from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind

from .answering import code_of
from .chat import chat
from .phrases import Phrases
from .plain import address, plain
from .telling import Telling
from .words import Extra

VERSION = 1


class Place(msgspec.Struct, frozen=True):
    """A commune."""

    code: str
    name: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted. Times are Unix seconds; what is not known is null or empty."""

    version: int = VERSION
    kind: Kind
    repeat: bool = False
    simulated: bool = False
    code: str = ""
    source: str = ""
    key: str = ""
    severity: str = ""
    owner: str = ""
    team: str = ""
    told_at: float
    began_at: float | None = None
    ended_at: float | None = None
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    communes: tuple[Place, ...] = ()
    systems: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    counters: int = 0
    language: str
    headline: str
    text: str
    page: str = ""
    runbook: str = ""


def hook(kind: Kind, fault: Fault, told: Telling, extra: Extra, phrases: Phrases) -> str:
    """The body; ``text`` is what a chat would be sent, without anything by which one person acknowledges."""
    body = Body(
        kind=kind,
        simulated=extra.simulated,
        code=code_of(fault, extra),
        source=fault.source,
        key=fault.key,
        severity=fault.severity,
        owner=fault.owner,
        team=plain(extra.team, 80),
        told_at=extra.now,
        began_at=fault.began_at,
        ended_at=fault.ended_at,
        acknowledged_by=plain(extra.by, 80),
        acknowledged_at=extra.at if extra.by else None,
        communes=tuple(Place(one.code, plain(one.name, 80)) for one in fault.communes),
        systems=fault.systems,
        parts=fault.parts,
        counters=fault.counters,
        language=phrases.language,
        headline=told.headline,
        text=chat(kind, fault, told, extra, phrases, asks=False),
        page=address(fault.page, extra.public_url),
        runbook=address(fault.runbook, extra.public_url),
    )
    return msgspec.json.encode(body).decode()


def bare(kind: Kind, headline: str, text: str, extra: Extra, phrases: Phrases) -> str:
    """The same of what is about no fault."""
    body = Body(
        kind=kind,
        simulated=extra.simulated,
        told_at=extra.now,
        language=phrases.language,
        headline=headline,
        text=text,
    )
    return msgspec.json.encode(body).decode()


def again(body: str) -> str:
    """The same, saying that it may have arrived before."""
    return msgspec.json.encode({**msgspec.json.decode(body), "repeat": True}).decode()
