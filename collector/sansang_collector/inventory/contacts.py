"""Whom to call for something broken: the desk of that service, else of that commune, else of that owner. Pure."""

from collections.abc import Iterable

from sansang_agent.contract.rung import Owner

from .model import Contact


class Directory:
    """The contacts of an inventory, looked up by owner, commune and service."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._found = {(one.owner, one.service, one.commune): one for one in contacts if one.reachable}

    def find(self, owner: Owner, commune: str = "", service: str = "") -> Contact | None:
        """The most particular desk that can be reached; None is said to be none, never made up."""
        places = dict.fromkeys([(service, commune), (service, ""), ("", commune), ("", "")])
        found = (self._found.get((owner, *place)) for place in places)
        return next((one for one in found if one), None)
