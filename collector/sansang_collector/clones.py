"""Notices two machines that use one token, by what their envelopes say of boots, streams and time. Pure.

A machine never returns to a boot it has left, nor to a stream it has left within one boot. A virtual machine put back
to a snapshot returns once, so it takes two returns; a spool put back goes on in a new stream and returns nowhere.
"""

from collections.abc import Sequence

import msgspec

from sansang_agent.contract.report import Report, Sent

from .arrivals import Taken

RETURNS = 2
WITHIN_S = 86_400.0
"""Returns to boots further apart than this are no sign."""
MOST_LEFT = 32
"""Boots and streams remembered as left, of one machine: the newest."""


class _Seen(msgspec.Struct, gc=False):
    """What one token's user was last: the boot and, in it, the stream of the report that was taken last (``mono``)."""

    boot: str
    stream: str | None = None
    mono: float = -1.0
    left: dict[str, float] = {}
    """Boots left within the last day, and when."""
    returned: tuple[float, ...] = ()
    """When a boot was returned to."""
    left_streams: tuple[str, ...] = ()
    """Streams left in this boot."""
    stream_returns: int = 0


class Clones:
    """What is known of every agent; nothing is kept over a restart, so noticing begins anew with it."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def notice(self, agent: int, sent: Sent, taken: Sequence[Taken], now: float) -> str | None:
        """Look at an envelope received at ``now`` (Unix seconds); what shows that there are two, None: nothing does."""
        seen = self._seen.get(agent)
        newest = taken[0].report if len(taken) == 1 else _newest(taken, sent.boot)
        if seen is not None and newest is not None and seen.boot == sent.boot and seen.stream == newest.stream:
            if newest.mono > seen.mono and newest.boot == sent.boot:
                seen.mono = newest.mono
            return None
        return self._look_closer(agent, sent.boot, newest, now)

    def forget(self, agent: int) -> None:
        """Begin anew with it: it has been shut out."""
        self._seen.pop(agent, None)

    def _look_closer(self, agent: int, boot: str, newest: Report | None, now: float) -> str | None:
        seen = self._seen.setdefault(agent, _Seen(boot))
        if seen.boot != boot and _changes_boot(seen, boot, now):
            return f"boots took turns, the last two being {_short(boot)} and {_short(next(reversed(seen.left)))}"
        if newest is None or newest.boot != boot or newest.stream == seen.stream or newest.mono <= seen.mono:
            return None
        before = seen.stream
        if _changes_stream(seen, newest):
            return f"streams took turns in one boot, the last two being {newest.stream} and {before}"
        return None


def _newest(taken: Sequence[Taken], boot: str) -> Report | None:
    """Of those of this boot the one taken last."""
    of_boot = (one.report for one in taken if one.report.boot == boot)
    return max(of_boot, key=lambda report: report.mono, default=None)


def _changes_boot(seen: _Seen, boot: str, now: float) -> bool:
    """Take over another boot; whether that is one return too many."""
    recent = {each: at for each, at in seen.left.items() if 0 <= now - at < WITHIN_S and each != seen.boot}
    seen.left = dict(list(recent.items())[1 - MOST_LEFT :]) | {seen.boot: now}
    if boot in recent:
        seen.returned = (*(at for at in seen.returned if 0 <= now - at < WITHIN_S), now)
    seen.boot, seen.stream, seen.mono, seen.left_streams, seen.stream_returns = boot, None, -1.0, (), 0
    return boot in recent and len(seen.returned) >= RETURNS


def _changes_stream(seen: _Seen, newest: Report) -> bool:
    """Take over another stream, of a report taken after all so far; whether that is one return too many."""
    if newest.stream in seen.left_streams:
        seen.stream_returns += 1
    if seen.stream is not None:
        seen.left_streams = (*(one for one in seen.left_streams if one != seen.stream), seen.stream)[-MOST_LEFT:]
    seen.stream, seen.mono = newest.stream, newest.mono
    return seen.stream_returns >= RETURNS


def _short(boot: str) -> str:
    """What a machine calls its boot, for an audit: only what cannot mislead whoever reads it."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "?" for letter in boot[:36]
    )
