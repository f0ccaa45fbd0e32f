"""The rows of the evaluation: what breaks, in what circumstances, how long it is watched, what is asked of it."""

from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.simulation.faults import DOWN
from sansang_collector.simulation.noise import Noise
from sansang_collector.simulation.quick_scene import Options

from . import drawing as d
from . import goals as g
from .goals import Goal

HARD_S, LOSS_S, LITTLE_LOSS_S = 180.0, 480.0, 1200.0
WARM_S = 150.0
"""What is seen before the fault."""
LISTENED_S = 960.0
"""The same before a loss: of a way that it has listened to for less than a quarter of an hour nothing is said."""
BURSTY = 15
"""Less than so much of a hundred, lost in bursts, leaves whole minutes without a loss: it is watched for longer."""
_LATE = Noise(late=0.10)
CUT_S = (180.0, 3600.0)
"""How long a cut lasts that is looked at afterwards."""
AFTERWARDS_S = 2700.0
"""How long it is waited for what machines tell then, as long as some are missing."""


class Row(NamedTuple):
    """One row; times are seconds."""

    name: str
    draw: d.Draw | None
    """None: nothing breaks."""
    goal: Goal
    losses: tuple[float, ...] = (DOWN,)
    """How much each part loses; the last holds for all that follow."""
    slow_ms: float = 0.0
    """Or how much longer each round trip takes; nothing is lost then."""
    apart_s: float = 20.0
    """Where several break: within so long after the first."""
    lasts_s: float = HARD_S
    warm_s: float = WARM_S
    options: Options = Options()
    clock: str = "09:10"
    learned: bool = True
    """Whether the diagnosis is told the province's habits."""
    taught_days: int = 0
    """Or it has learned them by itself, of so many working days before."""
    stale: bool = False
    as_one: bool = False
    """Situations are told: what breaks is to be one."""
    note_only: bool = False
    """What breaks is no incident: right is to open none."""
    weight: float = 1.0
    """Trials, as a share of those asked for."""
    after: tuple[float, float] | None = None
    """The fault ends, after so long at least and at most, and what counts is what is known then."""
    one_restarts: bool = False
    """A machine of the same commune goes off meanwhile or just before, and comes back."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing breaks."""
        return self.draw is None

    @property
    def knows_times(self) -> bool:
        """Whether it is known how long answers take: where something is slow, and where nothing is."""
        return self.learned and (self.slow_ms > 0 or self.is_quiet)

    @property
    def is_after(self) -> bool:
        """Whether it is watched until the fault is over and was told of."""
        return self.after is not None


def _lossy(name: str, draw: d.Draw, percent: int, goal: Goal | None = None, *, correlated: bool = False) -> Row:
    little = percent < 8
    hard_to_see = little or (correlated and percent < BURSTY)
    return Row(
        name, draw, goal or (g.LITTLE_LOSS if little else g.LOSS), (percent / 100,),
        lasts_s=LITTLE_LOSS_S if hard_to_see else LOSS_S, warm_s=LISTENED_S,
        options=Options(correlated=correlated), weight=0.5,
    )  # fmt: skip


def _inside() -> list[Row]:
    kinds = (("power", Component.SITE_POWER), ("terminal", Component.TERMINAL), ("link", Component.ACCESS_LINK))
    rows = [
        Row("pc", d.machine, g.NOTE_ONLY, note_only=True),
        Row("pc app", d.software, g.NOTE_ONLY, lasts_s=LOSS_S, note_only=True),
        Row("lan 3+ PCs", d.commune(Component.LAN, 3), g.LAN),
        Row("lan 2 PCs", d.commune(Component.LAN, 2, 2), g.LAN_OF_TWO),
        Row("lan 1 PC", d.commune(Component.LAN, 1, 1), g.NOTE_ONLY, note_only=True),
    ]
    for name, kind in kinds:
        rows += [
            Row(f"{name} 3+ PCs", d.commune(kind, 3), g.COMMUNE),
            Row(f"{name} 2 PCs", d.commune(kind, 2, 2), g.COMMUNE),
            Row(f"{name} 1 PC", d.commune(kind, 1, 1), g.COMMUNE_OF_ONE),
        ]
    return rows


def _shared() -> list[Row]:
    return [
        Row("node 1 commune", d.node(1, 1), g.COMMUNE_OF_ONE),
        Row("node 2 communes", d.node(2, 2), g.NODE_OF_TWO),
        Row("node 3+ communes", d.node(3), g.SHARED),
        Row("arc", d.shared(Component.ARC), g.SHARED),
        Row("ring", d.ring, g.SHARED),
        Row("shared risk", d.shared(Component.SHARED_RISK, 3), g.SHARED),
        Row("core", d.any_of(Component.CORE), g.SHARED),
        Row("wan", d.any_of(Component.WAN), g.SHARED_FAR),
        Row("ndc", d.any_of(Component.NDC), g.CONNECTED),
        Row("dns", d.any_of(Component.DNS), g.SHARED_FAR),
        Row("pdc", d.any_of(Component.PDC), g.CONNECTED),
        Row("svc_tcp", d.any_of(Component.SVC_TCP), g.REFUSED),
        Row("svc_app", d.any_of(Component.SVC_APP), g.PAGE),
    ]


def _doubles() -> list[Row]:
    inside = d.commune(Component.ACCESS_LINK, 2)
    pairs = [
        ("2 communes", d.both(d.commune(Component.SITE_POWER, 2), inside), HARD_S),
        ("2 of one node", d.two_of_one_node, HARD_S),
        ("ring+commune", d.both(d.ring, inside), HARD_S),
        ("2 rings", d.both(d.ring, d.ring), HARD_S),
        ("dns+node", d.both(d.any_of(Component.DNS), d.node(2)), HARD_S),
        ("2 services", d.both(d.any_of(Component.SVC_TCP), d.any_of(Component.SVC_TCP)), HARD_S),
        ("ring+service", d.both(d.ring, d.any_of(Component.SVC_TCP)), HARD_S),
    ]
    return [Row(f"double {name}", draw, g.TWO, lasts_s=lasts) for name, draw, lasts in pairs]


def _degraded() -> list[Row]:
    many, one = d.commune(Component.ACCESS_LINK, 3), d.commune(Component.ACCESS_LINK, 1, 1)
    return [
        _lossy("link loses 2 %", many, 2, g.NONE),
        *(_lossy(f"link loses {percent} %", many, percent) for percent in (3, 8, 15, 30)),
        *(_lossy(f"link loses {percent} % in bursts", many, percent, correlated=True) for percent in (8, 30)),
        _lossy("link loses 30 %, 1 PC", one, 30, g.NONE),
        *(_lossy(f"ring loses {percent} %", d.ring, percent) for percent in (3, 8, 30)),
        _lossy("ring loses 8 % in bursts", d.ring, 8, correlated=True),
        _lossy("a service refuses 30 %", d.any_of(Component.SVC_TCP), 30),
        *(_slow(f"link slower by {ms} ms", many, ms) for ms in (10, 100)),
        _slow("link slower by 100 ms, 1 PC", one, 100)._replace(goal=g.NONE),
        _slow("ring slower by 10 ms", d.ring, 10),
    ]


def _slow(name: str, draw: d.Draw, ms: float) -> Row:
    return Row(name, draw, g.LOSS, slow_ms=ms, lasts_s=LOSS_S, warm_s=LISTENED_S, weight=0.5)


def _afterwards() -> list[Row]:
    many, two, one = (3, 99), (2, 2), (1, 1)
    batteries = Options(batteries=0.3)
    inside = {
        "power": Component.SITE_POWER, "terminal": Component.TERMINAL, "link": Component.ACCESS_LINK,
        "lan": Component.LAN,
    }  # fmt: skip
    rows = []
    for name, kind in inside.items():
        rows += [_after(f"{name}, 3+ PCs", d.commune(kind, *many)), _after(f"{name}, 2 PCs", d.commune(kind, *two))]
        if kind is not Component.LAN:  # with one machine that is a note
            rows.append(_after(f"{name}, 1 PC", d.commune(kind, *one)))
        rows.append(_after(f"{name}, one restarts", d.commune(kind, *many))._replace(one_restarts=True))
        if kind in (Component.SITE_POWER, Component.TERMINAL):
            rows.append(_after(f"{name}, some on battery", d.commune(kind, 2))._replace(options=batteries))
    return rows


def _after(name: str, draw: d.Draw) -> Row:
    return Row(f"after {name}", draw, g.AFTER, lasts_s=AFTERWARDS_S, after=CUT_S)


def _odd() -> list[Row]:
    link, node, blind = d.commune(Component.ACCESS_LINK, 2), d.node(2), Options(vantage=False)
    return [
        Row("area power", d.shared(Component.POWER_AREA, 4), g.NONE),
        Row("one situation", d.some_of_an_area(4), g.AS_ONE, apart_s=480, lasts_s=480 + HARD_S, as_one=True),
        Row("cold ring", d.ring, g.SHARED, warm_s=35, learned=False),
        Row("cold link", link, g.COMMUNE, warm_s=35, learned=False),
        Row("cold svc_tcp", d.any_of(Component.SVC_TCP), g.REFUSED, warm_s=35, learned=False),
        Row("stale node", d.node(2), g.RIGHT_IN_SPITE, stale=True),
        Row("stale ring", d.ring, g.RIGHT_IN_SPITE, stale=True),
        Row("stale link", link, g.RIGHT_IN_SPITE, stale=True),
        Row("late ring", d.ring, g.SHARED, options=Options(noise=_LATE)),
        Row("late link", link, g.COMMUNE, options=Options(noise=_LATE)),
        Row("no vantage power", d.commune(Component.SITE_POWER, 3), g.NONE, options=blind),
        Row("no vantage node", node, g.NONE, options=blind),
        Row("no vantage ring", d.ring, g.NONE, options=blind),
    ]


def _quiet() -> list[Row]:
    day, closing, late = 9 * 3600.0, 5400.0, Options(noise=_LATE)
    return [
        Row("office day", None, g.QUIET, lasts_s=day, clock="07:40"),
        Row("office day 10 % late", None, g.QUIET, lasts_s=day, clock="07:40", options=late, weight=0.25),
        Row("office day self-taught", None, g.QUIET, lasts_s=day, clock="07:40", taught_days=15, weight=1 / 15),
        Row("closing hour", None, g.NEVER, lasts_s=closing, clock="16:15"),
        Row("closing hour self-taught", None, g.NEVER, lasts_s=closing, clock="16:15", taught_days=15, weight=0.2),
        Row("closing hour unlearned", None, g.NONE, lasts_s=closing, clock="16:15", learned=False, weight=0.5),
    ]


_ALL = (*_inside(), *_shared(), *_doubles(), *_odd(), *_degraded(), *_afterwards(), *_quiet())
ROWS = {row.name: row for row in _ALL}
"""All of them, in the order of the table."""
