"""Follows incidents from look to look as the collector does, with assessments made by hand. No localiser, no ledger."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector import topology
from sansang_collector.diagnosis import apart, lifecycle
from sansang_collector.diagnosis.context import Context, Judged
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Step
from sansang_collector.diagnosis.shares import Shares
from sansang_collector.diagnosis.verdict import Assessment, Cause, Level, Verdict
from sansang_collector.simulation import provinces


def province(communes: int = 12) -> Graph:
    """A small one."""
    made = provinces.make(1, communes=communes)
    return build(topology.build(made.inventory), [AgentAt(*one) for one in made.machines])


def a_verdict(part: str, *others: str, onset: float, **more: object) -> Verdict:
    """Of a part, or of a class whose members are as probable as the first."""
    parts = (part, *others)
    causes = tuple(Cause(one, 1 / len(parts)) for one in parts)
    return Verdict(part=part, causes=causes, onset=onset, **{"score": 30.0, **more})  # type: ignore[arg-type]


def plain_judge(verdict: Verdict, hit: Sequence[str], _now: float) -> Judged:
    """Whoever owns it; what hits two communes is critical."""
    return Judged(Owner.TELECOM, Severity.CRITICAL if len(hit) > 1 else Severity.WARNING)


class Follower:
    """What the ledger would hold; numbers are given from 1 on."""

    def __init__(self, graph: Graph, context: Context | None = None) -> None:
        self.context = context or Context(graph.part_numbers, Shares(graph).share, plain_judge, home=graph.home)
        self.incidents: dict[int, Incident] = {}
        self.told: list[tuple[Happening, int, str]] = []
        """All but the quiet steps."""

    def look(
        self,
        now: float,
        *verdicts: Verdict,
        suspects: Iterable[Verdict] = (),
        well: Iterable[tuple[str, Level]] = (),
        ended: Mapping[tuple[str, Level], float] | None = None,
        cut_off: bool = False,
    ) -> list[Happening]:
        """One look; what happened, quiet steps left out."""
        assessment = Assessment(now, tuple(verdicts), tuple(suspects), frozenset(well), cut_off, ended or {})
        steps = lifecycle.step(list(self.incidents.values()), assessment, now, self.context)
        for one in steps:
            self._keep(one)
        return [one.happened for one in steps if one.happened is not Happening.SEEN]

    def looks(self, first: float, last: float, *verdicts: Verdict, well: Iterable[tuple[str, Level]] = ()) -> None:
        """One every 5 s."""
        for at in range(round(first), round(last) + 1, 5):
            self.look(at, *verdicts, well=well)

    def held(self, now: float) -> set[str]:
        """Parts that the next look takes as given."""
        return {one.part for one in lifecycle.held(list(self.incidents.values()), now)}

    def split(self, number: int, *communes: str) -> int:
        """Somebody says that these have a trouble of their own; its number."""
        stays, leaves = apart.split(self.incidents[number], communes, self.context.home)
        born = len(self.incidents) + 1
        self.incidents |= {number: stays, born: replace(leaves, id=born)}
        return born

    def change(self, number: int, **fields: object) -> None:
        """What people do."""
        self.incidents[number] = replace(self.incidents[number], **fields)

    @property
    def under_way(self) -> list[Incident]:
        """Open and closing ones."""
        return [one for one in self.incidents.values() if one.phase in (Phase.OPEN, Phase.CLOSING)]

    def _keep(self, one: Step) -> None:
        incident = one.incident
        if not incident.id:
            incident = replace(incident, id=len(self.incidents) + 1)
        self.incidents[incident.id] = incident
        if one.happened is not Happening.SEEN:
            self.told.append((one.happened, incident.id, one.detail))
