"""What an administrator says of machines that are to report, or to be otherwise, and what is handed back."""

from typing import Annotated

import msgspec

from sansang_agent.contract.assignment import Role

from . import agents
from .fleet_changes import MOST


# Python's $ also stands before a last newline; JSON Schema's does not, and knows no \Z.
class NewAgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that is to report."""

    commune: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$(?!\n)", description="a commune's code: five digits")]
    name: Annotated[str, msgspec.Meta(pattern=rf"^{agents.NAME.pattern}$(?!\n)", description="letters, digits, _ . -")]
    role: Role | None = None
    """A counter's PC if it is new and nothing is said; a known one stays what it is."""


class MadeAgent(msgspec.Struct, frozen=True):
    """The agent and its token, which is nowhere else."""

    id: int
    token: str

    def __repr__(self) -> str:
        return f"MadeAgent(id={self.id}, …)"


class AgentsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of which machines: one or more of ``role``, ``retired``, ``revoked`` and ``renewed``."""

    ids: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    role: Role | None = None
    retired: bool | None = None
    revoked: bool = False
    """Their tokens end at once. Only a new enrolment undoes it."""
    renewed: bool = False
    """They are handed new tokens when they next report, where theirs are renewed by themselves."""


class ChangedAgents(msgspec.Struct, frozen=True):
    """Those that are not as they were."""

    changed: tuple[int, ...]
