"""What keeps the audit append-only: the engine refuses to change a row, and each row is chained to the one before.

The engine holds back our own mistakes and whoever has only SQL; the chain shows what somebody with the file did,
to whoever kept an older end of it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from sansang_agent.contract.codec import encode

from .migrations import Rule

_NEVER = "SELECT RAISE(ABORT, 'the audit is append-only')"

APPEND_ONLY = Rule(
    sqlite=(
        f"CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN {_NEVER}; END",
        f"CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN {_NEVER}; END",
        # INSERT OR REPLACE deletes without asking the trigger above.
        """CREATE TRIGGER audit_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    ),
    postgresql=(
        """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
        """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
            FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()""",
    ),
)


def link_of(before: str, row: Sequence[Any]) -> str:
    """SHA-256 over the link before and a row's at, who, what, commune, agent and detail; hexadecimal."""
    return hashlib.sha256(encode([before, *row])).hexdigest()


def chain_all(connection: Connection) -> None:
    """Chain the rows there are."""
    rows = connection.execute(text("SELECT id, at, who, what, commune, agent, detail FROM audit ORDER BY id")).all()
    link = ""
    for row in rows:
        link = link_of(link, row[1:])
        connection.execute(text("UPDATE audit SET link = :link WHERE id = :id"), {"link": link, "id": row.id})
