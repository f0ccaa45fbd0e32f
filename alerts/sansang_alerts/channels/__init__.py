"""The ways to people, a module each: e-mail, Zalo bot, webhook, SMS gateway.

All HTTP leaves through ``outgoing``; what a channel cannot send it says, and never raises.
"""

from typing import Protocol

from sansang_alerts.notice import Answer, Message


class Channel(Protocol):
    """One way to people, as the settings name it."""

    id: str
    via: tuple[str, ...]
    """Components that it leaves through, by id or kind: what is broken there silences it."""

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        ...
