"""What an answer of the collector means for the reports that were sent: pure, an answer and rows in, a judgement out.

Silence means keep, and only rows that were in the envelope are ever touched, whatever the answer names.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

import msgspec

from .contract.report import Answer, Problem, Refused, Span
from .hindrance import Hindrance, hindrance_in
from .spool import Row
from .wire_http import Response

CONFLICT = "conflict"
LONGEST_RETRY_AFTER_S = 600.0


class Taken(NamedTuple):
    """The collector took the envelope; a row is in at most one of the three lists."""

    answer: Answer
    stored: list[Row]
    conflicts: list[Row]
    refused: list[tuple[Row, str]]


class Trouble(Enum):
    """What is to be done when it did not."""

    RETRY = "retry"
    UNAUTHORISED = "unauthorised"
    SMALLER = "smaller"
    BUSY = "busy"


class NotTaken(NamedTuple):
    """The collector did not take the envelope; ``said`` is for people, in English."""

    trouble: Trouble
    said: str
    retry_after: float | None = None
    """Seconds the collector asked for."""
    refused: tuple[tuple[Row, str], ...] = ()
    is_collector: bool = False
    """A problem document: a collector said this, not something between us and it."""
    hindrance: Hindrance | None = None


def judge(response: Response, rows: Sequence[Row]) -> Taken | NotTaken:
    """What became of ``rows``, the reports of the envelope in its order."""
    if response.status != 200:
        return _not_taken(response, rows)
    try:
        answer = msgspec.json.decode(response.body, type=Answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        return NotTaken(Trouble.RETRY, f"the answer is not a collector's: {exc}")
    refused = _refused(answer.refused, rows)
    touched = {row.id for row, _ in refused}
    stored = [row for row in rows if row.id not in touched and _is_stored(row, answer.stored)]
    conflicts = [row for row, why in refused if why == CONFLICT]
    return Taken(answer, stored, conflicts, [(row, why) for row, why in refused if why != CONFLICT])


def _is_stored(row: Row, stored: Iterable[tuple[str, Sequence[Span]]]) -> bool:
    return any(
        stream == row.stream and any(first <= row.seq <= last for first, last in spans) for stream, spans in stored
    )


def _refused(refused: Iterable[Refused], rows: Sequence[Row]) -> list[tuple[Row, str]]:
    found: dict[int, tuple[Row, str]] = {}
    for record in refused:
        row = _named(record, rows)
        if row is not None:
            why = record.why if record.field is None else f"{record.field}: {record.why}"
            found.setdefault(row.id, (row, CONFLICT if record.why == CONFLICT else why))
    return list(found.values())


def _named(record: Refused, rows: Sequence[Row]) -> Row | None:
    """The row a refusal is about: by identity where it gives one, else by position."""
    if record.stream is not None and record.seq is not None:
        return next((row for row in rows if (row.stream, row.seq) == (record.stream, record.seq)), None)
    return rows[record.index] if 0 <= record.index < len(rows) else None


def _not_taken(response: Response, rows: Sequence[Row]) -> NotTaken:
    problem = problem_in(response)
    said = f"the collector answered {response.status}"
    if problem is not None:
        said += f" ({problem.detail or problem.title})"
    if hindrance := hindrance_in(response.status, problem):
        text = f"{said}: it does not accept this agent's token"
        return NotTaken(Trouble.UNAUTHORISED, text, hindrance=hindrance)
    if response.status in (429, 503):
        return NotTaken(Trouble.BUSY, said, retry_after_in(response))
    if response.status in (400, 413, 422):
        refused = tuple(_refused(problem.refused, rows)) if problem else ()
        return NotTaken(Trouble.SMALLER, said, None, refused, is_collector=problem is not None)
    return NotTaken(Trouble.RETRY, said)


def problem_in(response: Response) -> Problem | None:
    """The problem document (RFC 9457) that an answer is; None: it is something else."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        return msgspec.json.decode(response.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def retry_after_in(response: Response) -> float | None:
    """Retry-After in seconds (RFC 9110 §10.2.3); its form as a date is left to the backoff."""
    text = response.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return min(float(text[:9]), LONGEST_RETRY_AFTER_S)
