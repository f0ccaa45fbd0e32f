"""By a Zalo bot, to people who have written to it: plain text of at most 2,000 characters.

Not through apprise, whose plugin says only that something failed; see docs/adr.
"""

from typing import Any

from sansang_alerts.notice import Answer, Message, Outcome

from .judging import outcome_of
from .outgoing import NoAnswerError, OutgoingError
from .zalo_api import Said, ZaloApi

MOST = 2000
"""Characters of a text, counted as UTF-16 does."""
_UNKNOWN_CHAT = "; the person has to write to the bot again, and to be paired"


class ZaloBot:
    """A channel. A bot cannot write first: the chat comes from pairing."""

    def __init__(self, id: str, api: ZaloApi, via: tuple[str, ...] = ("wan",)) -> None:  # noqa: A002  # the protocol's
        self.id = id
        self.via = via
        self.api = api

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        if not message.to:
            return Answer(Outcome.REFUSED, "nobody is paired here")
        try:
            said = await self.api.ask("sendMessage", {"chat_id": message.to, "text": cut(message.body)})
        except OutgoingError as error:
            unknown = isinstance(error, NoAnswerError)
            return Answer(Outcome.UNKNOWN if unknown else Outcome.AGAIN, str(error))
        return Answer(Outcome.SENT, "", reference=_reference(said.result)) if said.ok else _not_taken(said)


def _not_taken(said: Said) -> Answer:
    outcome = outcome_of(said.status)
    hint = _UNKNOWN_CHAT if said.status == 400 else ""
    return Answer(outcome, said.words + hint, said.after_s)


def _reference(result: Any) -> str:
    found = result.get("message_id") if isinstance(result, dict) else None
    return found[:100] if isinstance(found, str) else ""


def cut(text: str, most: int = MOST) -> str:
    """``text`` of at most ``most`` UTF-16 units, cut at a line's end where one is near; ``…`` is for the rest."""
    if _units(text) <= most:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: (most - 2) * 2].decode("utf-16-le", "ignore")
    at_line, _, _ = kept.rpartition("\n")
    return (at_line if len(at_line) > len(kept) // 2 else kept).rstrip() + "\n…"


def _units(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)
