"""A real mail server on loopback (aiosmtpd): STARTTLS, TLS, passwords, and every way to say no or nothing."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PATIENCE_S = 30.0


class Mail(NamedTuple):
    """One that was taken."""

    sender: str
    to: tuple[str, ...]
    content: bytes
    tls: bool
    user: str

    @property
    def parsed(self) -> EmailMessage:
        found = message_from_bytes(self.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        return str(self.parsed.get_content())


class MailServer:
    """Used by ``with``. ``at_rcpt`` and ``at_data``: what is said instead of yes (``451 later``); ``at_data`` may also
    be ``hang`` or ``reset``, ``taken_but`` the same after the mail was kept, ``at_quit`` at the end."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, user: str = "", password: str = ""
    ) -> None:
        self.mails: list[Mail] = []
        self.at_rcpt = ""
        self.at_data = ""
        self.taken_but = ""
        self.at_quit = ""
        self.port = 0
        self._tls, self._implicit = tls, implicit
        self._login = (user, password) if user else None
        self._news = threading.Condition()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._transports: set[asyncio.BaseTransport] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that mails bring about."""
        with self._news:
            assert self._news.wait_for(holds, PATIENCE_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        context = self._tls if self._implicit else None
        server = self._loop.run_until_complete(self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for transport in self._transports:
            transport.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            hostname="mail.invalid",
            tls_context=None if self._implicit else self._tls,
            require_starttls=self._tls is not None and not self._implicit,
            auth_required=self._login is not None,
            auth_require_tls=self._tls is not None and not self._implicit,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = self._login == (data.login.decode(), data.password.decode())
        return AuthResult(success=right, handled=False, auth_data=data.login.decode())

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names its hooks so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_data:
            return await self._trouble(server, self.at_data)
        assert isinstance(envelope.content, bytes)
        user = str(session.auth_data or "") if self._login else ""
        tls = session.ssl is not None or self._implicit
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content, tls, user)
        with self._news:
            self.mails.append(mail)
            self._news.notify_all()
        return await self._trouble(server, self.taken_but) if self.taken_but else "250 taken"

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return await self._trouble(server, self.at_quit) if self.at_quit else "221 bye"

    async def _trouble(self, server: SMTP, kind: str) -> str:
        if kind == "reset":
            cast(asyncio.Transport, server.transport).abort()
            return "250 too late"
        if kind == "hang":
            await asyncio.Event().wait()
        return kind
