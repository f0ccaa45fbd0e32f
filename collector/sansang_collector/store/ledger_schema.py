"""The schema of ledger.db, version by version. Times are Unix seconds; milliseconds where a name ends in ``_ms``."""

import json
import zlib

from sqlalchemy import Connection

from .audit_rules import APPEND_ONLY, chain_all
from .migrations import Migration
from .token_rules import COUNTED

_VERSION_1: Migration = (
    """CREATE TABLE agent (
        id INTEGER PRIMARY KEY AUTOINCREMENT, commune TEXT NOT NULL, name TEXT NOT NULL, created_at REAL NOT NULL,
        UNIQUE (commune, name))""",
    """CREATE TABLE token (
        id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE,
        agent INTEGER REFERENCES agent (id), label TEXT NOT NULL, created_at REAL NOT NULL, revoked_at REAL)""",
    """CREATE TABLE link (
        digest BLOB PRIMARY KEY, scope TEXT NOT NULL, expires_at REAL NOT NULL, used_at REAL) WITHOUT ROWID""",
    """CREATE TABLE session (
        digest BLOB PRIMARY KEY, scope TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL)
        WITHOUT ROWID""",
    "CREATE TABLE profile (hash TEXT PRIMARY KEY, body BLOB NOT NULL, first_seen REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE cursor (consumer TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE applied (
        consumer TEXT NOT NULL, agent INTEGER NOT NULL REFERENCES agent (id), stream TEXT NOT NULL,
        spans TEXT NOT NULL, PRIMARY KEY (consumer, agent, stream)) WITHOUT ROWID""",
    """CREATE TABLE contact (
        agent INTEGER PRIMARY KEY REFERENCES agent (id), at REAL NOT NULL, boot TEXT NOT NULL, skew REAL NOT NULL,
        spool_rows INTEGER NOT NULL, spool_oldest REAL, spool_bytes INTEGER NOT NULL, silent INTEGER NOT NULL)""",
    """CREATE TABLE dropped (
        agent INTEGER NOT NULL REFERENCES agent (id), stream TEXT NOT NULL, spans TEXT NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (agent, stream)) WITHOUT ROWID""",
    """CREATE TABLE boot (
        agent INTEGER NOT NULL REFERENCES agent (id), boot TEXT NOT NULL, skew REAL NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (agent, boot)) WITHOUT ROWID""",
    """CREATE TABLE machine (
        agent INTEGER PRIMARY KEY REFERENCES agent (id), at REAL NOT NULL, version TEXT NOT NULL,
        config TEXT NOT NULL, host BLOB, goodbye TEXT, back REAL)""",
    """CREATE TABLE latest (
        agent INTEGER NOT NULL REFERENCES agent (id), "check" TEXT NOT NULL, at REAL NOT NULL, received REAL NOT NULL,
        live INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT, config TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (agent, "check")) WITHOUT ROWID""",
    """CREATE TABLE change (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, commune TEXT NOT NULL,
        agent INTEGER NOT NULL REFERENCES agent (id), "check" TEXT, outcome TEXT, reason TEXT)""",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent (id), "check" TEXT NOT NULL, rung TEXT,
        period REAL NOT NULL, UNIQUE (agent, "check"))""",
    """CREATE TABLE moment (
        series INTEGER NOT NULL REFERENCES series (id), at_ms INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT,
        PRIMARY KEY (series, at_ms)) WITHOUT ROWID""",
    """CREATE TABLE interval (
        id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series (id), first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT, late INTEGER NOT NULL,
        revision INTEGER NOT NULL, made_at REAL NOT NULL, revised_at REAL)""",
    "CREATE INDEX interval_now ON interval (series, first_ms) WHERE revised_at IS NULL",
    """CREATE TABLE rung_interval (
        id INTEGER PRIMARY KEY, commune TEXT NOT NULL, rung TEXT NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, light TEXT NOT NULL, late INTEGER NOT NULL,
        revision INTEGER NOT NULL, made_at REAL NOT NULL, revised_at REAL)""",
    "CREATE INDEX rung_interval_now ON rung_interval (commune, rung, first_ms) WHERE revised_at IS NULL",
)

_VERSION_2: Migration = (
    """CREATE TABLE chunk (
        agent INTEGER NOT NULL REFERENCES agent (id), hour INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (agent, hour))""",
    """CREATE TABLE chunk_open (
        agent INTEGER NOT NULL REFERENCES agent (id), slot INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (agent, slot))""",
    "ALTER TABLE boot ADD COLUMN began REAL",
)


def _close_chunks(connection: Connection) -> None:
    """Put the five minutes that lay open into the chunks of their hours."""
    for agent, slot, body in connection.exec_driver_sql("SELECT agent, slot, body FROM chunk_open").all():
        key = (agent, slot // 12)
        packed = connection.exec_driver_sql("SELECT body FROM chunk WHERE agent = ? AND hour = ?", key).scalar()
        hour = json.loads(zlib.decompress(packed)) if packed else {}
        for check, slots in json.loads(zlib.decompress(body)).items():
            hour.setdefault(check, {}).update(slots)
        made = zlib.compress(json.dumps(hour, separators=(",", ":")).encode(), 6)
        connection.exec_driver_sql("INSERT OR REPLACE INTO chunk (agent, hour, body) VALUES (?, ?, ?)", (*key, made))


_BUNDLES_AND_FRONTS: Migration = (
    # Single results: one row per report in the place of one per result.
    """CREATE TABLE bundle (
        agent INTEGER NOT NULL REFERENCES agent (id), last_ms INTEGER NOT NULL, position INTEGER NOT NULL,
        place INTEGER NOT NULL, first_ms INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (agent, last_ms, position, place)) WITHOUT ROWID""",
    """INSERT INTO bundle (agent, last_ms, position, place, first_ms, body)
        SELECT agent, at_ms, 0, 0, at_ms, json_group_array(json_array(series.id, 0, reason))
        FROM moment JOIN series ON series.id = moment.series GROUP BY agent, at_ms""",
    # The newest interval of every check, by agent; all that was measured so far is in chunks.
    """CREATE TABLE front (
        agent INTEGER PRIMARY KEY REFERENCES agent (id), closed INTEGER NOT NULL, body TEXT NOT NULL)""",
    """INSERT INTO front (agent, closed, body)
        SELECT s.agent,
            coalesce((SELECT max(last_ms) / 300000 + 1 FROM bundle WHERE bundle.agent = s.agent), 0),
            json_group_object(s."check", json_array(s.id, s.rung, s.period, i.id, i.first_ms, i.last_ms, i.reason,
                json(CASE WHEN i.late THEN 'true' ELSE 'false' END)))
        FROM series s JOIN interval i ON i.id = (
            SELECT id FROM interval WHERE series = s.id AND revised_at IS NULL ORDER BY first_ms DESC LIMIT 1)
        GROUP BY s.agent""",
    "DROP TABLE moment",
    _close_chunks,
    "DROP TABLE chunk_open",
    "CREATE TABLE rung_window (commune TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
)
_LATEST_PACKED: Migration = (
    "ALTER TABLE contact ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE latest RENAME TO latest_by_check",
    "CREATE TABLE latest (agent INTEGER PRIMARY KEY REFERENCES agent (id), body BLOB NOT NULL)",
    """INSERT INTO latest (agent, body) SELECT agent, CAST(json_group_array(json_array(
        "check", json(printf('%!.17g', at)), json(printf('%!.17g', received)), json(iif(live, 'true', 'false')),
        outcome, reason, config, json(CAST(body AS TEXT)))) AS BLOB)
        FROM (SELECT * FROM latest_by_check ORDER BY agent, "check") GROUP BY agent""",
    "DROP TABLE latest_by_check",
)
"""Version 3: the newest results of an agent in one row."""

_VERSION_3: Migration = (*_BUNDLES_AND_FRONTS, *_LATEST_PACKED)

_INVENTORY: Migration = (
    "CREATE TABLE inventory (hash TEXT PRIMARY KEY, body BLOB NOT NULL, first_seen REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE inventory_applied (
        id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL REFERENCES inventory (hash), at REAL NOT NULL,
        note TEXT NOT NULL)""",
)
"""Applied inventories."""

_FLEET: Migration = (
    "ALTER TABLE agent ADD COLUMN role TEXT NOT NULL DEFAULT 'counter'",
    "ALTER TABLE agent ADD COLUMN retired_at REAL",
    "ALTER TABLE agent ADD COLUMN changed_at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE machine ADD COLUMN assigned TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
        commune TEXT NOT NULL, agent INTEGER REFERENCES agent (id), detail TEXT NOT NULL)""",
)
"""What a machine is, whether it is still in use, and who changed what."""
_REQUESTS: Migration = (
    """CREATE TABLE request (
        id TEXT PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent (id), body BLOB NOT NULL, who TEXT NOT NULL,
        why TEXT NOT NULL, asked_at REAL NOT NULL, expires_at REAL NOT NULL, sent_at REAL, answered_at REAL,
        answer BLOB) WITHOUT ROWID""",
    "CREATE INDEX request_open ON request (expires_at) WHERE answered_at IS NULL",
    "CREATE INDEX request_asked ON request (asked_at)",
)
"""What was asked of single machines."""
_HABITS: Migration = (
    "CREATE TABLE habit (commune TEXT PRIMARY KEY, body BLOB NOT NULL, learned_at REAL NOT NULL) WITHOUT ROWID",
    "ALTER TABLE contact ADD COLUMN state TEXT NOT NULL DEFAULT 'silent'",
)
"""When a commune's machines are usually off, and what was told of one that is."""
_VERSION_5: Migration = (*_FLEET, *_REQUESTS, *_HABITS)

_ENROLMENT: Migration = (
    "ALTER TABLE agent ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE agent ADD COLUMN report_key BLOB",
    "ALTER TABLE agent ADD COLUMN enrolled_at REAL",
    "ALTER TABLE agent ADD COLUMN quarantined_at REAL",
    """CREATE TABLE join_code (
        id TEXT PRIMARY KEY, key BLOB NOT NULL, commune TEXT NOT NULL, agent INTEGER REFERENCES agent (id),
        role TEXT NOT NULL, uses INTEGER NOT NULL, used INTEGER NOT NULL, made_by TEXT NOT NULL,
        created_at REAL NOT NULL, expires_at REAL NOT NULL, revoked_at REAL) WITHOUT ROWID""",
    """CREATE TABLE waiting (
        id INTEGER PRIMARY KEY AUTOINCREMENT, claim BLOB NOT NULL UNIQUE, word TEXT NOT NULL, host TEXT NOT NULL,
        system TEXT NOT NULL, address TEXT NOT NULL, asked_at REAL NOT NULL, seen_at REAL NOT NULL,
        agent INTEGER REFERENCES agent (id), decision TEXT, decided_at REAL, joined_at REAL)""",
)
"""How machines get in."""
_TOKENS: Migration = (
    "ALTER TABLE token ADD COLUMN rotates INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE token ADD COLUMN replaces INTEGER REFERENCES token (id)",
    "ALTER TABLE token ADD COLUMN why TEXT",
    "ALTER TABLE token ADD COLUMN renew_at REAL",
    "ALTER TABLE agent ADD COLUMN revoked_at REAL",
    "ALTER TABLE agent ADD COLUMN revoked_why TEXT",
)
"""Which tokens are renewed by themselves, what each came after, and why one ended; and whose all have."""
_PEOPLE: Migration = (
    """CREATE TABLE person (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL,
        created_at REAL NOT NULL, changed_at REAL NOT NULL, disabled_at REAL)""",
    """CREATE TABLE held_role (
        person INTEGER NOT NULL REFERENCES person (id), role TEXT NOT NULL, commune TEXT NOT NULL,
        PRIMARY KEY (person, role, commune)) WITHOUT ROWID""",
    "ALTER TABLE session ADD COLUMN person INTEGER REFERENCES person (id)",
)
"""Accounts, what they may do where, and whose session it is."""
_AUDIT: Migration = (
    "ALTER TABLE audit ADD COLUMN link TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX audit_at ON audit (at)",
    chain_all,
    APPEND_ONLY,
)
"""Each row vouches for the one before it, and none is ever changed again."""
_VERSION_6: Migration = (*_ENROLMENT, *_TOKENS, *_PEOPLE, *_AUDIT)

_CHANGES_OF_INCIDENTS: Migration = (
    "ALTER TABLE change RENAME TO change_6",
    """CREATE TABLE change (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, commune TEXT NOT NULL,
        agent INTEGER REFERENCES agent (id), "check" TEXT, outcome TEXT, reason TEXT, incident INTEGER)""",
    """INSERT INTO change (id, at, kind, commune, agent, "check", outcome, reason)
        SELECT id, at, kind, commune, agent, "check", outcome, reason FROM change_6""",
    "DELETE FROM sqlite_sequence WHERE name = 'change'",
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'change', seq FROM sqlite_sequence WHERE name = 'change_6'",
    "DROP TABLE change_6",
)
"""A change may be of an incident and then of no single machine; numbers go on where they were."""
_PLANS: Migration = (
    """CREATE TABLE maintenance (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, parts TEXT NOT NULL,
        announced_at REAL NOT NULL, begins REAL NOT NULL, ends REAL NOT NULL, ended_at REAL, cancelled_at REAL,
        made_by TEXT NOT NULL, made_at REAL NOT NULL, source TEXT NOT NULL)""",
    """CREATE TABLE maintenance_commune (
        maintenance INTEGER NOT NULL REFERENCES maintenance (id), commune TEXT NOT NULL,
        PRIMARY KEY (maintenance, commune)) WITHOUT ROWID""",
)
"""Planned work and announced power cuts."""
_INCIDENTS: Migration = (
    """CREATE TABLE situation (
        id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, opened_at REAL NOT NULL,
        told_at REAL NOT NULL, resolved_at REAL, body BLOB NOT NULL)""",
    """CREATE TABLE incident (
        id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, part TEXT NOT NULL, kind TEXT NOT NULL,
        level TEXT NOT NULL, phase TEXT NOT NULL, owner TEXT NOT NULL, severity TEXT NOT NULL, onset REAL NOT NULL,
        opened_at REAL, resolved_at REAL, changed_at REAL NOT NULL, situation INTEGER REFERENCES situation (id),
        maintenance INTEGER REFERENCES maintenance (id), merged_into INTEGER REFERENCES incident (id),
        acknowledged_at REAL, acknowledged_by TEXT, assigned_to TEXT, body BLOB NOT NULL)""",
    "CREATE INDEX incident_now ON incident (phase) WHERE resolved_at IS NULL",
    "CREATE INDEX incident_opened ON incident (opened_at)",
    "CREATE INDEX incident_resolved ON incident (resolved_at)",
    """CREATE TABLE incident_commune (
        incident INTEGER NOT NULL REFERENCES incident (id), commune TEXT NOT NULL,
        PRIMARY KEY (incident, commune)) WITHOUT ROWID""",
    "CREATE INDEX incident_of_commune ON incident_commune (commune)",
    """CREATE TABLE incident_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT, incident INTEGER NOT NULL REFERENCES incident (id), at REAL NOT NULL,
        happened TEXT NOT NULL, who TEXT NOT NULL, detail TEXT NOT NULL, body BLOB)""",
    "CREATE INDEX incident_story ON incident_event (incident)",
    "ALTER TABLE rung_interval ADD COLUMN incident INTEGER",
)
"""What broke, whom it hits and how it went."""
_DIAGNOSIS: Migration = (
    """CREATE TABLE topology_doubt (
        commune TEXT NOT NULL, declared TEXT NOT NULL, probable TEXT NOT NULL, incidents TEXT NOT NULL,
        seen_at REAL NOT NULL, settled_at REAL, settled_by TEXT, PRIMARY KEY (commune, declared, probable))
        WITHOUT ROWID""",
    "CREATE TABLE evidence (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, at REAL NOT NULL, body BLOB NOT NULL)",
    """CREATE TABLE manner (
        agent INTEGER PRIMARY KEY REFERENCES agent (id), body BLOB NOT NULL, learned_at REAL NOT NULL)""",
    "CREATE TABLE evenings (commune TEXT PRIMARY KEY, body BLOB NOT NULL, learned_at REAL NOT NULL) WITHOUT ROWID",
)
"""What the diagnosis remembers over a restart, has learned of machines, and doubts of the inventory."""
_VERSION_7: Migration = (*_CHANGES_OF_INCIDENTS, *_PLANS, *_INCIDENTS, *_DIAGNOSIS)

_VERSION_8: Migration = ("CREATE TABLE token_change (count INTEGER NOT NULL)", COUNTED)

MIGRATIONS: tuple[Migration, ...] = (
    _VERSION_1,
    _VERSION_2,
    _VERSION_3,
    _INVENTORY,
    _VERSION_5,
    _VERSION_6,
    _VERSION_7,
    _VERSION_8,
)
