"""A doubt of the inventory in a sentence, for the command and the page of blind spots. Pure."""

from collections.abc import Callable

from sansang_collector.topology import Topology

from .doubts import DoubtView

Gettext = Callable[[str], str]


def sentence(doubt: DoubtView, commune: str, topology: Topology | None, _: Gettext) -> str:
    """What the incidents say against how a commune is entered; ``commune``: what it is called."""
    if doubt.probable:
        said = _("{commune} is entered under {declared}, but in {count} incidents it was as if under {probable}.")
    else:
        said = _("{commune} is entered under {declared}, but in {count} incidents it stayed alive below it.")
    declared, probable = _named(doubt.declared, topology), _named(doubt.probable, topology)
    return said.format(commune=commune, declared=declared, count=len(doubt.incidents), probable=probable)


def _named(part: str, topology: Topology | None) -> str:
    """A part's id, with its name where it has one."""
    number = topology.numbers.get(part) if topology else None
    name = topology.parts[number].name if topology and number is not None else ""
    return f"{name} ({part})" if name else part
