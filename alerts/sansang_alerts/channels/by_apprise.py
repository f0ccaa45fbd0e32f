"""Through apprise, to services that speak their own protocol (``ntfys://``, ``matrixs://`` …), on a thread.

It says yes or no; why stands only in what it logs meanwhile, and ``Retry-After`` nowhere.
"""

import contextlib
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from sansang_alerts.notice import Answer, Message, Outcome

from . import threads
from .hiding import scrubber
from .judging import outcome_of

DEADLINE_S = 15.0
"""For all of it: its services wait up to 5.5 s between two messages, and 4 s for each thing they ask."""
_STATUS = re.compile(r"error=(\d{3})\b")
_NOT_SENT = re.compile("NewConnectionError|ConnectTimeoutError|NameResolutionError|SSLCertVerificationError")
"""What its library for HTTP calls a connection that never came about."""
_LOG = logging.getLogger("apprise")


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

        _keep_to_itself()
        self._deadline_s = deadline_s
        self._scrub = scrubber(url)
        self._service: Any = Apprise(
            # without a time of its own it stays on our thread, by which its lines are known
            asset=AppriseAsset(app_id="sansang-alerts", async_mode=False, http_redirects=False, service_timeout=0)
        )
        if not self._service.add(url):
            raise AddressError("this is no address that apprise knows")

    async def send(self, message: Message) -> Answer:
        """Hand it over; never raises but for cancellation."""
        words = _read(message)
        try:
            noticed = await threads.run(lambda: self._notify(words), self._deadline_s)
        except TimeoutError:
            return Answer(Outcome.UNKNOWN, f"no answer within {self._deadline_s:g} s")
        except Exception as error:  # noqa: BLE001  # a plugin of somebody else's may raise anything
            return Answer(Outcome.UNKNOWN, self._scrub(f"{type(error).__name__} in apprise"))
        return Answer(Outcome.SENT, "") if noticed.went_well else self._failed(noticed.lines)

    def _notify(self, words: _Body) -> "_Noticed":
        with _lines() as lines:
            result = self._service.notify(body=words.text, title=words.headline, body_format="text")
        return _Noticed(bool(result), lines)

    def _failed(self, lines: list[logging.LogRecord]) -> Answer:
        spoken = [line.getMessage() for line in lines if line.levelno >= logging.WARNING]
        return Answer(_outcome(lines), self._scrub("; ".join(spoken)) or "apprise does not say why")


class _Noticed(NamedTuple):
    """What became of it, and every line meanwhile."""

    went_well: bool
    lines: list[logging.LogRecord]


def _outcome(lines: list[logging.LogRecord]) -> Outcome:
    if any(line.levelno == logging.INFO for line in lines):
        return Outcome.UNKNOWN  # a part of it went well
    for text in (line.getMessage() for line in lines):
        if found := _STATUS.search(text):
            outcome = outcome_of(int(found[1]))
            # a body may say no where the status says yes; what it says apprise keeps to itself
            return Outcome.REFUSED if outcome is Outcome.SENT else outcome
        if _NOT_SENT.search(text):
            return Outcome.AGAIN
    return Outcome.UNKNOWN


def _keep_to_itself() -> None:
    """Its lines and those of what it uses hold whole addresses: nobody reads them but we."""
    _LOG.setLevel(logging.DEBUG)
    _LOG.propagate = False
    if not _LOG.handlers:
        _LOG.addHandler(logging.NullHandler())
    logging.getLogger("urllib3").setLevel(logging.WARNING)


class _Listening(logging.Handler):
    """Keeps what one thread logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record)


@contextlib.contextmanager
def _lines() -> Iterator[list[logging.LogRecord]]:
    listening = _Listening()
    _LOG.addHandler(listening)
    try:
        yield listening.lines
    finally:
        _LOG.removeHandler(listening)


def _read(message: Message) -> _Body:
    try:
        words = msgspec.json.decode(message.body, type=_Body)
    except msgspec.DecodeError:
        words = _Body()
    return _Body(words.headline or message.subject, words.text or message.body)
