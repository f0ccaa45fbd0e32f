"""By e-mail through a mail server, with smtplib on a thread.

Not through apprise: it makes a Message-ID of its own and does not say why a server refused; see docs/adr.
"""

import ssl
import time
from collections.abc import Callable

from sansang_alerts.notice import Answer, Message, Outcome

from . import threads
from .email_message import bare, written
from .hiding import scrubber
from .smtp import Delivery, Server

DEADLINE_S = 30.0
"""For all of it."""


class Email:
    """A channel."""

    def __init__(
        self,
        id: str,  # noqa: A002  # the protocol's
        server: Server,
        sender: str,
        context: ssl.SSLContext,
        via: tuple[str, ...] = ("wan",),
        *,
        deadline_s: float = DEADLINE_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.id = id
        self.via = via
        self._server = server
        self._sender = sender
        self._context = context
        self._deadline_s = deadline_s
        self._now = now
        self._scrub = scrubber(server.password)

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        try:
            sender, to = bare(self._sender), bare(message.to)
            content = written(message, self._sender, self._now())
        except ValueError as error:
            return Answer(Outcome.REFUSED, str(error))
        delivery = Delivery(self._server, self._context, self._scrub)
        try:
            return await threads.run(lambda: delivery.run(sender, to, content), self._deadline_s)
        except TimeoutError:
            outcome = Outcome.UNKNOWN if delivery.left else Outcome.AGAIN
            return Answer(outcome, f"no answer within {self._deadline_s:g} s")
        finally:
            delivery.give_up()
