"""When a commune's rungs are brought up to date, and how little is done where all checks only went on as they were."""

import logging
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.light import Light

from . import fronts, rung_history, rung_windows
from .fronts import Front, Tip
from .rung_windows import Window, Windows
from .rungs import light_of_agents

_LOG = logging.getLogger(__name__)

FOREVER_AGO = float("-inf")
AT_ONCE = 50
"""Of how many communes is done beside a batch what they left when they fell silent."""


class Renewals:
    """Renews at once where a check changed, else when a commune's last renewal is ``put_off_s`` ago."""

    def __init__(self, put_off_s: float) -> None:
        self._put_off_s = put_off_s
        self._renewed: dict[str, float] = {}
        """When each commune was last renewed by this process; only a pace, so that losing it does no harm."""
        self._looked: float | None = None
        """When all communes were last looked at, or this process had its first batch; a pace too."""

    def renew(self, connection: Connection, windows: dict[str, Windows], now: float) -> None:
        """Bring up the rungs in these windows, or put that off; what was put off before belongs to them."""
        before = rung_windows.read(connection, list(windows))
        for commune, earlier in before.items():
            windows[commune].join(earlier)
        due = {code for code, own in windows.items() if own.any_changed or self._is_due(code, now)}
        for commune in sorted(due):
            self._bring_up(connection, commune, windows[commune], now)
        rung_windows.forget(connection, due & before.keys())
        rung_windows.put_off(connection, {code: own for code, own in windows.items() if code not in due})
        self._look_after_the_silent(connection, now)

    def _look_after_the_silent(self, connection: Connection, now: float) -> None:
        """As long as others report there is no rest, in which what a silent commune left would be done."""
        if self._looked is None:  # after a start most communes come by themselves
            self._looked = now
        if 0 <= now - self._looked < self._put_off_s:
            return
        try:
            with connection.begin_nested():
                done = self.renew_overdue(connection, now, AT_ONCE)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001  # what others put off must not cost this batch its results
            _LOG.exception("cannot bring up the rungs of communes that fell silent")
            done = True
        if done:
            self._looked = now

    def renew_overdue(self, connection: Connection, now: float, most: int | None = None) -> bool:
        """Bring up what was put off and is due, of ``most`` communes; whether that was all."""
        put_off = rung_windows.read_all(connection)
        due = [commune for commune in put_off if self._is_due(commune, now)]
        for commune in due[:most]:
            self._bring_up(connection, commune, put_off[commune], now)
        rung_windows.forget(connection, due[:most])
        return most is None or len(due) <= most

    def _is_due(self, commune: str, now: float) -> bool:
        """A clock that was set back does not make anyone wait."""
        return not 0 <= now - self._renewed.get(commune, FOREVER_AGO) < self._put_off_s

    def _bring_up(self, connection: Connection, commune: str, windows: Windows, now: float) -> None:
        self._renewed[commune] = now
        known = fronts.of_commune(connection, commune)
        tips = _by_rung(known)
        newest = rung_history.newest_ends(connection, commune)
        longer: list[dict[str, object]] = []
        for rung, window in windows.by_rung.items():
            own, end = tips[rung], newest.get(rung)
            last_ms = continuation(end.last_ms, end.light, window, own) if end else None
            if end is None or last_ms is None:
                rung_history.renew(connection, commune, rung, window, fronts.by_series(known.values()), now)
            else:
                late = end.late or any(tip.late for _, tip in own if tip.end_ms > last_ms)
                longer.append({"id": end.id, "last_ms": last_ms, "late": late})
        if longer:
            connection.execute(_STRETCH, longer)


def _by_rung(known: dict[int, Front]) -> defaultdict[str, list[tuple[int, Tip]]]:
    """The tips of several agents, each with its agent."""
    found: defaultdict[str, list[tuple[int, Tip]]] = defaultdict(list)
    for agent, front in known.items():
        for tip in front.tips.values():
            if tip.rung is not None:
                found[tip.rung].append((agent, tip))
    return found


_STRETCH = text("UPDATE rung_interval SET last_ms = :last_ms, late = :late WHERE id = :id")


def continuation(end_ms: int, light: Light, window: Window, tips: Sequence[tuple[int, Tip]]) -> int | None:
    """Up to when a rung whose newest interval ends at ``end_ms`` just goes on with its light; None if there is more.

    Pure. ``tips`` are those of all checks on the rung, each with its agent. None of them may begin to speak or fall
    silent between the interval's old and new end, nor may one have spoken anew before the old one.
    """
    speaking = [(agent, tip) for agent, tip in tips if tip.end_ms > end_ms]
    if window.changed or window.first_ms < end_ms or not speaking:
        return None
    last_ms = max(tip.last_ms for _, tip in speaking)
    if last_ms < end_ms or any(tip.first_ms > end_ms or tip.end_ms <= last_ms for _, tip in speaking):
        return None
    return last_ms if light_of_agents((agent, tip.outcome) for agent, tip in speaking) is light else None
