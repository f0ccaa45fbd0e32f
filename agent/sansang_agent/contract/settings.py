"""Strict YAML for both programs' configuration: every mistake at once, with file, line, key and a suggestion.

A file becomes a frozen struct; a mistyped key is never a silent default.
"""

from pathlib import Path
from typing import TypeVar

import yaml

from .mistake import Mistake, SettingsError, wrong
from .strict import Rule, Walk

__all__ = ["Mistake", "Rule", "SettingsError", "load", "loads"]

T = TypeVar("T")


def load(path: Path, type_: type[T], rule: Rule | None = None) -> T:
    """Read ``path`` as YAML into the struct ``type_``; raises :class:`SettingsError` with all mistakes.

    ``rule`` is shown every struct in the file and says what is wrong beyond types; see :data:`strict.Rule`.
    """
    return loads(_text(path), str(path), type_, rule)


def loads(text: str, name: str, type_: type[T], rule: Rule | None = None) -> T:
    """Read YAML from ``text`` into the struct ``type_``; ``name`` stands for the file in mistakes."""
    walk = Walk(rule)
    value = walk.read(_compose(text, name), type_)
    if walk.found:
        raise SettingsError([Mistake(name, *found) for found in sorted(set(walk.found))])
    assert isinstance(value, type_)
    return value


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        problem = wrong("is not UTF-8 text (byte {place})", place=exc.start)
    except FileNotFoundError:
        problem = wrong("there is no such file")
    except OSError as exc:
        problem = wrong("cannot be read: {reason}", reason=exc.strerror or str(exc))
    raise SettingsError([Mistake(str(path), 0, "", problem)])


def _compose(text: str, name: str) -> yaml.Node:
    """The file's nodes with their marks; an empty file is an empty mapping."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        said = ", ".join(part for part in (exc.context, exc.problem) if part)
        raise SettingsError(
            [Mistake(name, mark.line + 1 if mark else 0, "", wrong("is not YAML: {reason}", reason=said))]
        ) from exc
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        raise SettingsError([Mistake(name, line, "", wrong("is not YAML: {reason}", reason=exc.reason))]) from exc
    except RecursionError as exc:
        raise SettingsError([Mistake(name, 0, "", wrong("is not a settings file: nested too deeply"))]) from exc
    return root or _compose("{}", name)
