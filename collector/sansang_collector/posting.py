"""Hands incidents to every member of an Alertmanager cluster, again and again until they are over, and says so then.

What people are told comes back by the webhook; their end is told by the ledger's word, whatever an Alertmanager does.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec
from sqlalchemy.exc import OperationalError

from sansang_alerts import alert_rows
from sansang_alerts.alert_rows import Kept
from sansang_alerts.channels.outgoing import MOST_BYTES, Outgoing, OutgoingError, Request
from sansang_alerts.fault import Source

from .posted_alerts import Alert, alert_of, is_firing, labels_of, moment
from .store import Store

_LOG = logging.getLogger(__name__)

AGAIN_S = 30.0
"""Alerts last ten times as long."""
RESOLVED_S = 600.0
"""For so long an end is posted again: a member may have been away."""
MOST = 200
"""Alerts of one request."""
DEAF_S = 120.0
"""When no member has taken anything for so long, people are told without them."""

Release = Callable[[Sequence[str]], Awaitable[None]]


class Members:
    """The cluster. ``token`` is shown to each; empty: none is."""

    def __init__(self, urls: Sequence[str], outgoing: Outgoing, token: str = "") -> None:
        self.urls = [url.rstrip("/") for url in urls]
        self._outgoing = outgoing
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._away: dict[str, str] = {}
        """Why each member that does not answer does not."""

    async def post(self, alerts: list[Alert]) -> bool:
        """Hand alerts to all of them; whether any has taken them."""
        answers = await asyncio.gather(*(self._post(url, alerts) for url in self.urls))
        return any(answers)

    async def ask(self, method: str, path: str, body: object = None, most: int = MOST_BYTES) -> tuple[int, object]:
        """Status and answer, of so many bytes at most, of the first member that answers; status 0 where none does."""
        for url in self.urls:
            try:
                sent = b"" if body is None else msgspec.json.encode(body)
                reply = await self._outgoing.ask(Request(method, f"{url}/api/v2{path}", self._headers, sent, most))
                return reply.status, msgspec.json.decode(reply.body) if reply.body else None
            except (OutgoingError, msgspec.DecodeError):
                continue
        return 0, None

    async def _post(self, url: str, alerts: list[Alert]) -> bool:
        why = ""
        for first in range(0, len(alerts), MOST):
            body = msgspec.json.encode(alerts[first : first + MOST])
            try:
                reply = await self._outgoing.ask(Request("POST", f"{url}/api/v2/alerts", self._headers, body))
            except OutgoingError as error:
                why = str(error)
                break
            if reply.status != 200:
                why = f"it answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}"
                break
        self._note(url, why)
        return not why

    def _note(self, url: str, why: str) -> None:
        """Once for each time that it goes, and comes back."""
        if why and url not in self._away:
            _LOG.warning("Alertmanager %s takes no incidents: %s", url, why)
        if not why and self._away.pop(url, None) is not None:
            _LOG.info("Alertmanager %s takes incidents again", url)
        if why:
            self._away[url] = why


class Posting:
    """One collector's. ``release`` lets people be told of alerts by their codes, where every member is away."""

    def __init__(
        self, store: Store, members: Members, address: str, now: Callable[[], float], release: Release
    ) -> None:
        self._store = store
        self._members = members
        self._address = address
        self._now = now
        self._release = release
        self._taken_at = now()
        self._posted: dict[str, Kept] = {}
        """As it was posted last, by code; after a restart old labels end by themselves."""
        self._news = asyncio.Event()

    def nudge(self) -> None:
        """Something happened: post at once."""
        self._news.set()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            try:
                await self.once()
            except OperationalError as error:
                _LOG.warning("incidents are posted once the ledger answers: %s", error.orig)
            try:
                async with asyncio.timeout(AGAIN_S):
                    await self._news.wait()
            except TimeoutError:
                continue
            finally:
                self._news.clear()

    async def once(self) -> None:
        """Post all that is under way, and all that ended a while ago."""
        now = self._now()
        found = await asyncio.to_thread(self._read, now)
        # an Alertmanager judges by its own clock, which a played one is not
        at = time.time()
        alerts = [*self._replaced(found, at), *(alert_of(one, self._address, at) for one in found)]
        if not alerts or await self._members.post(alerts):
            self._taken_at = now
            self._posted = {one.code: one for one in found}
        elif now - self._taken_at >= DEAF_S:
            await self._release([one.code for one in found if is_firing(one.standing) and not one.standing.released])

    def _replaced(self, found: Sequence[Kept], at: float) -> Iterator[Alert]:
        """The ends of what was posted with other labels, which are another alert to an Alertmanager."""
        for one in found:
            before = self._posted.get(one.code)
            if before is not None and labels_of(before) != labels_of(one):
                yield alert_of(before, self._address, at) | {"endsAt": moment(at)}

    def _read(self, now: float) -> list[Kept]:
        with self._store.read() as connection:
            found = alert_rows.since(connection, (Source.INCIDENT, Source.SITUATION), now - RESOLVED_S)
        return [one for one in found if is_firing(one.standing) or one.standing.released]
