"""The tables of incidents: what each is now, whom it hits, its story, planned work, situations, and what was learned.

Bodies are the structs of ``diagnosis.incident`` and ``situations`` as JSON; columns are what is searched, or changed by
people.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text

from sansang_collector.store import LEDGER

MAINTENANCE = Table(
    "maintenance",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("parts", Text, nullable=False),
    Column("announced_at", Float, nullable=False),
    Column("begins", Float, nullable=False),
    Column("ends", Float, nullable=False),
    Column("ended_at", Float),
    Column("cancelled_at", Float),
    Column("made_by", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("source", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""``kind``: ``planned_work`` or ``power_cut``; ``parts``: ids of what is worked on, JSON; ``source``: page or file."""
MAINTENANCE_COMMUNE = Table(
    "maintenance_commune",
    LEDGER,
    Column("maintenance", Integer, ForeignKey("maintenance.id"), primary_key=True),
    Column("commune", Text, primary_key=True),
)
SITUATION = Table(
    "situation",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("told_at", Float, nullable=False),
    Column("resolved_at", Float),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
# ``resolved_at`` is set as soon as nothing is under way any more, of a dropped suspicion too.
INCIDENT = Table(
    "incident",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("part", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("onset", Float, nullable=False),
    Column("opened_at", Float),
    Column("resolved_at", Float),
    Column("changed_at", Float, nullable=False),
    Column("situation", Integer, ForeignKey("situation.id")),
    Column("maintenance", Integer, ForeignKey("maintenance.id")),
    Column("merged_into", Integer, ForeignKey("incident.id")),
    Column("acknowledged_at", Float),
    Column("acknowledged_by", Text),
    Column("assigned_to", Text),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
_UNDER_WAY = INCIDENT.c.resolved_at.is_(None)
Index("incident_now", INCIDENT.c.phase, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY)
Index("incident_opened", INCIDENT.c.opened_at)
Index("incident_resolved", INCIDENT.c.resolved_at)
INCIDENT_COMMUNE = Table(
    "incident_commune",
    LEDGER,
    Column("incident", Integer, ForeignKey("incident.id"), primary_key=True),
    Column("commune", Text, primary_key=True),
)
Index("incident_of_commune", INCIDENT_COMMUNE.c.commune)
INCIDENT_EVENT = Table(
    "incident_event",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, ForeignKey("incident.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("happened", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("body", LargeBinary),
    sqlite_autoincrement=True,
)
Index("incident_story", INCIDENT_EVENT.c.incident)
"""The story; never changed. ``who`` is empty where nobody did it; ``body``: the verdict, where it changed."""
TOPOLOGY_DOUBT = Table(
    "topology_doubt",
    LEDGER,
    Column("commune", Text, primary_key=True),
    Column("declared", Text, primary_key=True),
    Column("probable", Text, primary_key=True),
    Column("incidents", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("settled_at", Float),
    Column("settled_by", Text),
)
"""A commune that was on the wrong side of incidents (their numbers, JSON) of the part it is declared under."""
EVIDENCE_KEPT = Table(
    "evidence",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""One row: the evidence as it stood at a position of the log."""
MANNER = Table(
    "manner",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("learned_at", Float, nullable=False),
)
"""What was learned of a machine: how often it is late, restarts, goes without a word, and how often its checks fail."""
EVENINGS = Table(
    "evenings",
    LEDGER,
    Column("commune", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("learned_at", Float, nullable=False),
)
"""On which days a commune's site was watched, and when all of it went dark."""
