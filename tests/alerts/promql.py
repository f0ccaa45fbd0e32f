"""Reads the names of metrics out of PromQL; promtool says whether it is PromQL at all."""

import re

_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`")
_SELECTORS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_LABEL_LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w:.])([A-Za-z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}
_WORDS |= {"inf", "nan"}


_GROUPED = re.compile(r"\bby \(([^)]*)\) \(([A-Za-z_][\w]*)\s*(?:\{[^}]*\})?\)")


def grouped_labels(expression: str) -> list[tuple[str, set[str]]]:
    """Each metric that is aggregated directly, with the labels it is aggregated by."""
    return [(name, set(labels.replace(" ", "").split(","))) for labels, name in _GROUPED.findall(expression)]


def metric_names(expression: str) -> set[str]:
    """The metrics an expression reads; functions, operators, labels and durations are left out."""
    bare = _LABEL_LISTS.sub(" ", _SELECTORS.sub(" ", _STRING.sub("''", expression)))
    return {name for name in _NAME.findall(bare) if name.lower() not in _WORDS}
