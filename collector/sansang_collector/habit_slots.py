"""A habit: by quarter of an hour of the week, how often it was seen and how many machines were on, in two bytes. Pure.

The last few weeks count most, so that a habit follows the people and not the other way round.
"""

SLOT_MINUTES = 15
SLOTS = 7 * 24 * 60 // SLOT_MINUTES
NO_HABIT = bytes(2 * SLOTS)
WEEKS_NEEDED = 2
"""How many weeks must have been seen before a habit says anything."""
WEEKS_REMEMBERED = 4
"""A new week counts for a quarter at least."""
OFF_SHARE = 0.2
"""Of a commune's machines; up to this many in contact still is "usually off"."""


def usually_off(habit: bytes, slot: int) -> bool:
    """Whether a commune's machines are usually off in this quarter of an hour; False without enough weeks."""
    seen, share = habit[2 * slot], habit[2 * slot + 1]
    return seen >= WEEKS_NEEDED and share <= OFF_SHARE * 255


def observed(habit: bytes, slot: int, share: float) -> bytes:
    """The habit after one more week in which ``share`` (0 to 1) of the machines were in contact at this slot."""
    seen, before = habit[2 * slot], habit[2 * slot + 1] / 255
    weight = max(1 / (seen + 1), 1 / WEEKS_REMEMBERED)
    after = before + (share - before) * weight
    return b"".join((habit[: 2 * slot], bytes((min(seen + 1, 255), round(after * 255))), habit[2 * slot + 2 :]))
