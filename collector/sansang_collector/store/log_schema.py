"""The schema of log.db, version by version. Times are Unix seconds."""

from .migrations import Migration

_VERSION_1: Migration = (
    """CREATE TABLE envelope (
        position INTEGER PRIMARY KEY AUTOINCREMENT, agent INTEGER NOT NULL, received REAL NOT NULL,
        boot TEXT NOT NULL, mono REAL NOT NULL, wall REAL NOT NULL, spool BLOB NOT NULL)""",
    """CREATE TABLE report (
        id INTEGER PRIMARY KEY, position INTEGER NOT NULL REFERENCES envelope (position), agent INTEGER NOT NULL,
        stream TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL, code TEXT NOT NULL, body BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX report_identity ON report (agent, stream, seq)",
    "CREATE INDEX report_position ON report (position)",
    "CREATE INDEX report_code ON report (code)",
)

MIGRATIONS: tuple[Migration, ...] = (_VERSION_1,)
