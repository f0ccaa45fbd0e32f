"""Everybody who may knock at the collector: without a credential, with tokens and links, and people with roles.

People's sessions are written into the ledger; how they are opened is the login's affair.
"""

from typing import Any, NamedTuple

import httpx
from sqlalchemy import Connection

from sansang_collector.cookies import ACTING_COOKIE, SESSION_COOKIE
from sansang_collector.links import SESSION
from sansang_collector.people import HELD_ROLE, PERSON
from sansang_collector.rights import ALL, EVERYWHERE, NONE, OF_ROLE, OF_SCOPE, Communes, Held, Right, communes_for
from sansang_collector.tokens import digest, new_secret
from tests.support.web_collector import COMMUNE, WebCollector


class Visitor(NamedTuple):
    """One of them."""

    name: str
    scope: str = ""
    """Of a token, or of the link that opened the session."""
    held: tuple[Held, ...] = ()
    is_person: bool = False
    is_session: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a credential."""
        return bool(self.scope) or self.is_person

    @property
    def is_token(self) -> bool:
        """Whether it comes with a bearer token."""
        return bool(self.scope) and not self.is_session

    @property
    def kinds(self) -> frozenset[str]:
        """What of ``Door.opens`` it is."""
        known = {"credential", "person" if self.is_person else self.scope} if self.is_known else set[str]()
        return frozenset({"anybody", *known})

    @property
    def is_scoped(self) -> bool:
        """Whether it is somebody who is to see some communes only."""
        return self.is_person and all(one.commune != EVERYWHERE for one in self.held)

    def communes(self, right: Right) -> Communes:
        """Where they have a right, by the table."""
        if self.is_person:
            return communes_for(right, self.held)
        return ALL if right in OF_SCOPE.get(self.scope, ()) else NONE


def visitors(commune: str = COMMUNE) -> list[Visitor]:
    """Nobody, every scope as token and as link, and every role for ``commune`` and everywhere."""
    tokens = [Visitor(f"{scope} token", scope) for scope in OF_SCOPE]
    links = [Visitor(f"{scope} link", scope, is_session=True) for scope in ("read", "admin")]
    people = [
        Visitor(f"{role} {name}", held=(Held(role, where),), is_person=True, is_session=True)
        for role in OF_ROLE
        for name, where in (("here", commune), ("everywhere", EVERYWHERE))
    ]
    without = Visitor("somebody without a role", is_person=True, is_session=True)
    return [Visitor("nobody"), *tokens, *links, *people, without]


def let_in(running: WebCollector, visitor: Visitor, agent_secret: str = "") -> httpx.Client:
    """The visitor's client, its credential made now; an agent's is ``agent_secret``."""
    client = httpx.Client(base_url=running.url, timeout=60, follow_redirects=False)
    client.headers["Origin"] = running.url
    if visitor.is_person:
        secret = running.write_ledger(lambda it: _person_in(it, visitor, running.now))
    elif visitor.is_session:
        secret = running.write_ledger(lambda it: _session(it, visitor.scope, None, running.now))
    elif visitor.scope:
        secret = agent_secret if visitor.scope == "agent" else running.token(visitor.scope)
        client.headers["Authorization"] = f"Bearer {secret}"
        return client
    else:
        return client
    for name in (SESSION_COOKIE, ACTING_COOKIE):
        client.cookies.set(name, secret)
    return client


def _person_in(connection: Connection, visitor: Visitor, now: float) -> str:
    row: dict[str, Any] = {"name": visitor.name, "password": "", "created_at": now, "changed_at": now}
    person = connection.scalars(PERSON.insert().values(row).returning(PERSON.c.id)).one()
    for role, commune in visitor.held:
        connection.execute(HELD_ROLE.insert().values(person=person, role=role, commune=commune))
    return _session(connection, "", person, now)


def _session(connection: Connection, scope: str, person: int | None, now: float) -> str:
    secret = new_secret()
    row = {"digest": digest(secret), "scope": scope, "person": person, "created_at": now, "expires_at": now + 3600}
    connection.execute(SESSION.insert().values(row))
    return secret
