"""``sansang-collector maintenance list|add|import|cancel|end``: planned work and announced power cuts."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.mistake import Mistake, SettingsError
from sansang_agent.contract.words import catalogue

from . import audit, cli_ledger
from .incidents import maintenance_import, maintenance_rows, maintenance_words
from .incidents.maintenance import Kind, Maintenance, Plan, is_short_notice, notice_days
from .incidents.maintenance_rules import Ground
from .incidents.maintenance_words import PlanError
from .inventory import versions
from .refusal import Gettext
from .rights import ALL
from .settings import CollectorSettings
from .store import Store
from .web.phrases import Phrases

_ALL_OF_THEM = 1_000_000


def maintenance(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Do one of them; the exit status."""
    action: Callable[[argparse.Namespace, Store], int] = {
        "list": _list,
        "add": _add,
        "import": _import,
        "cancel": _set,
        "end": _set,
    }[options.action]
    _ = catalogue("sansang_collector", options.lang).gettext
    if none := cli_ledger.missing(settings, _):
        print(none, file=sys.stderr)
        return 1
    store = Store(settings.folder)
    try:
        return action(options, store)
    except PlanError as error:
        print(error.said(_), file=sys.stderr)
        return 1
    finally:
        store.close()


def _ground(connection: Connection) -> Ground:
    found = versions.current(connection)
    return Ground(found.inventory if found else None)


def _list(options: argparse.Namespace, store: Store) -> int:
    now = time.time()
    with store.read() as connection:
        if options.all:
            found = maintenance_rows.newest(connection, ALL, _ALL_OF_THEM)[1]
        else:
            found = maintenance_rows.standing(connection, now)
        ground = _ground(connection)
    say = Phrases(options.lang)
    for one in found:
        print(msgspec.json.encode(one).decode() if options.json else _line(one, say, now))
        if not options.json:
            _warn(one, ground, say)
    if not found and not options.json:
        print(say.translations.gettext("Nothing is planned."))
    return 0


def _add(options: argparse.Namespace, store: Store) -> int:
    try:
        plan = msgspec.convert(
            {
                "kind": options.kind,
                "title": options.title,
                "begins": options.begins,
                "ends": options.ends,
                "announced_at": options.announced,
                "communes": tuple(options.commune),
                "parts": tuple(options.part),
            },
            Plan,
        )
    except msgspec.ValidationError as error:
        print(error, file=sys.stderr)
        return 1
    now = time.time()
    say = Phrases(options.lang)

    def write(connection: Connection) -> tuple[Maintenance, Ground]:
        ground = _ground(connection)
        who, source = audit.operator(), maintenance_rows.COMMAND
        return maintenance_rows.add(connection, plan, ground, who, now, source), ground

    made, ground = store.write_sync(write)
    print(_line(made, say, now))
    _warn(made, ground, say)
    return 0


def _import(options: argparse.Namespace, store: Store) -> int:
    now = time.time()
    say = Phrases(options.lang)
    _ = say.translations.gettext
    with store.read() as connection:
        ground = _ground(connection)
        reading = maintenance_import.read(_bytes(options, _), str(options.file), ground, now, _)
        plans = [
            one for one in maintenance_import.many(reading.plans) if not maintenance_rows.same(connection, one, ground)
        ]
    for note in reading.notes:
        print(f"{options.file}: {note}")
    for plan in plans:
        print(_planned(plan, say))
    if not plans:
        print(_("Nothing in it is new."))
    elif options.yes:
        _write(store, plans, ground, options.file.name, now)
        print(_("{count} are written.").format(count=len(plans)))
    else:
        print(_("Nothing is written yet; the same with --yes writes it."))
    return 0


def _write(store: Store, plans: Sequence[Plan], ground: Ground, source: str, now: float) -> None:
    def write(connection: Connection) -> None:
        for plan in plans:
            maintenance_rows.add(connection, plan, ground, audit.operator(), now, source)

    store.write_sync(write)


def _bytes(options: argparse.Namespace, _: Gettext) -> bytes:
    try:
        return bytes(options.file.read_bytes())
    except FileNotFoundError:
        said = _("there is no such file")
    except OSError as error:
        said = _("cannot be read: {why}").format(why=error.strerror or error)
    raise SettingsError([Mistake(str(options.file), 0, "", said)])


def _set(options: argparse.Namespace, store: Store) -> int:
    now = time.time()
    change = maintenance_rows.cancel if options.action == "cancel" else maintenance_rows.end
    changed = store.write_sync(lambda connection: change(connection, options.number, audit.operator(), now))
    print(_line(changed, Phrases(options.lang), now))
    return 0


def _line(one: Maintenance, say: Phrases, now: float) -> str:
    state = maintenance_words.state(one.state(now), say.translations.gettext)
    return f"{one.id}  {state}  {_about(one.kind, one.title, (one.begins, one.until), one.parts, one.communes, say)}"


def _planned(plan: Plan, say: Phrases) -> str:
    return _about(plan.kind, plan.title, (plan.begins, plan.ends), plan.parts, plan.communes, say)


def _about(
    kind: Kind, title: str, span: tuple[float, float], parts: Sequence[str], communes: Sequence[str], say: Phrases
) -> str:
    # A moment of another day carries its date, so everything does here: day 0 is no day of ours.
    when = say.span(*span, 0.0)
    where = ", ".join([*parts, *(f"{say.commune(code)} ({code})" for code in communes)])
    return f"{maintenance_words.kind(kind, say.translations.gettext)}  {when}  {title}  [{where}]"


def _warn(one: Maintenance, ground: Ground, say: Phrases) -> None:
    holidays = ground.holidays()
    if is_short_notice(one, one.announced_at, holidays):
        days = notice_days(one.announced_at, one.begins, holidays)
        print(f"    {maintenance_words.short_notice(days, say.translations.gettext)}", file=sys.stderr)
