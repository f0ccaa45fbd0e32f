"""Reads the names of metrics out of PromQL; promtool says whether it is PromQL at all."""

import re

_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`")
_SELECTORS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_LABEL_LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w:.])([A-Za-z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}
_WORDS |= {"inf", "nan"}


def metric_names(expression: str) -> set[str]:
    """The metrics an expression reads; functions, operators, labels and durations are left out."""
    bare = _LABEL_LISTS.sub(" ", _SELECTORS.sub(" ", _STRING.sub("''", expression)))
    return {name for name in _NAME.findall(bare) if name.lower() not in _WORDS}
