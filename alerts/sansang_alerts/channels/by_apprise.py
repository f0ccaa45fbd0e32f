"""Through apprise, to services that speak their own protocol (``ntfys://``, ``matrixs://`` …), on a thread.

It says yes or no; why stands only in what it logged of the attempt, and ``Retry-After`` nowhere.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from sansang_alerts.notice import Answer, Message, Outcome

from . import threads
from .hiding import scrubber
from .judging import outcome_of

DEADLINE_S = 15.0
"""For all of it: its services wait up to 5.5 s between two messages, and 4 s for each thing they ask."""
_STATUS = re.compile(r"error=(\d{3})\b")


class AddressError(ValueError):
    """It is none that apprise can use; does not repeat it."""


class _Body(msgspec.Struct):
    """What people read of our JSON."""

    headline: str = ""
    text: str = ""


class ByApprise:
    """One address."""

    def __init__(self, url: str, deadline_s: float = DEADLINE_S) -> None:
        """Raises :class:`AddressError`."""
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415  # half a second, which few need

        # its own lines and those of what it uses hold whole addresses
        _keep_to_itself()
        self._deadline_s = deadline_s
        self._scrub = scrubber(url)
        self._service: Any = Apprise(
            asset=AppriseAsset(app_id="sansang-alerts", app_desc="sansang", async_mode=False, http_redirects=False)
        )
        if not self._service.add(url):
            raise AddressError("this is no address that apprise knows")

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        words = _read(message)
        try:
            result = await threads.run(lambda: self._notify(words), self._deadline_s)
        except TimeoutError:
            return Answer(Outcome.UNKNOWN, f"no answer within {self._deadline_s:g} s")
        except Exception as error:  # noqa: BLE001  # a plugin of somebody else's may raise anything
            return Answer(Outcome.UNKNOWN, self._scrub(f"{type(error).__name__} in apprise"))
        return Answer(Outcome.SENT, "") if result else self._failed(result)

    def _notify(self, words: _Body) -> Any:
        return self._service.notify(body=words.text, title=words.headline, body_format="text")

    def _failed(self, result: Any) -> Answer:
        lines = list(_lines(result))
        said = self._scrub("; ".join(lines)) or "apprise does not say why"
        for line in lines:
            if found := _STATUS.search(line):
                outcome = outcome_of(int(found[1]))
                # a body may say no where the status says yes; what it says apprise keeps to itself
                return Answer(Outcome.REFUSED if outcome is Outcome.SENT else outcome, said)
        return Answer(Outcome.UNKNOWN, said)


def _keep_to_itself() -> None:
    said = logging.getLogger("apprise")
    said.setLevel(logging.WARNING)  # lower down apprise would not collect them for its result either
    said.propagate = False
    said.addHandler(logging.NullHandler())
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def _lines(result: Any) -> Iterator[str]:
    for service in result:
        for attempt in service.attempts:
            yield from (entry.message for entry in attempt.logs if entry.level in ("WARNING", "ERROR"))


def _read(message: Message) -> _Body:
    try:
        words = msgspec.json.decode(message.body, type=_Body)
    except msgspec.DecodeError:
        words = _Body()
    return _Body(words.headline or message.subject, words.text or message.body)
