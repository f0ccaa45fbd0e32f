"""What somebody split off stands apart: of what is found it gets its own communes, other incidents the rest. Pure.

Without this the next look at a part that loses a share, or broke just now, would join what a person has told apart.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from .incident import Incident
from .verdict import Verdict

Home = Callable[[int], str]
"""The commune of a machine; empty where that is not known."""


class Portion(NamedTuple):
    """A verdict, or what of it some incidents alone can be of."""

    verdict: Verdict
    places: frozenset[int]
    """The incidents that it can be of."""
    split_off: bool = False
    """It is of the only one of them, or of nothing."""


def portions(
    verdicts: Sequence[Verdict],
    incidents: Mapping[int, Incident],
    akin: Callable[[Verdict, Incident], bool],
    home: Home,
) -> list[Portion]:
    """The verdicts in their order, each shared out among the incidents it is akin to; ``incidents`` by their place."""
    split_off = {place for place, one in incidents.items() if one.apart}
    others = frozenset(incidents.keys() - split_off)
    found = list[Portion]()
    for verdict in verdicts:
        mine = [place for place in sorted(split_off) if akin(verdict, incidents[place])]
        found += _shared_out(verdict, {place: frozenset(incidents[place].apart) for place in mine}, others, home)
    return found


def _shared_out(
    verdict: Verdict, split_off: Mapping[int, frozenset[str]], others: frozenset[int], home: Home
) -> Iterator[Portion]:
    for place, communes in split_off.items():
        piece = only(verdict, communes.__contains__, home)
        if piece.communes:
            yield Portion(piece, frozenset({place}), split_off=True)
    gone = frozenset[str]().union(*split_off.values())
    rest = only(verdict, lambda code: code not in gone, home) if gone else verdict
    if rest.communes or not verdict.communes:
        yield Portion(rest, others)


def only(verdict: Verdict, stays: Callable[[str], bool], home: Home) -> Verdict:
    """The same of some communes and their machines alone; what was counted was counted of all."""
    agents = tuple(agent for agent in verdict.agents if stays(home(agent)))
    return replace(verdict, communes=_those(verdict.communes, stays), agents=agents)


def split(one: Incident, leaving: Collection[str], home: Home) -> tuple[Incident, Incident]:
    """What is left of it, and what stands apart from now on: one without a number that has not come and gone yet."""
    stays = _of(one, lambda code: code not in leaving, home)
    leaves = _of(one, leaving.__contains__, home)
    return stays, replace(leaves, id=0, code="", flaps=(), apart=tuple(sorted(leaving)))


def _of(one: Incident, stays: Callable[[str], bool], home: Home) -> Incident:
    hit, split_off = _those(one.hit, stays), _those(one.apart, stays)
    return replace(one, verdict=only(one.verdict, stays, home), hit=hit, apart=split_off)


def _those(communes: Sequence[str], stays: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(code for code in communes if stays(code))
