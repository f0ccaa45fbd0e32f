"""Alerts' metrics as bytes for a scrape of Prometheus (text format 0.0.4). Pure."""

from collections.abc import Iterable

from .metrics import FAMILIES, Sample

_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposed(samples: Iterable[Sample]) -> str:
    """Each family with its help and type; families without a sample are left out."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples:
        by_name.setdefault(sample.name, []).append(sample)
    lines = []
    for family in FAMILIES:
        found = by_name.get(family.name, [])
        if found:
            lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{_labels(family.labels, one.labels)} {one.value:g}" for one in found]
    return "\n".join(lines) + "\n"


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    said = ",".join(f'{name}="{value.translate(_ESCAPED)}"' for name, value in zip(names, values, strict=True))
    return f"{{{said}}}" if said else ""
