"""What an HTTP status means for a message: sent, to be tried again, refused, or nobody knows. Pure but for the clock
that a ``Retry-After`` with a date is read against, which is an argument.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from sansang_alerts.notice import Answer, Outcome

_NOT_NOW = frozenset({408, 421, 423, 425, 429, 500, 503})
"""It says itself that it did not take the message."""
_BETWEEN = frozenset({502, 504, 520, 521, 522, 523, 524})
"""Somebody in between lost sight of it."""


def outcome_of(status: int) -> Outcome:
    """By the status alone. Redirects are refused: a message goes where the settings say, or nowhere."""
    if 200 <= status < 300:
        return Outcome.SENT
    if status in _BETWEEN:
        return Outcome.UNKNOWN
    return Outcome.AGAIN if status in _NOT_NOW or status >= 500 else Outcome.REFUSED


def judged(status: int, headers: Mapping[str, str], said: str, now: float) -> Answer:
    """What became of a message by its answer; ``said`` is its body made printable, ``now`` the Unix time."""
    outcome = outcome_of(status)
    words = f"{_redirected(status)}{status}{': ' if said else ''}{said}"
    return Answer(outcome, words, after_s(headers, now) if outcome is not Outcome.SENT else None)


def _redirected(status: int) -> str:
    return "redirects are not followed: " if 300 <= status < 400 else ""


def after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that ``Retry-After`` asks for, whether it names them or a date; None where it is not said or garbage."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(parsedate_to_datetime(said).timestamp() - now, 0.0) if said else None
    except (ValueError, TypeError, OverflowError):
        return None
