"""Makes the channels that the settings name, with the secrets from their files.

Read once: a new secret is used after a restart, or when the channels are made again.
"""

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sansang_agent.contract import secret_file
from sansang_agent.contract.mistake import Gettext, Wrong, in_words, wrong
from sansang_alerts.settings import AnyChannel, EmailChannel, SmsChannel, WebhookChannel, ZaloChannel

from . import Channel
from .by_apprise import AddressError, ByApprise
from .email import Email
from .outgoing import DEADLINE_S, Outgoing, context
from .sms import SmsGateway
from .smtp import Server
from .webhook import Post, Way, Webhook
from .zalo import ZaloBot
from .zalo_api import ZaloApi

T = TypeVar("T")
CLEAR_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
"""Plain HTTP with a secret in it stays on the machine."""


class BuildError(Exception):
    """Channels that cannot be made; ``str()`` is one line for each, without secrets."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)

    def said(self, _: Gettext) -> str:
        """The same by a catalogue."""
        return "\n".join(in_words(mistake, _) for mistake in self.mistakes)


class Channels(dict[str, Channel]):
    """By id; to be closed by whoever had them built."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        super().__init__()
        self.deadline_s = deadline_s
        self.outgoing: list[Outgoing] = []

    def way_out(self, ca: str) -> Outgoing:
        """A way out that is closed with them; raises ValueError where ``ca`` cannot be used."""
        outgoing = _trusting(ca, lambda: Outgoing(ca, self.deadline_s))
        self.outgoing.append(outgoing)
        return outgoing

    async def close(self) -> None:
        """Let go of what they hold."""
        for outgoing in self.outgoing:
            await outgoing.close()


def build(settings: Sequence[AnyChannel], deadline_s: float = DEADLINE_S) -> Channels:
    """All of them, to be used in the running loop; raises :class:`BuildError` with everything that is wrong.

    ``deadline_s`` is of one request over HTTP; e-mail has three times as long.
    """
    made = Channels(deadline_s)
    mistakes = []
    for channel in settings:
        try:
            made[channel.id] = one(channel, made)
        except (secret_file.SecretError, AddressError, OSError, ValueError) as error:
            mistakes.append(wrong("channel {id}: {said}", id=channel.id, said=why(error)))
    if mistakes:
        raise BuildError(mistakes)
    return made


def why(error: Exception) -> str:
    """What is wrong, in words that can be said in another language where it has any."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Wrong) else str(error)


def one(settings: AnyChannel, held: Channels) -> Channel:
    """One channel; what it holds is closed with ``held``. Raises SecretError, AddressError, OSError, ValueError."""
    match settings:
        case EmailChannel():
            return _email(settings, 3 * held.deadline_s)
        case ZaloChannel():
            return ZaloBot(settings.id, zalo_api(settings, held), settings.via)
        case SmsChannel():
            return SmsGateway(settings, held.way_out(settings.ca), _secret(settings.secret_file))
        case WebhookChannel():
            return Webhook(settings.id, _way(settings, held), settings.via)


def zalo_api(settings: ZaloChannel, held: Channels) -> ZaloApi:
    """The bot's methods; raises SecretError, OSError, ValueError."""
    where = urlsplit(settings.api)
    if where.scheme != "https" and where.hostname not in CLEAR_HOSTS:
        raise ValueError(wrong("the bot's token would go by plain HTTP; 'api' has to begin with https://"))
    token = secret_file.read(Path(settings.token_file), shortest=8)
    return ZaloApi(held.way_out(settings.ca), token, settings.api)


def _email(settings: EmailChannel, deadline_s: float) -> Email:
    host, _, port = settings.server.rpartition(":")
    password = _secret(settings.password_file)
    server = Server(host.strip("[]"), int(port), settings.security, settings.user, password)
    trusted = _trusting(settings.ca, lambda: context(settings.ca))
    return Email(settings.id, server, settings.sender, trusted, settings.via, deadline_s=deadline_s)


def _way(settings: WebhookChannel, held: Channels) -> Way:
    path = Path(settings.url_file)
    url = secret_file.read(path)
    if not url.startswith(("http://", "https://")):
        return ByApprise(url, held.deadline_s * 1.5)
    headers = dict(_header(line) for line in secret_file.lines(path)[1:] if line.strip())
    return Post(held.way_out(settings.ca), url, headers)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip().replace("-", "").isalnum():
        raise ValueError(wrong("a line below the address is no header such as 'Authorization: Bearer …'"))
    return name.strip(), value.strip()


def _secret(file: str) -> str:
    return secret_file.read(Path(file)) if file else ""


def _trusting(ca: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except (OSError, ssl.SSLError) as error:
        said = wrong("{file} cannot be read as certificates of authorities: {reason}", file=ca, reason=str(error))
        raise ValueError(said) from None
