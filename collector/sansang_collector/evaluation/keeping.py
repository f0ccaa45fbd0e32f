"""Those that are compared, each behind the same few questions: what it says at each look, and how often it alerts.

What a localiser says is kept as incidents the way the lifecycle does it, in its shortest form. Pure.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.diagnosis.verdict import Assessment, Held, Level, Localiser, Verdict

MATURE_S, CLOSING_S, FORGOTTEN_S, REOPENS_S = 60.0, 30.0, 30.0, 600.0
CONFIRMATIONS = 2
_ALIKE = 0.5


class Said(msgspec.Struct):
    """One alert: what broke, since when it was said, until when."""

    part: str
    causes: frozenset[str]
    opened_at: float
    ended_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still stands."""
        return self.ended_at is None


class Contestant(Protocol):
    """Somebody who watches the same evidence as the others."""

    name: str
    said: list[Said]
    """Every alert so far."""

    def hear(self, sighting: Sighting) -> None:
        """A report arrived."""

    def look(self, evidence: Evidence, now: float) -> None:
        """Time to say what is broken."""


class _Kept(msgspec.Struct):
    said: Said
    verdict: Verdict
    seen_at: float
    well_since: float | None = None

    def held(self) -> Held:
        """As the localiser is told of it."""
        loss = 1.0 if self.verdict.loss is None else self.verdict.loss[1]
        return Held(
            part=self.verdict.part, level=self.verdict.level, onset=self.verdict.onset, opened_at=self.said.opened_at,
            loss=loss, communes=self.verdict.communes, agents=self.verdict.agents,
        )  # fmt: skip


class Keeper:
    """A localiser and the incidents made of its verdicts; ``confirm``: looks in a row before anything is said."""

    def __init__(self, name: str, localiser: Localiser, confirm: int = 1) -> None:
        self.name, self.said = name, list[Said]()
        self._localiser, self._confirm = localiser, confirm
        self._kept: list[_Kept] = []
        self._suspected: dict[str, int] = {}

    def hear(self, sighting: Sighting) -> None:
        """Everything is in the evidence."""

    def look(self, evidence: Evidence, now: float) -> None:
        """Ask, and follow what was asked before."""
        mature = [one for one in self._kept if now - one.said.opened_at >= MATURE_S]
        found = self._localiser.localise(evidence, [one.held() for one in mature], now)
        if found.cut_off:
            return
        verdicts = [one for one in found.verdicts if not one.expected_off]
        self._suspected = {one.part: self._suspected.get(one.part, 0) + 1 for one in verdicts}
        for verdict in verdicts:
            self._take(verdict, now)
        self._close(found, mature, now)

    def _take(self, verdict: Verdict, now: float) -> None:
        alike = [one for one in self._kept if _is_alike(one.verdict, verdict)]
        if not alike:
            needed = max(self._confirm, CONFIRMATIONS if verdict.needs_confirmation else 1)
            if self._suspected[verdict.part] >= needed:
                self._open(verdict, now)
            return
        kept, *merged = sorted(alike, key=lambda one: one.said.opened_at)
        for one in merged:
            self._end(one, now)
        kept.verdict, kept.seen_at = verdict, now
        kept.said.part, kept.said.causes = verdict.part, _class(verdict)

    def _open(self, verdict: Verdict, now: float) -> None:
        for one in self.said:
            if one.ended_at is not None and now - one.ended_at < REOPENS_S and one.causes & _class(verdict):
                one.ended_at, one.part, one.causes = None, verdict.part, _class(verdict)
                self._kept.append(_Kept(one, verdict, now))
                return
        said = Said(verdict.part, _class(verdict), now)
        self.said.append(said)
        self._kept.append(_Kept(said, verdict, now))

    def _close(self, found: Assessment, mature: Sequence[_Kept], now: float) -> None:
        for one in list(self._kept):
            if one in mature:
                well = (one.verdict.part, one.verdict.level) in found.recovered
                one.well_since = (one.well_since or now) if well else None
                patience = CLOSING_S if one.verdict.level is Level.DOWN else 4 * CLOSING_S
                if one.well_since is not None and now - one.well_since >= patience:
                    self._end(one, now)
            elif now - one.seen_at >= FORGOTTEN_S:
                self._end(one, now)

    def _end(self, kept: _Kept, now: float) -> None:
        kept.said.ended_at = now
        self._kept.remove(kept)


def _class(verdict: Verdict) -> frozenset[str]:
    return frozenset({verdict.part, *(cause.part for cause in verdict.causes)})


def _is_alike(kept: Verdict, verdict: Verdict) -> bool:
    """Whether both tell of one thing: the same part or class, or much the same machines or communes."""
    if kept.part == verdict.part or _class(kept) & _class(verdict):
        return True
    return _share(kept.agents, verdict.agents) >= _ALIKE


def _share(some: Sequence[object], others: Sequence[object]) -> float:
    """Of the fewer ones the share that are among the others."""
    fewer = min(len(some), len(others))
    return len(set(some) & set(others)) / fewer if fewer else 0.0
