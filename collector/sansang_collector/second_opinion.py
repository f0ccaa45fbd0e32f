"""Where only one machine of a commune says that a service is not reached, the next one is asked before that counts.

Everything it goes by is in the ledger, so that a restart asks nothing twice; without doubts the ledger is not asked.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import inf
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.check import Check, kind_of
from sansang_agent.contract.outcome import Outcome

from . import asking, requests
from .asking import Wish, shared_host
from .asking_words import AskError
from .board import ANSWERS_LAST_SECONDS, Board, Question
from .inventory.in_force import InForce
from .inventory.model import PAGES, Inventory
from .liveness import Present
from .profiles.services import budget, by_host, to_check
from .profiles.timetable import PAGE_COST, SAFE
from .requests import Asked
from .rounds import Rounds
from .store import Store

_LOG = logging.getLogger(__name__)

WHO = "collector"
WHY = "second opinion"
LOOK_SECONDS = 3.0
ALL_SECONDS = 60.0
"""All communes are looked at this often where no page and no scrape does it anyway."""
EVERY_SECONDS = 60.0
"""A commune is asked about one service at most this often."""
RENEW_SECONDS = ANSWERS_LAST_SECONDS - EVERY_SECONDS
"""How old an answer gets before it is asked for again while the doubt lasts."""
LEISURE_SECONDS = 30.0
"""One host is asked for second opinions at most this often, so that people who ask about it get their turn."""
_REMEMBERED_SECONDS = 3600.0


class Service(NamedTuple):
    """A check that can be asked for, and how many seconds have to pass between two such questions to its host."""

    id: str
    check: Check
    host: str
    apart_s: float


class SecondOpinion:
    """One collector's."""

    def __init__(self, store: Store, board: Board, inventory: InForce, present: Callable[[], Present]) -> None:
        self._store = store
        self._board = board
        self._inventory = inventory
        self._present = present
        self.rounds = Rounds(LOOK_SECONDS, lambda: present().at, self.look, "second opinions")
        """When it looks."""
        self._refused: dict[Question, object] = {}
        """What may not be asked at present, and why: said once, not at every look."""

    async def look(self) -> None:
        """Take what was answered, and ask what is due."""
        refused: dict[Question, object] = {}
        for question, check in await asyncio.to_thread(self._due):
            try:
                asked = await self._store.write(partial(self._ask, question, check))
            except AskError as error:
                refused[question] = error.refused
                if self._refused.get(question) is not error.refused:
                    _LOG.info("no second opinion about %s in %s: %s", question.service, question.commune, error)
            else:
                _LOG.info("%s in %s is asked about %s", asked.agent_name, question.commune, question.service)
        self._refused = refused

    def _ask(self, question: Question, check: Check, connection: Connection) -> Asked:
        wish = Wish(commune=question.commune, agent=question.machine, kind=kind_of(check), target=check.target, why=WHY)
        return asking.ask_check(connection, wish, check, WHO, self._present().at)

    def _due(self) -> list[tuple[Question, Check]]:
        version, present = self._inventory.version, self._present()
        if version is None:
            return []
        with self._store.read() as connection:
            if not self._board.looked_at_all(present.at - ALL_SECONDS, present.at):
                self._board.province(connection, present)
            if not self._board.questions():
                return []
            before = requests.asked_by(connection, WHO, present.at - _REMEMBERED_SECONDS)
            services = services_of(version.inventory)
            self._hear(before, services)
            due = []
            for question in chosen(self._board.questions(), services, before, present.at):
                self._board.province(connection, present, question.commune)
                if question in self._board.questions(question.commune):
                    due.append((question, services[question.check].check))
            return due

    def _hear(self, before: Iterable[Asked], services: dict[str, Service]) -> None:
        for asked in before:
            word, service = word_of(asked), services.get(asked.request.check.id)
            if word is not None and service is not None and asked.answered_at is not None:
                self._board.heard(asked.agent, service.id, word, asked.answered_at)


def word_of(asked: Asked) -> bool | None:
    """Whether the machine reached what it was asked about; None where it has not answered, or could not find out."""
    outcomes = {result.outcome for result in asked.results}
    if Outcome.OK in outcomes:
        return True
    return False if Outcome.FAILED in outcomes else None


def services_of(inventory: Inventory) -> dict[str, Service]:
    """By the ids of their checks; services on one host share its smallest budget, of which a part is left for this."""
    found = {}
    for those in by_host(one for one in inventory.services if one.asked).values():
        free = (1 - SAFE) * budget(those)
        for one in those:
            for each in one.checks:
                check = to_check(one, each)
                apart = max(LEISURE_SECONDS, (PAGE_COST if each.kind in PAGES else 1) / free)
                found[check.id] = Service(one.id, check, shared_host(check), apart)
    return found


def chosen(
    questions: Iterable[Question], services: dict[str, Service], before: Sequence[Asked], now: float
) -> Iterator[Question]:
    """The questions to ask now: of each host at most one, the one that has waited longest. Pure."""
    last = {(asked.commune, _service_id(asked, services)): asked for asked in before}
    hosts: dict[str, float] = {shared_host(asked.request.check): _end(asked) for asked in before}
    known = [one for one in questions if one.check in services]
    for question in sorted(known, key=lambda one: _asked_at(last.get((one.commune, one.service)))):
        service = services[question.check]
        is_busy = 0 <= now - hosts.get(service.host, -inf) < service.apart_s
        if not is_busy and not _waits(last.get((question.commune, question.service)), now):
            hosts[service.host] = now
            yield question


def _service_id(asked: Asked, services: dict[str, Service]) -> str:
    found = services.get(asked.request.check.id)
    return found.id if found else ""


def _asked_at(asked: Asked | None) -> float:
    return asked.asked_at if asked else 0.0


def _end(asked: Asked) -> float:
    return asked.asked_at if asked.answered_at is None else asked.answered_at


def _waits(asked: Asked | None, now: float) -> bool:
    """Whether it was asked so recently that it is not to be asked again; times in the future are of another clock."""
    if asked is None:
        return False
    if word_of(asked) is not None and asked.answered_at is not None and 0 <= now - asked.answered_at < RENEW_SECONDS:
        return True
    return 0 <= now - asked.asked_at < EVERY_SECONDS
