"""People with accounts at a collector of a test: made cheaply, logged in the way a browser does it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
from argon2 import PasswordHasher
from sqlalchemy import Connection, select

from sansang_collector import person_changes
from sansang_collector.audit import AUDIT
from sansang_collector.links import SESSION
from sansang_collector.login import Login
from sansang_collector.passwords import Passwords
from sansang_collector.people import HELD_ROLE, PERSON
from sansang_collector.rights import EVERYWHERE, Held

from .web_collector import WebCollector

PASSWORD = "bốn từ chẳng liên quan"  # of accounts that live as long as a test
ADMIN = (Held("admin", EVERYWHERE),)
VIEWER = (Held("viewer", EVERYWHERE),)


class CheapPasswords(Passwords):
    """As the product's, with parameters that cost next to nothing; counts what is compared."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.compared = 0

    async def verify(self, kept: str, password: str) -> bool:
        self.compared += 1
        return await super().verify(kept, password)


def make_cheap(running: WebCollector) -> CheapPasswords:
    """Let this collector's passwords cost next to nothing."""
    cheap = CheapPasswords()
    running.app.collector.login.passwords = cheap
    return cheap


def forget_people(running: WebCollector) -> None:
    """A day later, with no account, nobody logged in and nobody to wait: what one test did is nothing to the next."""

    def forget(connection: Connection) -> None:
        for table in (SESSION, HELD_ROLE, PERSON):
            connection.execute(table.delete())

    running.turn_clock(86_400)
    running.since = running.now
    running.write_ledger(forget)
    running.app.collector.login = Login(running.app.collector.store, lambda: running.now)
    make_cheap(running)


def add_person(running: WebCollector, name: str, held: Sequence[Held] = VIEWER, password: str = PASSWORD) -> int:
    """An account beside the running collector, as the command makes one."""
    kept = CheapPasswords().make_sync(password)
    return running.write_ledger(lambda it: person_changes.add(it, name, kept, held, "test", running.now))


@contextmanager
def browser_of(running: WebCollector) -> Iterator[httpx.Client]:
    """A browser that shows pages and sends forms from them; with no session yet."""
    headers = {"Accept": "text/html", "Origin": running.url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as browser:
        yield browser


def log_in(browser: httpx.Client, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    """Send the form of /login."""
    return browser.post("/login", data={"name": name, "password": password, **more})


@contextmanager
def logged_in(running: WebCollector, name: str, password: str = PASSWORD) -> Iterator[httpx.Client]:
    """A browser with a session of this account."""
    with browser_of(running) as browser:
        answer = log_in(browser, name, password)
        assert answer.status_code == 303, answer.text
        yield browser


def token_of(page: str) -> str:
    """What the forms of a page carry."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def send(browser: httpx.Client, form_on: str, address: str, **fields: str | list[str]) -> httpx.Response:
    """Open the page ``form_on`` and send a form of it to ``address``."""
    token = token_of(browser.get(form_on).text)
    return browser.post(address, data={"token": token, **fields})


def deeds(running: WebCollector, what: str) -> list[tuple[str, str, str]]:
    """The audit's rows of one kind: who, commune, detail."""

    def ask(connection: Connection) -> list[tuple[str, str, str]]:
        query = select(AUDIT.c.who, AUDIT.c.commune, AUDIT.c.detail).where(AUDIT.c.what == what)
        rows = connection.execute(query.where(AUDIT.c.at >= running.since).order_by(AUDIT.c.id))
        return [(row.who, row.commune, row.detail) for row in rows]

    return running.read_ledger(ask)
