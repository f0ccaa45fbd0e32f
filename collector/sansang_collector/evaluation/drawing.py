"""Which parts break in a trial: drawn for each kind of fault; None where there is no such place. Pure."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from sansang_agent.contract.rung import Component

from .ground import Ground, with_pcs

Running = Mapping[str, int]
Draw = Callable[[Ground, Running, Random], list[str] | None]


def commune(kind: Component, least: int, most: int = 99) -> Draw:
    """A part of a commune in which ``least`` to ``most`` machines run."""

    def draw(on: Ground, running: Running, dice: Random) -> list[str] | None:
        codes = with_pcs(on, dict(running), least, most)
        return [of_commune(kind, dice.choice(codes))] if codes else None

    return draw


def of_commune(kind: Component, code: str) -> str:
    """The part of this kind that is this commune's; lines are called after the first one."""
    line = kind in (Component.TERMINAL, Component.ACCESS_LINK)
    return f"{kind}:{code}-a" if line else f"{kind}:{code}"


def machine(on: Ground, running: Running, dice: Random) -> list[str] | None:
    """A machine beside at least two others."""
    return _of_a_machine(Component.PC, on, running, dice)


def software(on: Ground, running: Running, dice: Random) -> list[str] | None:
    """What a machine beside at least two others asks services with."""
    return _of_a_machine(Component.PC_APP, on, running, dice)


def _of_a_machine(kind: Component, on: Ground, running: Running, dice: Random) -> list[str] | None:
    codes = with_pcs(on, dict(running), 3)
    if not codes:
        return None
    code = dice.choice(codes)
    names = [one.name for one in on.made.machines if one.commune == code]
    return [f"{kind}:{code}/{dice.choice(names)}"]


def node(least: int, most: int = 99) -> Draw:
    """An access node with so many communes."""

    def draw(on: Ground, running: Running, dice: Random) -> list[str] | None:
        fitting = [one for one, codes in on.nodes.items() if least <= _live(codes, running) == len(codes) <= most]
        return [f"{Component.ACCESS_NODE}:{dice.choice(fitting)}"] if fitting else None

    return draw


def shared(kind: Component, communes: int = 3) -> Draw:
    """A part that at least so many communes cross."""

    def draw(on: Ground, running: Running, dice: Random) -> list[str] | None:
        fitting = [one for one in on.parts.get(kind, []) if _live(behind(on, one), running) >= communes]
        return [dice.choice(fitting)] if fitting else None

    return draw


def ring(on: Ground, running: Running, dice: Random) -> list[str] | None:
    """A ring of two access nodes or more."""
    fitting = [
        one for one, nodes in on.rings.items() if len(nodes) > 1 and _live(behind(on, f"ring:{one}"), running) > 2
    ]
    return [f"{Component.RING}:{dice.choice(fitting)}"] if fitting else None


def any_of(kind: Component) -> Draw:
    """Any part of the kind."""

    def draw(on: Ground, _: Running, dice: Random) -> list[str] | None:
        return [dice.choice(on.parts[kind])] if on.parts.get(kind) else None

    return draw


def both(first: Draw, second: Draw) -> Draw:
    """One of each, of which neither lies behind the other."""

    def draw(on: Ground, running: Running, dice: Random) -> list[str] | None:
        for _ in range(50):
            one, other = first(on, running, dice), second(on, running, dice)
            if one and other and one != other and not behind(on, one[0]) & behind(on, other[0]):
                return [*one, *other]
        return None

    return draw


def two_of_one_node(on: Ground, running: Running, dice: Random) -> list[str] | None:
    """Both communes of an access node that has two, each with a fault of its own."""
    fitting = [
        codes for codes in on.nodes.values() if len(codes) == 2 and all(running.get(one, 0) > 1 for one in codes)
    ]
    if not fitting:
        return None
    return [
        of_commune(dice.choice((Component.SITE_POWER, Component.ACCESS_LINK)), code) for code in dice.choice(fitting)
    ]


def some_of_an_area(count: int) -> Draw:
    """The power of so many communes of one area, less than half of it, each with two machines or more."""

    def draw(on: Ground, running: Running, dice: Random) -> list[str] | None:
        fitting = [codes for codes in on.areas.values() if 2 * count < len(codes)]
        found = [one for codes in fitting if len(one := [code for code in codes if running.get(code, 0) > 1]) >= count]
        if not found:
            return None
        return [of_commune(Component.SITE_POWER, code) for code in dice.sample(dice.choice(found), count)]

    return draw


def behind(on: Ground, part: str) -> frozenset[str]:
    """The communes whose reports cross the part; none for what reports do not cross."""
    kind, _, key = part.partition(":")
    if kind in (Component.LAN, Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK):
        return frozenset({key.removesuffix("-a")})
    if kind == Component.POWER_AREA:
        return frozenset(on.areas[key])
    return frozenset(code for one in _nodes(on, kind, key) for code in on.nodes.get(one, ()))


def _nodes(on: Ground, kind: str, key: str) -> Sequence[str]:
    """The access nodes that go with a part."""
    match kind:
        case Component.ACCESS_NODE:
            return (key,)
        case Component.RING:
            return on.rings[key]
        case Component.ARC:
            return _run(on, key)
        case Component.SHARED_RISK:
            return next(one.nodes for one in on.made.inventory.topology.risks if one.id == key)
    return ()


def _run(on: Ground, key: str) -> list[str]:
    ring_, _, ends = key.partition("/")
    first, _, last = ends.partition("..")
    nodes = on.rings[ring_]
    return nodes[nodes.index(first) : nodes.index(last) + 1]


def _live(codes: frozenset[str] | list[str], running: Running) -> int:
    return sum(running.get(code, 0) > 0 for code in codes)
