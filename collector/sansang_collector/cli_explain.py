"""``sansang-collector explain``: an incident, or all that hits a commune now, in words; beside a running collector.

Of a commune that nothing hits it tells whether it can serve, and what hit it last.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from sansang_agent.contract.scalars import closest
from sansang_agent.contract.words import catalogue

from . import cli_ledger, habits
from .agents import AGENT
from .board import Board
from .cli_topology import UnknownNameError, meant
from .commune import CODE
from .expected import Usual
from .incidents import codes, commune_look, rows
from .incidents.around import around
from .incidents.commune_look import CommuneLook
from .incidents.explain import explain as explained
from .incidents.explain_text import text_of
from .incidents.explanation import Explanation
from .incidents.rows import Kept
from .incidents.tables import INCIDENT
from .inventory.calendars import calendars
from .inventory.headings import plain
from .inventory.in_force import InForce
from .liveness import Present
from .rights import ALL
from .serving import Serving
from .settings import CollectorSettings
from .store import Store
from .web.phrases import Phrases


class _Asked(NamedTuple):
    """An incident, or a commune."""

    incident: Kept | None = None
    commune: str = ""


def explain(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Print what was asked for; 1 where there is no such thing."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if none := cli_ledger.missing(settings, _):
        print(none, file=sys.stderr)
        return 1
    store = Store(settings.folder)
    try:
        teller = _Teller(store, options.lang)
        with store.read() as connection:
            asked = teller.find(connection, " ".join(options.what))
            found = teller.incident(connection, asked.incident) if asked.incident else None
            look = teller.commune(connection, asked.commune) if found is None else None
    except UnknownNameError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        store.close()
    if options.json:
        print(msgspec.json.encode(found or look).decode())
    else:
        print(text_of(found) if found else "\n".join(teller.lines(look)) if look else "")
    return 0


class _Teller:
    """Finds and tells, in one language, by the inventory in force."""

    def __init__(self, store: Store, language: str) -> None:
        self._inventory = InForce(store, time.time)
        self._inventory.reload("")
        self._now = time.time()
        self._say = Phrases(language, self._inventory.places)
        self._ = self._say.translations.gettext

    def find(self, connection: Connection, said: str) -> _Asked:
        """What is meant; raises UnknownNameError."""
        if said.isdigit() and not CODE.fullmatch(said):
            return self._number(connection, said)
        by_code = rows.find_code(connection, said)
        if by_code is not None:
            return _Asked(by_code)
        communes = self._communes(connection)
        wanted = plain(said)
        same = [code for code, names in communes.items() if said == code or wanted in names]
        if len(same) == 1:
            return _Asked(commune=same[0])
        if same:
            either = ", ".join(f"{code} {self._say.commune(code)}" for code in same)
            raise UnknownNameError(self._("'{name}' may be {communes}").format(name=said, communes=either))
        by_number = rows.find(connection, int(said)) if CODE.fullmatch(said) else None
        if by_number is not None:
            return _Asked(by_number)
        raise UnknownNameError(self._unknown(connection, said, communes))

    def incident(self, connection: Connection, kept: Kept) -> Explanation:
        """One incident."""
        beside = around(connection, kept, kept.incident)
        return explained(kept.incident, self._inventory.naming, self._say, self._now, beside)

    def commune(self, connection: Connection, code: str) -> CommuneLook:
        """All that hits it now; where nothing does, how it stands and what hit it last."""
        tell = partial(self.incident, connection)
        return commune_look.look(connection, code, self._say.commune(code), ALL, tell, self._serving(connection, code))

    def lines(self, look: CommuneLook) -> Iterator[str]:
        """What is known of a commune, as text."""
        facts = self._say.serving_facts(look.serving, self._now) if look.serving else ""
        state = self._say.serving(look.serving) if look.serving else self._("not in the inventory")
        yield f"{look.name} ({look.commune}): {state}{f' – {facts}' if facts else ''}"
        if not look.incidents:
            yield self._("No incident hits it now.")
        for one in look.incidents:
            yield ""
            yield text_of(one)
        if look.last is not None:
            yield self._("The last one, {code}: {headline}").format(code=look.last.code, headline=look.last.headline)

    def _number(self, connection: Connection, said: str) -> _Asked:
        """Six digits may also be an incident's characters."""
        found = rows.find_code(connection, said) or rows.find(connection, min(int(said), 2**31 - 1))
        if found is None:
            newest = connection.scalar(select(func.max(INCIDENT.c.id)))
            if newest is None:
                raise UnknownNameError(self._("There has been no incident yet."))
            text = self._("There is no incident {number}; the newest is number {newest}.")
            raise UnknownNameError(text.format(number=said, newest=newest))
        return _Asked(found)

    def _communes(self, connection: Connection) -> dict[str, set[str]]:
        """What each commune of the inventory, and each with machines, may be called, in plain letters."""
        with_machines = connection.scalars(select(AGENT.c.commune).distinct())
        known = dict.fromkeys([*self._inventory.naming.communes, *with_machines])
        names = {code: self._say.commune(code) for code in known}
        return {code: {plain(name), plain(name.partition(" ")[2])} - {""} for code, name in names.items()}

    def _unknown(self, connection: Connection, said: str, communes: dict[str, set[str]]) -> str:
        none = self._("There is no incident and no commune '{name}'.").format(name=said)
        open_now = [one.incident.code for one in rows.under_way(connection)]
        names = {name: code for code, names in communes.items() for name in names}
        close = closest(codes.plain(said), open_now) or closest(said, communes) or ""
        meant_commune = closest(plain(said), names)
        if not close and meant_commune:
            close = self._say.commune(names[meant_commune])
        return f"{none} {meant(close or None, self._)}".strip()

    def _serving(self, connection: Connection, code: str) -> Serving | None:
        version = self._inventory.version
        if version is None:
            return None
        usual = Usual(calendars(version.inventory), habits.read(connection).habits)
        board = Board(self._inventory)
        return board.province(connection, Present(self._now, 0.0, usual), code).serving.get(code)
