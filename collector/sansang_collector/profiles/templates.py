"""The packaged templates: which checks a machine of each role runs, with placeholders for what the inventory knows.

Read by the contract's strict reader, so that a slip in one is a test's failure and no silent default.
"""

from functools import cache
from importlib.resources import files

import msgspec

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.check import Check
from sansang_agent.contract.settings import loads

PLACEHOLDERS = ("{terminal}", "{access_node}", "{portal}", "{core}", "{internet}")
"""Filled in by the collector; ``{gateway}`` and ``{dns}`` are left for the machine."""
OF_EVERY_MACHINE = ("{gateway}", "{dns}")


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What a role runs: its own checks, and whether it may be elected to ask the services."""

    services: bool = True
    checks: tuple[Check, ...] = ()


@cache
def templates() -> dict[Role, Template]:
    """All of them."""
    folder = files(__package__)
    return {role: loads((folder / f"{role}.yml").read_text(encoding="utf-8"), f"{role}.yml", Template) for role in Role}
