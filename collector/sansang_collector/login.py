"""Logging in with a name and a password: how often, in how much time, and what the audit says of it.

A name nobody has, a wrong password and a disabled account are answered alike, after the same work.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from . import audit, people, person_changes, sessions
from .audit import Deed
from .login_failures import NOBODY, LoginFailures
from .login_limits import LoginLimits
from .passwords import BusyError, Passwords
from .people import PERSON, Account
from .person_names import folded
from .store import Store

_LOG = logging.getLogger(__name__)


class WrongError(Exception):
    """There is no account with this name and this password that is not disabled."""


class WaitError(Exception):
    """Too many tries: nothing was compared, and nothing will be for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Login:
    """One per running collector; :meth:`close` writes what is still to be written."""

    passwords: Passwords

    def __init__(self, store: Store, now: Callable[[], float], passwords: Passwords | None = None) -> None:
        self.passwords = passwords or Passwords()
        self.limits = LoginLimits()
        self._failures = LoginFailures()
        self._store = store
        self._now = now
        self._notes: set[asyncio.Task[None]] = set()

    async def enter(self, typed: str, password: str, address: str, carried: str | None = None) -> str:
        """The secret of a new session; one that the browser carried until now has ended.

        Raises :class:`WrongError`, :class:`WaitError`, :class:`BusyError`.
        """
        account = await self._right(typed, password, address)
        outdated = self.passwords.is_outdated(account.password)
        kept = await self.passwords.make(password) if outdated else account.password
        before = self._failures.untold(account.name)

        def enter(connection: Connection) -> str | None:
            now = self._now()
            present = people.get(connection, account.id)
            if present is None or present.disabled_at is not None or present.password != account.password:
                return None
            connection.execute(PERSON.update().where(PERSON.c.id == account.id).values(password=kept))
            if carried:
                sessions.end(connection, carried)
            detail = f"from {address}" + (f", after {before} more wrong tries" if before else "")
            audit.note(connection, Deed(now, account.name, "login", "", None, detail))
            return sessions.open_for(connection, present, now)

        secret = await self._store.write(enter)
        if secret is None:
            raise WrongError
        _LOG.info("login of %s from %s", account.name, address)
        return secret

    async def change_own_password(self, name: str, password: str, new: str, address: str) -> str:
        """Replace it and end every session; the secret of a new one. Raises what :meth:`enter` raises."""
        account = await self._right(name, password, address)
        kept = await self.passwords.make(new)

        def change(connection: Connection) -> str | None:
            now = self._now()
            present = people.get(connection, account.id)
            if present is None or present.disabled_at is not None or present.password != account.password:
                return None
            person_changes.set_password(connection, present, kept, present.name, now)
            return sessions.open_for(connection, person_changes.account_of(connection, present.id), now)

        secret = await self._store.write(change)
        if secret is None:
            raise WrongError
        return secret

    async def leave(self, secret: str) -> None:
        """End this session."""

        def leave(connection: Connection) -> None:
            person = sessions.end(connection, secret)
            account = people.get(connection, person) if person is not None else None
            if account is not None:
                audit.note(connection, Deed(self._now(), account.name, "logout", "", None))

        await self._store.write(leave)

    async def close(self) -> None:
        """Wait for what is being compared and written."""
        await asyncio.gather(*self._notes, return_exceptions=True)
        await asyncio.to_thread(self.passwords.close)

    async def _right(self, typed: str, password: str, address: str) -> Account:
        name = folded(typed)
        wait = self.limits.begin(name, address, self._now())
        if wait:
            raise WaitError(wait)
        account = await asyncio.to_thread(self._find, name)
        try:
            is_right = await self.passwords.verify(account.password if account else self.passwords.nobody, password)
        except BusyError:
            self.limits.not_made(name, address)
            raise
        if account is None or not is_right or account.disabled_at is not None:
            self._failed(account.name if account else NOBODY, address)
            raise WrongError
        self.limits.succeeded(name, address, self._now())
        return account

    def _find(self, name: str) -> Account | None:
        with self._store.read() as connection:
            return people.find(connection, name)

    def _failed(self, account: str, address: str) -> None:
        """Tell of it, but let nobody wait for that: how long it takes would tell whether there is such an account."""
        now = self._now()
        number = self._failures.count(account, now)
        if number:
            said = account or "no such account"
            _LOG.warning("failed login: %s, %d times since last told, now from %s", said, number, address)
            deed = Deed(now, said, "login_failed", "", None, f"{number} times, now from {address}")
            task = asyncio.create_task(self._store.write(lambda connection: audit.note(connection, deed)))
            self._notes.add(task)
            task.add_done_callback(self._noted)

    def _noted(self, task: asyncio.Task[None]) -> None:
        self._notes.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("a failed login could not be written to the audit", exc_info=task.exception())
