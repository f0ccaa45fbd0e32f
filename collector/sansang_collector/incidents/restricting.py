"""An incident as somebody is shown it who may not see all communes that it hits: only what is of theirs. Pure.

Other communes, their machines and parts, and every count that speaks of them are left out.
"""

from collections.abc import Mapping

import msgspec

from sansang_collector.diagnosis.incident import Incident, Revision
from sansang_collector.diagnosis.verdict import Cause
from sansang_collector.rights import Communes

from .naming import NEAR, Naming


def restricted(incident: Incident, of: Communes, homes: Mapping[int, str], naming: Naming) -> Incident:
    """The incident for whoever sees these communes; ``homes``: the commune of each machine it silences, by number."""
    verdict = incident.verdict
    causes = shown(verdict.causes, of, naming)
    own = verdict.part if is_shown(verdict.part, of, naming) else causes[0].part if causes else _unnamed(verdict.part)
    return msgspec.structs.replace(
        incident,
        verdict=msgspec.structs.replace(
            verdict,
            part=own,
            causes=causes,
            communes=tuple(code for code in verdict.communes if of.has(code)),
            agents=tuple(number for number in verdict.agents if of.has(homes.get(number, ""))),
            checks=0,
            grounds=(),
        ),
        hit=tuple(code for code in incident.hit if of.has(code)),
        counters=0,
        held_back=incident.held_back if incident.held_back.startswith(("maintenance:", "hours:")) else "",
        revision=_revision(incident.revision, of, naming),
    )


def shown(causes: tuple[Cause, ...], of: Communes, naming: Naming) -> tuple[Cause, ...]:
    """Those causes that are of no commune or of one of these."""
    return tuple(one for one in causes if is_shown(one.part, of, naming))


def is_shown(part: str, of: Communes, naming: Naming) -> bool:
    """Whether a part may be named."""
    known = naming.part(part)
    return of.everywhere or (of.has(known.commune) if known.commune else known.kind not in NEAR)


def _unnamed(part: str) -> str:
    """What only says which kind it is."""
    return part.partition(":")[0]


def _revision(revision: Revision | None, of: Communes, naming: Naming) -> Revision | None:
    if revision is None:
        return None
    return msgspec.structs.replace(revision, causes=shown(revision.causes, of, naming), grounds=())
