"""What is said of machines that wait to be let in, and what is decided about them: messages of the API."""

from typing import Annotated, Literal

import msgspec

from . import agents

Decide = Literal["approve", "refuse"]


class GuestView(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that waits to be let in. What it says of itself proves nothing; compare the word with its screen."""

    id: int
    word: str
    host: str
    system: str
    address: str
    asked_at: float
    seen_at: float


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of which waiting machines: all of them or none."""

    ids: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=500)]
    decision: Decide
    commune: Annotated[
        str, msgspec.Meta(pattern=r"^([0-9]{5})?$(?!\n)", description="where to; empty where they are refused")
    ] = ""
    name: Annotated[
        str,
        msgspec.Meta(
            pattern=rf"^({agents.NAME.pattern})?$(?!\n)", description="of one machine; empty: by its host name"
        ),
    ] = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it concerned, and the numbers of the agents made."""

    ids: tuple[int, ...]
    agents: tuple[int, ...] = ()
