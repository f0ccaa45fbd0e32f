"""To somebody's program: our JSON by POST, and through apprise to the services that it knows.

An address of http(s) goes by our own seam, where the answer is seen; apprise says little more than yes or no.
"""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from sansang_alerts.notice import Answer, Message, Outcome

from .hiding import scrubber
from .judging import judged
from .outgoing import NoAnswerError, Outgoing, OutgoingError, Request

MESSAGE_ID_HEADER = "X-Sansang-Message-Id"
"""The same for every attempt, so that the other side can leave out what it has."""


class Way(Protocol):
    """How an address is reached."""

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        ...


class Webhook:
    """A channel; ``message.to`` is nobody's, as the address is the channel's own."""

    def __init__(self, id: str, way: Way, via: tuple[str, ...] = ("wan",)) -> None:  # noqa: A002  # the protocol's
        self.id = id
        self.via = via
        self._way = way

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        return await self._way.send(message)


class Post:
    """The JSON of ``message.body`` to an address."""

    def __init__(
        self, outgoing: Outgoing, url: str, headers: Mapping[str, str], now: Callable[[], float] = time.time
    ) -> None:
        self._outgoing = outgoing
        self._url = url
        self._headers = headers
        self._now = now
        self._scrub = scrubber(url, *headers.values())

    async def send(self, message: Message) -> Answer:
        """What the status says: whatever stands in the body of a 200 is the other side's affair."""
        ours = {"Content-Type": "application/json", MESSAGE_ID_HEADER: message.message_id}
        request = Request("POST", self._url, ours | dict(self._headers), message.body.encode())
        try:
            reply = await self._outgoing.ask(request)
        except OutgoingError as error:
            return Answer(Outcome.UNKNOWN if isinstance(error, NoAnswerError) else Outcome.AGAIN, str(error))
        return judged(reply.status, reply.headers, self._scrub(reply.body), self._now())
