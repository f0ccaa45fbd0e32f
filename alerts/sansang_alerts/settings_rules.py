"""What the settings mean together, each mistake with its line: who and what is named exists, steps lead somewhere, no
fault is nobody's, secrets are readable by nobody else.

The contract's loader asks with every struct it reads; of a file that is wrong elsewhere as much is judged as can be.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sansang_agent.contract.mistake import mark, wrong
from sansang_agent.contract.scalars import guess
from sansang_agent.contract.settings import Rule
from sansang_agent.contract.strict import INVALID

from . import channel_rules, people_rules, reach_rules
from . import settings as kinds
from .both_ways import told_by_alertmanager
from .people_rules import Found

_NO_PERSON = mark("there is no person '{name}'{guess}")
_NO_CHANNEL = mark("there is no channel '{name}'{guess}")
_NO_TEAM = mark("there is no team '{name}'{guess}")


class Known(NamedTuple):
    """The ids a file declares, whatever else is wrong with it."""

    people: frozenset[str]
    teams: frozenset[str]
    channels: frozenset[str]


def known(text: str) -> Known:
    """What a file declares; nothing where it cannot be read, which the loader says."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        root = None
    return Known(*(_ids(root, key) for key in ("people", "teams", "channels")))


def _ids(root: object, key: str) -> frozenset[str]:
    """Of every such key, though it be there twice: that is another mistake, and one is enough."""
    lists = (value for name, value in _pairs(root) if name == key and isinstance(value, yaml.SequenceNode))
    found = (value for rows in lists for row in rows.value for name, value in _pairs(row) if name == "id")
    return frozenset(value.value for value in found if isinstance(value, yaml.ScalarNode))


def _pairs(node: object) -> list[tuple[Any, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def rule(folder: Path, ids: Known) -> Rule:
    """For settings whose relative file names are below ``folder`` and that declare ``ids``."""
    of_kinds: dict[type, Callable[[Mapping[str, Any]], Found]] = {
        kinds.Person: people_rules.person,
        kinds.Takes: people_rules.takes,
        kinds.Shift: lambda parts: _shift(parts, ids),
        kinds.Step: lambda parts: _step(parts, ids),
        kinds.Team: lambda parts: _team(parts, ids),
        kinds.AlertSettings: lambda parts: _whole(parts, ids, folder),
    }

    def judge(kind: type, parts: Mapping[str, Any]) -> Found:
        if kind in of_kinds:
            yield from of_kinds[kind](parts)
        else:
            yield from channel_rules.mistakes(kind, parts, folder)

    return judge


def _shift(parts: Mapping[str, Any], ids: Known) -> Found:
    yield from people_rules.shift(parts)
    yield from _unknown("people", parts.get("people", ()), _NO_PERSON, ids.people)


def _step(parts: Mapping[str, Any], ids: Known) -> Found:
    yield from _unknown("channels", parts.get("channels", ()), _NO_CHANNEL, ids.channels)
    to = parts.get("to", "on_call")
    if to.startswith("team:"):
        yield from _unknown("to", (to.removeprefix("team:"),), _NO_TEAM, ids.teams)
    elif to not in people_rules.STEPS_TO:
        known, close = (*people_rules.STEPS_TO, "team:ID"), guess(to, people_rules.STEPS_TO)
        yield "to", wrong("'{name}' is not one of {names}{guess}", name=to, names=known, guess=close)


def _team(parts: Mapping[str, Any], ids: Known) -> Found:
    yield from people_rules.team(parts)
    if "fallback" in parts:
        yield from _unknown("fallback", (parts["fallback"],), _NO_PERSON, ids.people)


def _unknown(key: str, names: tuple[Any, ...], form: str, declared: frozenset[str]) -> Found:
    """Names of what the file does not declare, said as ``form`` has it; ``key[n]`` where the key holds a list."""
    for number, name in enumerate(names):
        if name is not INVALID and name not in declared:
            place = f"{key}[{number}]" if key in {"people", "channels", "digest_to"} else key
            yield place, wrong(form, name=name, guess=guess(name, sorted(declared)))


def _whole(parts: Mapping[str, Any], ids: Known, folder: Path) -> Found:
    for key in ("people", "teams", "channels"):
        yield from _double_ids(key, _good(parts.get(key, ())))
    yield from people_rules.addresses(parts)
    yield from people_rules.holidays(parts.get("holidays", ()))
    yield from _unknown("digest_to", parts.get("digest_to", ()), _NO_PERSON, ids.people)
    if INVALID not in parts.get("teams", ()):
        yield from _teams(parts.get("teams", ()))
    if INVALID not in (*parts.get("people", ()), *parts.get("channels", ())):
        yield from reach_rules.mistakes(parts)
    if parts.get("alertmanager_config"):
        people, channels = _good(parts.get("people", ())), _good(parts.get("channels", ()))
        hooks = {number: channel_rules.hook(one, folder) for number, one in channels}
        called = {number: address for number, address in hooks.items() if address}
        yield from told_by_alertmanager(folder / parts["alertmanager_config"], dict(people), called)


def _good(items: tuple[Any, ...]) -> list[tuple[int, Any]]:
    return [(number, item) for number, item in enumerate(items) if item is not INVALID]


def _double_ids(key: str, items: list[tuple[int, Any]]) -> Found:
    seen: set[str] = set()
    for number, item in items:
        if item.id in seen:
            yield f"{key}[{number}].id", wrong("there is already one with the id '{id}'", id=item.id)
        seen.add(item.id)


def _teams(teams: tuple[kinds.Team, ...]) -> Found:
    """Every fault must be somebody's, and no two teams' in the same way."""
    first: dict[kinds.Takes, str] = {}
    for number, team in enumerate(teams):
        for row, takes in enumerate(team.takes):
            other = first.setdefault(people_rules.in_order(takes), team.id)
            if other != team.id:
                yield f"teams[{number}].takes[{row}]", wrong("the team '{team}' takes the same already", team=other)
    if kinds.Takes() not in first:
        nobodys = mark(
            "a fault that fits no row would be nobody's; give one team 'takes: [{{}}]', which takes the rest"
        )
        yield "teams", wrong(nobodys)
