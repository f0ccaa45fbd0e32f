"""What a message is made from beside its fault, and what it becomes. Plain values."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind
from sansang_alerts.settings import AnyChannel, EmailChannel, SmsChannel, ZaloChannel


class Medium(StrEnum):
    """What a text has to fit into."""

    EMAIL = "email"
    ZALO = "zalo"
    """Plain text of at most 2,000 characters."""
    SMS = "sms"
    """Without diacritics, one part of 160 septets."""
    SMS_ACCENTS = "sms_accents"
    """With diacritics, at most three parts of 67 characters."""
    WEBHOOK = "webhook"
    """JSON."""


def medium_of(channel: AnyChannel) -> Medium:
    """The one that a channel of the settings takes."""
    match channel:
        case EmailChannel():
            return Medium.EMAIL
        case ZaloChannel():
            return Medium.ZALO
        case SmsChannel():
            return Medium.SMS_ACCENTS if channel.accents else Medium.SMS
        case _:
            return Medium.WEBHOOK


class Words(NamedTuple):
    """A message's text. Chats and SMS have no subject: there ``subject`` is for lists, and only ``body`` is sent."""

    subject: str
    body: str


class Note(msgspec.Struct, frozen=True):
    """Something that is not urgent, in one sentence by language: at least ``vi``."""

    said: dict[str, str]


class Digest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How things stand, once a day."""

    watched: int
    """Communes of which at least one machine reports, or is off as expected."""
    communes: int
    under_way: tuple[Fault, ...] = ()
    over: tuple[Fault, ...] = ()
    """Since the digest before."""
    notable: tuple[Fault, ...] = ()
    """Faults for information: told here and nowhere else."""
    notes: tuple[Note, ...] = ()
    """PCs that are not back, certificates, disks."""


class Extra(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only alerts know of a message. Times are Unix seconds."""

    now: float
    """When it is told: times of another day are told with their date."""
    code: str = ""
    """The alert's, by which it is acknowledged; empty: the fault's own."""
    link: str = ""
    """Where this person acknowledges it by a button; empty: by the code."""
    reply: bool = False
    """Whether a reply with the code acknowledges it, through the channel that this is sent by."""
    public_url: str = ""
    """In front of the paths of pages and runbooks; empty: those are left out."""
    team: str = ""
    """By name: who sees to it; of what was handed over, the new team."""
    by: str = ""
    """Who has acknowledged it."""
    at: float | None = None
    """When they did."""
    waited_s: float = 0
    """Of an escalation: how long nobody has acknowledged it."""
    before_owner: Owner | None = None
    before_severity: Severity | None = None
    """Of an update: what it was when it was last told, where that changed."""
    digest: Digest | None = None
    channel: str = ""
    """Of a test: through which channel, by id."""
    simulated: bool = False
    """Whether what is told of is played."""


class Entry(NamedTuple):
    """One of many that are told in one message."""

    kind: Kind
    fault: Fault
    code: str
