"""What ``sansang-collector simulate`` prints: what is played, where to look, what came of it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from .simulation import LABEL
from .simulation.faults import VIETNAM, Fault
from .simulation.playing import Wanted
from .simulation.tally import Tally
from .simulation.tempo import Driven, Pace

Gettext = Callable[[str], str]
SHOWN = 8
"""Communes named for each fault."""


def begun(wanted: Wanted, now: float, _: Gettext) -> str:
    """What is being played, and from when on."""
    said = _("{label}: {machines} machines in {communes} communes from {time} on.")
    return said.format(
        label=LABEL, machines=len(wanted.world.machines), communes=len(wanted.world.places), time=moment(now)
    )


def own(url: str, link: str, data: Path | None, _: Gettext) -> str:
    """Where a collector of one's own is, and what becomes of its files."""
    kept = _("Its files stay in {folder}.").format(folder=data) if data else _("Its files go when it ends.")
    return "\n".join(
        [
            _("Its own collector: {url}").format(url=url) + f" · {kept}",
            _("Open the page (once):") + f"\n  {link}",
            _("Ctrl-C ends it and takes everything back."),
        ]
    )


def other(url: str, _: Gettext) -> str:
    """Which running collector it is played to."""
    return "\n".join([_("To the collector: {url}").format(url=url), _("Ctrl-C ends it and takes everything back.")])


def done(wanted: Wanted, tally: Tally, pace: Pace, _: Gettext) -> str:
    """What came of it."""
    lines = [
        _(
            "Reports: {made} made, {accepted} accepted, {refused} refused; {unanswered} envelopes without an answer."
        ).format(made=tally.reports, accepted=tally.accepted, refused=tally.refused, unanswered=tally.unanswered),
        *(_hit(fault, tally, _) for fault in wanted.faults),
        *_pace(pace, _),
    ]
    return "\n".join(lines)


def left(agents: Sequence[int], _: Gettext) -> str:
    """Which agents may still have a valid token."""
    said = _("These agents could not be taken back: {agents}. Revoke their tokens: {command}")
    return said.format(agents=", ".join(map(str, agents)), command="sansang-collector token list")


def moment(at: float) -> str:
    """A moment in Vietnam."""
    return f"{datetime.fromtimestamp(at, VIETNAM):%Y-%m-%d %H:%M}"


def _hit(fault: Fault, tally: Tally, _: Gettext) -> str:
    communes = sorted(tally.communes(fault))
    if not communes:
        return _("{fault}: hit nobody.").format(fault=fault)
    named = ", ".join(communes[:SHOWN]) + (" …" if len(communes) > SHOWN else "")
    said = _("{fault}: hit {machines} machines in {communes} communes ({named}).")
    return said.format(fault=fault, machines=len(tally.machines(fault)), communes=len(communes), named=named)


def _pace(pace: Pace, _: Gettext) -> Iterator[str]:
    if isinstance(pace, Driven):
        yield _("Until {time}, {reached} times as fast as real time.").format(
            time=moment(pace.now()), reached=f"{pace.reached:.1f}"
        )
