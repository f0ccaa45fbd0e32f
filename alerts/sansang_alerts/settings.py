"""What the alerts' configuration file may say: people, teams with their shifts, channels. Frozen structs.

Strictness (unknown keys, types, every mistake at once) is the contract's loader; what values mean together is in
``settings_rules``. Secrets never stand here: each names a file.
"""

from typing import Annotated, Literal

import msgspec

from sansang_agent.contract.mistake import mark
from sansang_agent.contract.rung import Owner

Id = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)", description=mark("lower-case letters, digits and hyphens")
    ),
]
Clock = Annotated[
    str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", description=mark("a time such as 07:00"))
]
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$(?!\n)", description=mark("a day such as 2026-11-26"))]
Days = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\d{4}-\d\d-\d\d(\.\.\d{4}-\d\d-\d\d)?$(?!\n)",
        description=mark("a day such as 2026-02-16, or days such as 2026-02-16..2026-02-20"),
    ),
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=10_080)]


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody, or a desk, who can be told. A Zalo chat is paired, not written here."""

    id: Id
    name: str
    language: Literal["vi", "en"] = "vi"
    email: str = ""
    phone: str = ""


class Takes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Faults of these owners, in these communes, of these systems; what is empty fits all. The team whose row is the
    most particular (system before commune before owner) takes a fault."""

    owners: tuple[Owner, ...] = ()
    communes: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


class Shift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is on call when, week by week; over midnight where it ends no later than it begins."""

    people: tuple[Id, ...]
    """The first one is on call, the others come next, in this order; with ``rotate_days`` they take turns."""
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    """On which it begins."""
    begins: Clock = "00:00"
    ends: Clock = "00:00"
    rotate_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0
    """The next one is the first after so many days; 0: the first always is."""
    from_day: Date | None = None
    """Since when: the first one's first day of a rotation."""
    holidays: Literal["also", "only", "not"] = "also"


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is told if nobody has acknowledged so long after the fault was told."""

    after_minutes: Minutes
    to: str = "on_call"
    """``on_call``, ``next`` (after the last one told), ``everyone`` (of the shift), ``fallback``, or ``team:ID``."""
    channels: tuple[Id, ...] = ()
    """Empty: all by which the person can be reached."""


class Team(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """People who repair, or have repaired, the same things."""

    id: Id
    name: str
    takes: tuple[Takes, ...]
    shifts: tuple[Shift, ...] = ()
    fallback: Id
    """Who is told when nobody is on call."""
    steps: tuple[Step, ...] = (
        Step(after_minutes=0),
        Step(after_minutes=10, to="next"),
        Step(after_minutes=20, to="fallback"),
    )
    remind_minutes: Annotated[float, msgspec.Meta(ge=10, le=10_080)] = 240
    """What is acknowledged and still there is called to mind so often."""


class EmailChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="email", tag_field="kind"):
    """E-mail by a mail server."""

    id: Id
    server: str
    """``host:port``."""
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    ca: str = ""
    """A file of the authorities to trust instead of the system's."""
    via: tuple[str, ...] = ("wan",)


class ZaloChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="zalo", tag_field="kind"):
    """A Zalo bot, which people have to write to first."""

    id: Id
    token_file: str
    api: str = "https://bot-api.zaloplatforms.com"
    """Where the bot's methods are; plain HTTP to loopback only."""
    webhook_secret_file: str = ""
    """What Zalo brings when it hands over what people write (setWebhook); empty: it is asked for it (getUpdates)."""
    ca: str = ""
    via: tuple[str, ...] = ("wan",)


class WebhookChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="webhook", tag_field="kind"):
    """To somebody's program. The file holds an address: ``https://…`` (or ``http://…``) is sent our JSON by POST, with
    the headers of the file's further lines; any other is one that apprise knows (``ntfys://…``)."""

    id: Id
    url_file: str
    ca: str = ""
    """Of ``https://`` addresses."""
    via: tuple[str, ...] = ("wan",)


class SmsChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="sms", tag_field="kind"):
    """An SMS gateway that is asked by HTTP; ``url`` and ``body`` hold ``{to} {text} {sender} {reference}``, and each of
    them or ``headers`` may hold ``{secret}``. What is filled in is escaped as the place needs it."""

    id: Id
    url: str
    method: Literal["GET", "POST"] = "POST"
    body: str = ""
    headers: dict[str, str] = {}
    secret_file: str = ""
    sender: Annotated[str, msgspec.Meta(max_length=11)] = ""
    accepted: str = ""
    """A pattern that is found in the body of an answer to what was taken; a group ``reference`` is the gateway's own
    number of it. Empty: any answer of 200 to 299 will do."""
    busy: str = ""
    """A pattern found in other answers of 200 to 299 that only mean "not now"; all else was refused."""
    accents: bool = False
    """Whether texts keep their diacritics, as split UCS-2."""
    most_parts: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3
    price: Annotated[float, msgspec.Meta(ge=0)] = 0
    """Of one part, for the count; VND."""
    report_secret_file: str = ""
    """What a delivery report has to bring; empty: none are taken."""
    report_reference: str = "reference"
    """The field of a report that says which message it is about."""
    report_status: str = "status"
    """The field that says what became of it."""
    report_delivered: str = r"(?i)^(deliv|success)"
    """A pattern that is found in that field where the message arrived."""
    reply_from: str = "from"
    """The field of a reply that says whose it is."""
    reply_text: str = "text"
    ca: str = ""
    via: tuple[str, ...] = ("wan",)


AnyChannel = EmailChannel | ZaloChannel | WebhookChannel | SmsChannel


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """alerts.yml."""

    public_url: str = ""
    """How people reach the pages of alerts; empty: messages carry a code and no link."""
    listen: str = "127.0.0.1:9641"
    data_dir: str = "/var/lib/sansang-alerts"
    """Of ``sansang-alerts serve``: holds alerts.db. The collector keeps alerts in its own ledger."""
    ledger: str = ""
    """A database to keep alerts in, instead: a file, such as the collector's ledger.db, or ``postgresql+psycopg://…``."""
    keep_days: Annotated[float, msgspec.Meta(ge=30, le=36_500)] = 400
    """Faults that are over, with every message and attempt, digests and stand-ins: a year's inspection and a month."""
    keep_answers_days: Annotated[float, msgspec.Meta(ge=4, le=36_500)] = 60
    """What channels answered, in full; then its beginning is left. Longer than any message is tried for."""
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    channels: tuple[AnyChannel, ...] = ()
    holidays: tuple[Days, ...] = ()
    """Days, and spans of days with both ends, on which shifts may differ."""
    recovery_after_minutes: Minutes = 3
    """An end is told once it has lasted so long: what comes back sooner was never told as over."""
    unstable_after_minutes: Minutes = 30
    """The same of what comes and goes."""
    digest_at: Clock = "07:00"
    digest_to: tuple[Id, ...] = ()
    """People who get the daily digest."""
    digest_away_hours: Annotated[float, msgspec.Meta(ge=1, le=720)] = 8
    """A machine that is missed for so long is a note; shorter silences are incidents' or nobody's business."""
    digest_certificate_days: Annotated[float, msgspec.Meta(ge=1, le=366)] = 21
    """A certificate that ends within so many is a note; the rules for Prometheus have the same."""
    digest_disk_gb: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 2
    """A machine with less free disk (in 10^9 bytes) is a note, for updates of the system fail first; 0: none is."""
    dead_man_file: str = ""
    """Where the collector writes what a vantage needs to tell people that the collector is silent; empty: nowhere."""
    alertmanager_config: str = ""
    """Alertmanager's own configuration, where it runs too: whoever it tells by itself must not be told here as well."""
