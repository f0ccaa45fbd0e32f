"""What one plain or quoted YAML scalar means, decided by the type that is wanted.

``code: 06001`` is the text 06001 where text is wanted, never an octal number; ``name: no`` is the text "no".
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from msgspec import inspect

from .mistake import Wrong, wrong

N = TypeVar("N", int, float)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9_]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def scalar(text: str, plain: bool, wanted: inspect.Type) -> Any:
    """``text`` as the scalar type ``wanted``; ``plain``: not in quotes. ValueError says what it must be."""
    reader: Callable[[str, bool, Any], Any] | None = _READERS.get(type(wanted))
    if reader is None:
        raise TypeError(f"settings have no way to write {wanted}")
    return reader(text, plain, wanted)


def _truth(text: str, plain: bool, _wanted: inspect.BoolType) -> bool:
    if plain and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    raise ValueError(wrong("must be true or false"))


def _integer(text: str, plain: bool, wanted: inspect.IntType) -> int:
    return _bounded(int(_matching(_INTEGER, text, plain, wanted)), wanted)


def _number(text: str, plain: bool, wanted: inspect.FloatType) -> float:
    return _bounded(float(_matching(_NUMBER, text, plain, wanted)), wanted)


def _path(text: str, _plain: bool, wanted: inspect.CustomType) -> Path:
    if wanted.cls is not Path:
        raise TypeError(f"settings have no way to write {wanted}")
    return Path(text)


def _matching(pattern: re.Pattern[str], text: str, plain: bool, wanted: inspect.Type) -> str:
    if not pattern.fullmatch(text) or not any(letter.isdigit() for letter in text):
        raise ValueError(wrong("must be {wanted}, not '{text}'", wanted=described(wanted), text=text))
    if not plain:
        raise ValueError(wrong("must be {wanted} without quotes", wanted=described(wanted)))
    return text.replace("_", "")


def _bounded(value: N, wanted: inspect.IntType | inspect.FloatType) -> N:
    if wanted.ge is not None and value < wanted.ge:
        raise ValueError(wrong("must be at least {bound:g}", bound=wanted.ge))
    if wanted.gt is not None and value <= wanted.gt:
        raise ValueError(wrong("must be more than {bound:g}", bound=wanted.gt))
    if wanted.le is not None and value > wanted.le:
        raise ValueError(wrong("must be at most {bound:g}", bound=wanted.le))
    if wanted.lt is not None and value >= wanted.lt:
        raise ValueError(wrong("must be less than {bound:g}", bound=wanted.lt))
    return value


def _text(text: str, _plain: bool, wanted: inspect.StrType) -> str:
    if wanted.pattern is not None and not re.search(wanted.pattern, text):
        raise ValueError(wrong("'{text}' does not fit {pattern}", text=text, pattern=wanted.pattern))
    if wanted.min_length is not None and len(text) < wanted.min_length:
        raise ValueError(wrong("must have at least {count} characters", count=wanted.min_length))
    if wanted.max_length is not None and len(text) > wanted.max_length:
        raise ValueError(wrong("must have at most {count} characters", count=wanted.max_length))
    return text


def _enum(text: str, _plain: bool, wanted: inspect.EnumType) -> Any:
    return _member(text, {str(member.value): member for member in wanted.cls})


def _literal(text: str, _plain: bool, wanted: inspect.LiteralType) -> Any:
    return _member(text, {str(value): value for value in wanted.values})


def _member(text: str, members: Mapping[str, Any]) -> Any:
    if text in members:
        return members[text]
    raise ValueError(wrong("must be one of {names}{guess}", names=tuple(members), guess=guess(text, members)))


def described(wanted: inspect.Type) -> Wrong:
    """What a value of this type is called in a mistake."""
    if isinstance(wanted, inspect.IntType):
        return wrong("a whole number")
    if isinstance(wanted, inspect.FloatType):
        return wrong("a number")
    return wrong("true or false") if isinstance(wanted, inspect.BoolType) else wrong("text")


def closest(said: str, known: Iterable[str]) -> str | None:
    """The known name that ``said`` is probably a slip of."""
    return next(iter(get_close_matches(said, list(known), n=1)), None)


def guess(said: str, known: Iterable[str]) -> str:
    """The words "; did you mean …?" where something known is close to what was said, else nothing."""
    close = closest(said, known)
    return wrong("; did you mean '{close}'?", close=close) if close else ""


_READERS: dict[type[inspect.Type], Callable[[str, bool, Any], Any]] = {
    inspect.StrType: _text,
    inspect.BoolType: _truth,
    inspect.IntType: _integer,
    inspect.FloatType: _number,
    inspect.EnumType: _enum,
    inspect.LiteralType: _literal,
    inspect.CustomType: _path,
}
