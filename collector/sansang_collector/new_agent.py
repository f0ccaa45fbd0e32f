"""What an administrator says of a machine that is to report, and what is handed back."""

from typing import Annotated

import msgspec

from sansang_agent.contract.assignment import Role

from . import agents
from .commune import NOWHERE


class NewAgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that is to report."""

    commune: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$", description="a commune's code: five digits")]
    name: Annotated[str, msgspec.Meta(pattern=rf"^{agents.NAME.pattern}$", description="letters, digits, _ . -")]
    role: Role = Role.COUNTER

    def __post_init__(self) -> None:
        if self.role is Role.VANTAGE and self.commune != NOWHERE:
            raise ValueError(f"the vantage stands in no commune: its `commune` is {NOWHERE}")


class MadeAgent(msgspec.Struct, frozen=True):
    """The agent and its token, which is nowhere else."""

    id: int
    token: str
