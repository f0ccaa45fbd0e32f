"""What changed between two verdicts of one incident, and what of it is only another name for the same. Pure."""

from msgspec.structs import replace

from .matching import parts_of
from .verdict import Verdict


def keep_cause(before: Verdict, after: Verdict) -> Verdict:
    """What was named stays named while it explains as much: evidence that dwindles excludes nothing anew."""
    if (
        before.part == after.part
        or before.part not in parts_of(after)
        or not set(after.communes) <= set(before.communes)
    ):
        return after
    return replace(after, part=before.part, causes=before.causes)


def changes(before: Verdict, after: Verdict) -> list[str]:
    """What is different, each as ``aspect=before``; figures alone are no change."""
    found = []
    if before.part != after.part:
        found.append(f"cause={before.part}")
    if before.level is not after.level:
        found.append(f"level={before.level}")
    if parts_of(before) != parts_of(after):
        found.append(f"class={','.join(sorted(parts_of(before)))}")
    if set(before.communes) != set(after.communes):
        found.append(f"communes={len(before.communes)}")
    if set(before.services) != set(after.services):
        found.append(f"services={','.join(before.services)}")
    return found
