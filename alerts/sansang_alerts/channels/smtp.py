"""One e-mail to one address by smtplib, and how far it came: whether its text had begun to leave.

Blocking; runs on a thread. :meth:`Delivery.give_up` breaks it off from outside.
"""

import contextlib
import smtplib
import socket
import ssl
from base64 import b64encode
from typing import NamedTuple

from sansang_alerts.notice import Answer, Outcome

from .hiding import Scrub

TIMEOUT_S = 10.0
"""For each thing the server is asked."""


class Server(NamedTuple):
    """Who takes mail, and how it is spoken to."""

    host: str
    port: int
    security: str
    """``starttls``, ``tls`` or ``none``."""
    user: str = ""
    password: str = ""


class Delivery:
    """One attempt."""

    def __init__(self, server: Server, context: ssl.SSLContext, scrub: Scrub) -> None:
        self._server = server
        self._context = context
        self._scrub = scrub
        self._socket: socket.socket | None = None
        self.left = False
        """Whether the text has begun to leave: from then on nobody can say whether it arrived, until it is answered."""

    def give_up(self) -> None:
        """Break the connection, so that the thread ends."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def run(self, sender: str, to: str, content: bytes) -> Answer:
        """Hand ``content`` over; never raises."""
        try:
            smtp = self._connected()
            try:
                return self._handed_over(smtp, sender, to, content)
            finally:
                _left(smtp)
        except smtplib.SMTPDataError as error:  # an answer to what it was asked, also after the text
            return self._refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            theirs = isinstance(error.smtp_error, bytes)  # else it is smtplib's own word on what is no SMTP
            return self._refused(error.smtp_code, error.smtp_error) if theirs and not self.left else self._broken(error)
        except smtplib.SMTPNotSupportedError as error:
            return Answer(Outcome.REFUSED, self._scrub(f"the server cannot do it: {error}"))
        except ssl.SSLCertVerificationError as error:
            return Answer(Outcome.AGAIN, f"the certificate is not trusted: {error.verify_message}")
        except (OSError, smtplib.SMTPException) as error:
            return self._broken(error)

    def _connected(self) -> smtplib.SMTP:
        where = self._server
        mine = socket.gethostname() or "localhost"  # never looked up: a dead resolver must not hold a message
        if where.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                where.host, where.port, local_hostname=mine, timeout=TIMEOUT_S, context=self._context
            )
        else:
            smtp = smtplib.SMTP(where.host, where.port, local_hostname=mine, timeout=TIMEOUT_S)
        self._socket = smtp.sock
        return smtp

    def _handed_over(self, smtp: smtplib.SMTP, sender: str, to: str, content: bytes) -> Answer:
        smtp.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            smtp.starttls(context=self._context)  # raises where it is not offered: never without
            self._socket = smtp.sock
            smtp.ehlo()
        if self._server.user:
            self._log_in(smtp)
        _wanted(smtp.mail(sender))
        _wanted(smtp.rcpt(to))
        self.left = True
        code, said = smtp.data(content)
        if code < 0:
            return Answer(Outcome.UNKNOWN, self._scrub(b"no SMTP was answered to the text: " + said))
        _wanted((code, said))
        return Answer(Outcome.SENT, self._scrub(said))

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        user, password = self._server.user, self._server.password
        if user.isascii() and password.isascii():
            smtp.login(user, password)
            return
        # smtplib knows ASCII only; RFC 4616 has UTF-8
        secret = b64encode(f"\0{user}\0{password}".encode()).decode()
        code, said = smtp.docmd("AUTH", f"PLAIN {secret}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, said)

    def _refused(self, code: int, said: bytes | str) -> Answer:
        outcome = Outcome.REFUSED if code >= 500 else Outcome.AGAIN
        return Answer(outcome, f"{code}: {self._scrub(said)}")

    def _broken(self, error: OSError | smtplib.SMTPException) -> Answer:
        words = "no answer in time" if isinstance(error, TimeoutError) else self._scrub(str(error) or "it broke")
        if self.left:
            return Answer(Outcome.UNKNOWN, f"{words}, after it was sent")
        return Answer(Outcome.AGAIN, f"no connection: {words}")


def _left(smtp: smtplib.SMTP) -> None:
    """Without waiting for the farewell: what it said of the message counts, and nothing that goes wrong later."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        smtp.putcmd("quit")
    smtp.close()


def _wanted(answer: tuple[int, bytes]) -> None:
    code, said = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPDataError(code, said)
