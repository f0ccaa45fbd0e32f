"""By an HTTP SMS gateway: an operator's, or one with a SIM card on site.

The text goes over whole and the gateway takes it apart; what it costs is counted as networks count (``sms_text``).
"""

import re
import time
from collections.abc import Callable

from sansang_alerts import sms_text
from sansang_alerts.notice import Answer, Message, Outcome
from sansang_alerts.settings import SmsChannel

from . import sms_request
from .hiding import scrubber
from .judging import judged
from .outgoing import NoAnswerError, Outgoing, OutgoingError, Reply

_TELEPHONE = re.compile(r"\+?[0-9]{3,15}")


class SmsGateway:
    """A channel."""

    def __init__(
        self, settings: SmsChannel, outgoing: Outgoing, secret: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self.id = settings.id
        self.via = settings.via
        self._settings = settings
        self._outgoing = outgoing
        self._secret = secret
        self._scrub = scrubber(secret)
        self._now = now
        self._accepted = re.compile(settings.accepted)
        self._busy = re.compile(settings.busy) if settings.busy else None

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        to = re.sub(r"[ .()-]", "", message.to)
        if not _TELEPHONE.fullmatch(to):
            return Answer(Outcome.REFUSED, "this is no telephone number")
        text = self.text(message)
        ours = sms_request.reference_of(message.message_id)
        values = {"to": to, "text": text, "sender": self._settings.sender, "reference": ours, "secret": self._secret}
        try:
            reply = await self._outgoing.ask(sms_request.request(self._settings, values))
        except OutgoingError as error:
            return Answer(Outcome.UNKNOWN if isinstance(error, NoAnswerError) else Outcome.AGAIN, str(error))
        return self._judged(reply, ours)._replace(parts=sms_text.parts(text))

    def text(self, message: Message) -> str:
        """What is sent: with its marks only where the settings say so, and of no more parts than they allow."""
        text = message.body if self._settings.accents else sms_text.unaccented(message.body)
        return sms_text.fitted(text, self._settings.most_parts)

    def _judged(self, reply: Reply, ours: str) -> Answer:
        answer = judged(reply.status, reply.headers, self._scrub(reply.body), self._now())
        if answer.outcome is not Outcome.SENT:
            return answer
        body = reply.body.decode("utf-8", "replace")
        taken = self._accepted.search(body)
        if taken is None:
            busy = self._busy is not None and self._busy.search(body)
            return Answer(Outcome.AGAIN if busy else Outcome.REFUSED, f"not accepted: {answer.said}")
        theirs = taken.groupdict().get("reference")
        return answer._replace(reference=(theirs or (ours if self._names_it else ""))[:100])

    @property
    def _names_it(self) -> bool:
        return "{reference}" in self._settings.url + self._settings.body
