"""What a look at the evidence comes to: which parts explain it, how surely, since when, and on what grounds.

Every localiser answers with an :class:`Assessment`; the lifecycle of incidents is made of nothing else.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from .evidence import Evidence


class Level(StrEnum):
    """How a part is broken."""

    DOWN = "down"
    LOSSY = "lossy"
    """It loses, or fails for, a share of what crosses it."""
    SLOW = "slow"


NEARLY_ALL = 0.9
"""Who asks across a part that loses as much as this gets nothing from it."""


class Fact(StrEnum):
    """What speaks for or against; ``count`` of ``of`` in a :class:`Ground`, ``name`` what it is about."""

    SILENT = "silent"
    """Machines that fell silent together, of those below the part."""
    STILL_HEARD = "still_heard"
    """Machines below the part that still report."""
    FAILS = "fails"
    """Checks across the part that failed lately, of those that were made."""
    PROBE_FAILS = "probe_fails"
    """Echoes of the vantage to ``name`` (a part's id) that were lost, of those sent."""
    PROBE_ANSWERS = "probe_answers"
    """The same, and enough came back to rule it out."""
    ELSEWHERE_WELL = "elsewhere_well"
    """Communes outside of it that are well, of all outside of it."""
    TCP_WELL = "tcp_well"
    """The server takes connections, only its pages fail."""
    SAID_GOODBYE = "said_goodbye"
    """Machines that said goodbye, which explains their silence."""
    ON_BATTERY = "on_battery"
    """Machines that reported running on battery before they fell silent."""
    BOOTED_INSIDE = "booted_inside"
    """After back-fill: machines whose system started inside the gap."""
    STORED_GATEWAY_FAILED = "stored_gateway_failed"
    STORED_GATEWAY_WELL = "stored_gateway_well"
    STORED_LINE_FAILED = "stored_line_failed"
    NIC_DOWN = "nic_down"
    USUAL_OFF = "usual_off"
    """Machines that are usually off at this time."""


class Ground(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact with its figures."""

    fact: Fact
    count: int = 0
    of: int = 0
    name: str = ""


class Cause(msgspec.Struct, frozen=True):
    """One part of a class of causes that the evidence cannot tell apart; probabilities of a class sum to 1."""

    part: str
    """Its id."""
    probability: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that broke, as well as it is known."""

    part: str
    """The most probable cause."""
    level: Level = Level.DOWN
    score: float
    """Nats, priors included; a verdict is given from the localiser's threshold on."""
    onset: float
    """When it began, Unix seconds."""
    onset_within_s: float = 15.0
    """The onset is sure to this many seconds."""
    causes: tuple[Cause, ...] = ()
    """The class, most probable first; the part alone where nothing else explains as much."""
    loss: tuple[float, float, float] | None = None
    """Of a lossy part: low, best, high (90 %) share; of a slow one the share that is slower than usual."""
    communes: tuple[str, ...] = ()
    """Codes of those that it hits, as far as evidence shows."""
    agents: tuple[int, ...] = ()
    """Ids of machines whose silence it explains."""
    services: tuple[str, ...] = ()
    """Ids of services that are not reached because of it."""
    checks: int = 0
    """How many checks crossing it failed."""
    grounds: tuple[Ground, ...] = ()
    needs_confirmation: bool = False
    """Of one commune and made of silence: it has to be found twice in a row before it counts."""
    instead_of: tuple[str, ...] = ()
    """Held parts whose incident this is, seen better: it is the same one, updated."""
    expected_off: bool = False
    """The centre's people have probably gone home and thrown the breaker: shown, never an incident."""

    @property
    def felt(self) -> Level:
        """The level as people meet it: a page that few ask, all in vain, is found as a loss, and is down for them."""
        nothing_left = self.level is Level.LOSSY and self.loss is not None and self.loss[1] >= NEARLY_ALL
        return Level.DOWN if nothing_left else self.level


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that stays what it is: it explains its evidence, and what would close it is looked for."""

    part: str
    level: Level
    onset: float
    opened_at: float
    loss: float = 1.0
    """Best estimate; 1: down."""
    communes: tuple[str, ...] = ()
    agents: tuple[int, ...] = ()


class Assessment(NamedTuple):
    """One look."""

    at: float
    verdicts: tuple[Verdict, ...] = ()
    """What is surely broken, held incidents left out."""
    suspects: tuple[Verdict, ...] = ()
    """What may be."""
    recovered: frozenset[tuple[str, Level]] = frozenset()
    """Held parts whose evidence now says that they are well."""
    cut_off: bool = False
    """The collector itself is cut off: nothing can be said, and nothing is."""
    ended: Mapping[tuple[str, Level], float] = {}
    """When the evidence of recovered parts turned well, where that is known; else it is the look's own time."""


class Localiser(Protocol):
    """Anything that turns evidence into an assessment: SCORE and the likelihood engine alike."""

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """What is broken at ``now``; pure but for what it remembers of its own last looks."""
        ...
