"""The evidence as the ledger keeps it: one row, the position of the log it stands at beside it."""

from typing import NamedTuple

from sqlalchemy import Connection, select, text

from .tables import EVIDENCE_KEPT

_ONLY = 1


class KeptEvidence(NamedTuple):
    """What was put away last."""

    position: int
    """Up to where the log is in it."""
    at: float
    """When, Unix seconds."""
    body: bytes
    """A snapshot."""


def keep(connection: Connection, position: int, at: float, body: bytes) -> None:
    """Put evidence away in place of what was there."""
    connection.execute(_KEEP, {"id": _ONLY, "position": position, "at": at, "body": body})


def kept(connection: Connection) -> KeptEvidence | None:
    """What was put away last, if anything ever was."""
    row = connection.execute(select(EVIDENCE_KEPT).where(EVIDENCE_KEPT.c.id == _ONLY)).one_or_none()
    return None if row is None else KeptEvidence(row.position, row.at, bytes(row.body))


def position(connection: Connection) -> int:
    """Up to where the log is in it; 0 where there is none."""
    return connection.scalar(select(EVIDENCE_KEPT.c.position).where(EVIDENCE_KEPT.c.id == _ONLY)) or 0


_KEEP = text(
    "INSERT INTO evidence (id, position, at, body) VALUES (:id, :position, :at, :body)"
    " ON CONFLICT (id) DO UPDATE SET position = excluded.position, at = excluded.at, body = excluded.body"
)
