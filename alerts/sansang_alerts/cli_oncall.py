"""``sansang-alerts oncall``: who is on call now, at a moment or in the coming week, and who stands in for whom."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from . import loading, oncall_view, oncall_words, opening, overrides, roster_rows
from .moments import NoMomentError, moment_of
from .oncall_view import Arranged
from .operator import operator
from .overrides import OverrideError, Wish
from .settings import AlertSettings, Team
from .texts.phrases import Phrases
from .vietnam import DAY_S


def oncall(options: argparse.Namespace) -> int:
    """Do one of them; the exit status."""
    phrases = Phrases(options.lang, time.time())
    settings = loading.load(options.config)
    action = _shown if options.action is None else _DEEDS[options.deed]
    try:
        return action(options, settings, phrases)
    except OverrideError as error:
        print(oncall_words.refused(error, phrases), file=sys.stderr)
    except NoMomentError as error:
        said = phrases.say("'{text}' is no moment such as '2026-11-26 08:00', '26/11/2026 08:00' or '08:00'")
        print(said.format(text=error), file=sys.stderr)
    except ValueError as error:
        print(error, file=sys.stderr)
    return 1


def _shown(options: argparse.Namespace, settings: AlertSettings, phrases: Phrases) -> int:
    at = moment_of(options.at, phrases.now) if options.at else phrases.now
    teams = [team for team in settings.teams if options.team in ("", team.id)]
    if not teams:
        known = [team.id for team in settings.teams]
        print(oncall_words.teams_line(known, options.team, phrases), file=sys.stderr)
        return 1
    arranged = _arranged(options, settings, at)
    for team in teams:
        if options.week:
            print("\n".join(_week(options, settings, team, at, arranged, phrases)))
        else:
            now = oncall_view.on_call_now(settings, team, at, arranged)
            lines = [msgspec.json.encode(now).decode()] if options.json else oncall_words.now_lines(now, phrases)
            print("\n".join(lines))
    return 0


def _week(
    options: argparse.Namespace, settings: AlertSettings, team: Team, at: float, arranged: Arranged, phrases: Phrases
) -> Iterator[str]:
    found = oncall_view.turns(settings, team, at, at + 7 * DAY_S, arranged)
    if options.json:
        yield msgspec.json.encode({"team": team.id, "turns": found}).decode()
        return
    yield f"{team.name} ({team.id})"
    yield from (f"  {oncall_words.turn_line(turn, phrases)}" for turn in found)


def _arranged(options: argparse.Namespace, settings: AlertSettings, at: float) -> Arranged:
    """What the database adds; nothing where there is none yet, which is not made for a question."""
    if not opening.is_there(opening.place_of(settings, options.ledger)):
        return Arranged()
    with opening.to_be_changed(settings, options.ledger) as ledger, ledger.read() as connection:
        return roster_rows.arranged(connection, settings, at)


def _add(options: argparse.Namespace, settings: AlertSettings, phrases: Phrases) -> int:
    now = phrases.now
    begins = moment_of(options.begins, now) if options.begins else now
    wish = Wish(options.team, options.person, begins, moment_of(options.until, now, begins), options.why)
    overrides.check(settings, wish, now)
    return _written(options, settings, phrases, lambda c: overrides.add(c, settings, wish, operator(), now))


def _cancel(options: argparse.Namespace, settings: AlertSettings, phrases: Phrases) -> int:
    return _written(options, settings, phrases, lambda c: overrides.cancel(c, options.number, operator(), phrases.now))


def _written(
    options: argparse.Namespace,
    settings: AlertSettings,
    phrases: Phrases,
    change: Callable[[Connection], overrides.Kept],
) -> int:
    with opening.to_be_changed(settings, options.ledger) as ledger:
        changed = ledger.write_sync(change)
    print(oncall_words.override_line(changed, settings, phrases))
    return 0


def _list(options: argparse.Namespace, settings: AlertSettings, phrases: Phrases) -> int:
    found: Sequence[overrides.Kept] = ()
    if opening.is_there(opening.place_of(settings, options.ledger)):
        with opening.to_be_changed(settings, options.ledger) as ledger, ledger.read() as connection:
            found = overrides.newest(connection, 1000) if options.all else overrides.standing(connection, phrases.now)
    for one in found:
        print(oncall_words.override_line(one, settings, phrases))
    if not found:
        print(phrases.say("Nothing is arranged."))
    return 0


_DEEDS: dict[str, Callable[[argparse.Namespace, AlertSettings, Phrases], Any]] = {
    "add": _add,
    "list": _list,
    "cancel": _cancel,
}
