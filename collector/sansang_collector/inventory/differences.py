"""What differs between two inventories, entry by entry and field by field. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from .model import Contact, Inventory, PolicyFile
from .tables import cell_text

SHOWN = 60
"""How many differences people are shown before the rest is only counted."""


class Difference(NamedTuple):
    """One entry that came (``+``), went (``-``), or a field of one that changed (``~``)."""

    sign: str
    group: str
    key: str
    field: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        if self.sign == "~":
            return f"~ {self.group} {self.key}".rstrip() + f": {self.field}: {self.old or '–'} → {self.new or '–'}"
        return " ".join(part for part in (self.sign, self.group, self.key, self.new or self.old) if part)


def differences(old: Inventory | None, new: Inventory) -> list[Difference]:
    """Everything that differs, in the order of the groups; all is new where ``old`` is None."""
    before, after = _entries(old), _entries(new)
    return [one for group in after for one in _group(group, before.get(group, {}), after[group])]


def entry_differences(
    group: str, old: Mapping[str, msgspec.Struct], new: Mapping[str, msgspec.Struct]
) -> list[Difference]:
    """What differs between the entries of one group, by key."""
    return list(_group(group, old, new))


def _entries(inventory: Inventory | None) -> dict[str, dict[str, msgspec.Struct]]:
    if inventory is None:
        return {}
    topology = inventory.topology
    return {
        "province": {inventory.province.code: inventory.province},
        "communes": {one.code: one for one in inventory.communes},
        "lines": _by_id(inventory.lines),
        "access_nodes": _by_id(inventory.access_nodes),
        "topology": {"": msgspec.structs.replace(topology, rings=(), power_areas=(), risks=(), resolvers=())},
        "rings": _by_id(topology.rings),
        "power_areas": _by_id(topology.power_areas),
        "risks": _by_id(topology.risks),
        "resolvers": _by_id(topology.resolvers),
        "services": _by_id(inventory.services),
        "contacts": {contact_key(one): one for one in inventory.contacts},
        "policies": {one.file: _told_apart(one) for one in inventory.policies},
    }


def _told_apart(policy: PolicyFile) -> PolicyFile:
    """Nobody can read a signed file: its digest says that it is another one."""
    return msgspec.structs.replace(policy, text=hashlib.sha256(policy.text.encode()).hexdigest()[:12])


def _by_id(entries: Iterable[Any]) -> dict[str, msgspec.Struct]:
    return {one.id: one for one in entries}


def contact_key(contact: Contact) -> str:
    """What tells a contact from others: owner, service, commune."""
    return "/".join(part for part in (contact.owner, contact.service, contact.commune) if part)


def _group(group: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield Difference("+", group, key, new=getattr(new[key], "name", ""))
        elif key not in new:
            yield Difference("-", group, key, old=getattr(old[key], "name", ""))
        elif old[key] != new[key]:
            yield from _fields(group, key, old[key], new[key])


def _fields(group: str, key: str, old: Any, new: Any) -> Iterator[Difference]:
    for field in old.__struct_fields__:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Difference("~", group, key, field, _text(before), _text(after))


def _text(value: Any) -> str:
    if isinstance(value, msgspec.Struct) or (isinstance(value, tuple) and value and not isinstance(value[0], str)):
        return msgspec.json.encode(value).decode()
    return cell_text(value)
