"""Text in sections that give way one after the other until the whole of it fits. Pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Section(NamedTuple):
    """Lines that stand or fall together."""

    text: str
    need: int
    """What is needed least goes first."""
    block: int = 0
    """Between one block and the next stands an empty line."""


ALWAYS = 9
"""The need of what is never left out."""


def fitting(sections: Sequence[Section], most: int, size: Callable[[str], int]) -> str:
    """What fits, in the order given; those that are always needed have to be short enough together."""
    left = [one for one in sections if one.text]
    while size(whole(left)) > most and any(one.need < ALWAYS for one in left):
        least = min(left, key=lambda one: one.need)
        left.remove(least)
    return whole(left)


def whole(sections: Sequence[Section]) -> str:
    """All of them, a line or more each."""
    blocks = {one.block: "" for one in sections}
    for one in sections:
        blocks[one.block] += f"{one.text}\n"
    return "\n".join(blocks.values()).rstrip("\n")
