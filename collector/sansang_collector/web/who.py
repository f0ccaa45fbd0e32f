"""Who is asking, as routes take it in: somebody with a right, of whom they ask for which communes.

Lists are given ``communes(right)``; what is of one commune or machine is asked for by ``must`` and :func:`must_see`.
"""

from typing import Annotated

from fastapi import Depends
from sqlalchemy import Connection

from sansang_collector import agents
from sansang_collector.access import Principal, require
from sansang_collector.rights import Communes, Right, just

SeesCentre = Annotated[Principal, Depends(require(Right.SEE_CENTRE))]
SeesFleet = Annotated[Principal, Depends(require(Right.SEE_FLEET))]
Enrols = Annotated[Principal, Depends(require(Right.ENROL))]
ChangesMachines = Annotated[Principal, Depends(require(Right.CHANGE_MACHINES))]


def among_theirs(who: Principal, right: Right, commune: str | None) -> Communes:
    """All communes for which ``who`` has the right, or the one that is asked for; raises NotAllowedError."""
    if commune is None:
        return who.communes(right)
    who.must(right, commune)
    return just(commune)


def commune_of(connection: Connection, agent: int) -> str | None:
    """Whose machine this is; None where there is no such machine."""
    return agents.communes_of(connection, [agent]).get(agent)


def must_see(connection: Connection, who: Principal, agent: int, right: Right = Right.SEE_CENTRE) -> None:
    """Raise NotAllowedError unless ``who`` has the right for a machine's commune.

    Whether there is such a machine only those hear who have it everywhere.
    """
    who.must(right, commune_of(connection, agent))
