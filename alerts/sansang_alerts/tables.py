"""The tables of alerts: faults that people are told of, every message with every attempt, the rota's exceptions.

They stand beside the collector's tables in its ledger, or alone in a database of ``sansang-alerts serve``; portable
between SQLite and PostgreSQL. Bodies are structs as JSON.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

ALERTS = MetaData()
_WHOLE = Integer().with_variant(BigInteger(), "postgresql")

ALERT = Table(
    "alert",
    ALERTS,
    Column("id", _WHOLE, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("team", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("told_at", Float),
    Column("acknowledged_at", Float),
    Column("acknowledged_by", Text),
    Column("over_at", Float),
    Column("next_at", Float),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""One fault that people are, were or may be told of. ``told_at``: when somebody was first to be told; ``over_at``:
recovered or withdrawn; ``next_at``: when the next step or reminder is due; ``body``: a :class:`standing.Standing`."""
Index("alert_of_source", ALERT.c.source, ALERT.c.key)
Index("alert_due", ALERT.c.next_at)
ALERT_OVER = Index("alert_over", ALERT.c.over_at)

NOTIFICATION = Table(
    "alert_notification",
    ALERTS,
    Column("id", _WHOLE, primary_key=True),
    Column("alert", _WHOLE, ForeignKey("alert.id")),
    Column("kind", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("holder", Text),
    Column("held_until", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message_id", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_at", Float),
    Column("reference", Text, nullable=False, default=""),
    Column("delivered_at", Float),
    Column("parts", Integer, nullable=False, default=0),
    Column("said", Text, nullable=False, default=""),
    Column("bundle", _WHOLE, ForeignKey("alert_notification.id")),
    sqlite_autoincrement=True,
)
"""One message to one person through one channel; ``alert`` is NULL of digests, tests and bundles. ``bundle``: the one
that it was sent as a part of. ``attempts`` is counted before each is made, in the transaction that claims it;
``reference`` and ``delivered_at`` are of delivery reports; ``parts``: as how many messages it was charged."""
Index("alert_notification_due", NOTIFICATION.c.state, NOTIFICATION.c.due_at)
Index("alert_notification_of", NOTIFICATION.c.alert)
Index("alert_notification_to", NOTIFICATION.c.channel, NOTIFICATION.c.address, NOTIFICATION.c.state)
Index("alert_notification_in", NOTIFICATION.c.bundle)
Index("alert_notification_reference", NOTIFICATION.c.channel, NOTIFICATION.c.reference)

ATTEMPT = Table(
    "alert_attempt",
    ALERTS,
    Column("notification", _WHOLE, ForeignKey("alert_notification.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("began_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("outcome", Text, nullable=False),
    Column("said", Text, nullable=False),
)
"""Every attempt, written before it is made with the outcome ``unknown``, and again with what was answered."""

OVERRIDE = Table(
    "alert_override",
    ALERTS,
    Column("id", _WHOLE, primary_key=True),
    Column("team", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("begins", Float, nullable=False),
    Column("ends", Float, nullable=False),
    Column("why", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("cancelled_at", Float),
    Column("cancelled_by", Text),
    sqlite_autoincrement=True,
)
"""Somebody takes another's place on call for a while."""

PAIRING = Table(
    "alert_pairing",
    ALERTS,
    Column("channel", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("paired_at", Float, nullable=False),
    Column("is_group", Integer, nullable=False, default=0),
)
"""Which chat of a bot is a person's."""

PAIRING_CODE = Table(
    "alert_pairing_code",
    ALERTS,
    Column("channel", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("wrong", Integer, nullable=False, default=0),
)
"""A code that waits to be sent to the bot by the person."""

CURSOR = Table(
    "alert_cursor",
    ALERTS,
    Column("name", Text, primary_key=True),
    Column("position", _WHOLE, nullable=False),
    Column("body", LargeBinary),
)
"""How far somebody has come with what lies in an order, written in the transaction of its effect."""
