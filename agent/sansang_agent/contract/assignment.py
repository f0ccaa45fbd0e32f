"""What the centre hands to a machine: its profile, whom to call, and single requests to ask something now.

Data only: a machine takes of it what its own policy allows.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from .check import Check, Profile
from .codec import encode


class Role(StrEnum):
    """What a machine is in its centre, and so what it is asked to probe."""

    COUNTER = "counter"
    """A PC at a counter: off when nobody works there."""
    KIOSK = "kiosk"
    """Where citizens look things up themselves."""
    MINI = "mini"
    """A small machine that is always on."""
    VANTAGE = "vantage"
    """The machine beside the collector that looks into the communes from the province's side."""


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call, by owner: as it should be read out. Empty is said to be empty, never made up."""

    power: str = ""
    commune_it: str = ""
    telecom: str = ""
    network_operator: str = ""
    resolver_operator: str = ""
    service_owner: str = ""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the centre hands to one machine; known by :func:`assignment_hash`."""

    v: int = 1
    role: Role = Role.COUNTER
    profile: Profile = Profile()
    on_ask: tuple[Check, ...] = ()
    """Services that another machine of the commune asks for all of it: asked here when a person wants to know."""
    contacts: Contacts = Contacts()
    service_contacts: dict[str, str] = {}
    """Whom to call about one service, by the id of each of its checks; else ``contacts.service_owner``."""
    policies: tuple[str, ...] = ()
    """Signed policies that the centre only carries, see signed_policy.py: at most 16."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Ask this once now, and answer at once."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    check: Check
    count: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    """How often, five seconds apart."""
    expires: float
    """Not begun after this time of the collector's clock, Unix seconds."""


def assignment_hash(assignment: Assignment) -> str:
    """The first 32 hexadecimal digits of SHA-256 over the assignment's encoding."""
    return hashlib.sha256(encode(assignment)).hexdigest()[:32]
