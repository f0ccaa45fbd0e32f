"""What a check crosses, in words, with whose it is and whom to call; in either language."""

from collections.abc import Sequence

from sansang_agent.contract.rung import Component
from sansang_agent.contract.words import catalogue, word
from sansang_collector.topology import Part

from .contacts import Directory
from .model import Commune, Contact

_OWN = {Component.PC, Component.PC_APP, Component.LAN, Component.SITE_POWER}
"""Parts whose name is the commune's or the machine's, which stands above them already."""


def crossing_lines(
    commune: Commune, check: str, machine: str | None, parts: Sequence[Part], desks: Directory, language: str
) -> list[str]:
    """A heading and a line for each part.

    ``machine``: its name, empty for any of the commune; None where the centre asks.
    """
    _ = catalogue("sansang_collector", language).gettext
    if machine is None:
        head = _("{commune} ({code}): the centre's {check} crosses, from the centre inwards:")
    else:
        head = _("{commune} ({code}), {machine}: {check} crosses, from the machine outwards:")
    which = machine or _("any machine")
    lines = [head.format(commune=commune.name, code=commune.code, machine=which, check=check)]
    rows = [
        (_part(part, language), _rung(part, language), _owner(part, desks, commune.code, language)) for part in parts
    ]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(2)]
    for n, (name, rung, owner) in enumerate(rows, start=1):
        lines.append(f"{n:>4}. {name:<{widths[0]}}  {rung:<{widths[1]}}  {owner}")
    return lines


def _part(part: Part, language: str) -> str:
    name = word("component", part.kind, language)
    if not part.name or part.kind in _OWN:
        return name
    return part.name if part.name.lower().startswith(name) else f"{name} {part.name}"


def _rung(part: Part, language: str) -> str:
    return word("rung", part.rung, language) if part.rung else "–"


def _owner(part: Part, desks: Directory, commune: str, language: str) -> str:
    service = part.id.partition(":")[2] if part.kind in (Component.SVC_TCP, Component.SVC_APP) else ""
    found = desks.find(part.owner, commune, service)
    said = word("owner", part.owner, language)
    return f"{said}: {called(found)}" if found else said


def called(contact: Contact) -> str:
    """A desk as it is read out."""
    zalo = f"Zalo {contact.zalo}" if contact.zalo else ""
    hours = f"({contact.hours})" if contact.hours else ""
    return " ".join(part for part in (contact.desk, contact.phone, zalo, hours) if part)
