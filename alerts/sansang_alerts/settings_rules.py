"""What the settings mean together, each mistake with its line: who and what is named exists, steps lead somewhere, no
fault is nobody's, secrets are readable by nobody else.

The contract's loader asks with every struct it reads; of a file that is wrong elsewhere as much is judged as can be.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sansang_agent.contract.scalars import guess
from sansang_agent.contract.settings import Rule
from sansang_agent.contract.strict import INVALID

from . import channel_rules, people_rules, reach_rules
from . import settings as kinds
from .both_ways import told_by_alertmanager
from .people_rules import Found


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
    yield from _unknown("people", parts.get("people", ()), "person", ids.people)


def _step(parts: Mapping[str, Any], ids: Known) -> Found:
    yield from _unknown("channels", parts.get("channels", ()), "channel", ids.channels)
    to = parts.get("to", "on_call")
    if to.startswith("team:"):
        yield from _unknown("to", (to.removeprefix("team:"),), "team", ids.teams)
    elif to not in people_rules.STEPS_TO:
        wanted = ", ".join((*people_rules.STEPS_TO, "team:ID"))
        yield "to", f"'{to}' is not one of {wanted}{guess(to, people_rules.STEPS_TO)}"


def _team(parts: Mapping[str, Any], ids: Known) -> Found:
    yield from people_rules.team(parts)
    if "fallback" in parts:
        yield from _unknown("fallback", (parts["fallback"],), "person", ids.people)


def _unknown(key: str, names: tuple[Any, ...], what: str, declared: frozenset[str]) -> Found:
    """Names of what the file does not declare; ``key[n]`` where the key holds a list."""
    for number, name in enumerate(names):
        if name is not INVALID and name not in declared:
            place = f"{key}[{number}]" if key in {"people", "channels", "digest_to"} else key
            yield place, f"there is no {what} '{name}'{guess(name, sorted(declared))}"


def _whole(parts: Mapping[str, Any], ids: Known, folder: Path) -> Found:
    for key in ("people", "teams", "channels"):
        yield from _double_ids(key, _good(parts.get(key, ())))
    yield from people_rules.addresses(parts)
    yield from people_rules.holidays(parts.get("holidays", ()))
    yield from _unknown("digest_to", parts.get("digest_to", ()), "person", ids.people)
    if INVALID not in parts.get("teams", ()):
        yield from _teams(parts.get("teams", ()))
    if INVALID not in (*parts.get("people", ()), *parts.get("channels", ())):
        yield from reach_rules.mistakes(parts)
    if parts.get("alertmanager_config"):
        yield from told_by_alertmanager(folder / parts["alertmanager_config"], dict(_good(parts.get("people", ()))))


def _good(items: tuple[Any, ...]) -> list[tuple[int, Any]]:
    return [(number, item) for number, item in enumerate(items) if item is not INVALID]


def _double_ids(key: str, items: list[tuple[int, Any]]) -> Found:
    seen: set[str] = set()
    for number, item in items:
        if item.id in seen:
            yield f"{key}[{number}].id", f"there is already one with the id '{item.id}'"
        seen.add(item.id)


def _teams(teams: tuple[kinds.Team, ...]) -> Found:
    """Every fault must be somebody's, and no two teams' in the same way."""
    first: dict[kinds.Takes, str] = {}
    for number, team in enumerate(teams):
        for row, takes in enumerate(team.takes):
            other = first.setdefault(people_rules.in_order(takes), team.id)
            if other != team.id:
                yield f"teams[{number}].takes[{row}]", f"the team '{other}' takes the same already"
    if kinds.Takes() not in first:
        yield "teams", "a fault that fits no row would be nobody's; give one team 'takes: [{}]', which takes the rest"
