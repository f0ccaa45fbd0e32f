"""An e-mail as it goes over the line: plain text, the same Message-ID however often it is sent. Pure."""

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from sansang_alerts.notice import Message

LONGEST_SUBJECT = 200
_ADDRESS = re.compile(r"[!#-'*+./-9=?A-Z^-~-]+@[A-Za-z0-9.-]+")


def written(message: Message, sender: str, now: float) -> bytes:
    """Bytes with CRLF; raises ValueError where an address is none. ``now``: the Unix time of its date."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = _address(message.to)
    mail["Subject"] = _one_line(message.subject)[:LONGEST_SUBJECT]
    mail["Date"] = formatdate(now)
    mail["Message-ID"] = message_id(message.message_id, sender)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note comes back
    mail.set_content(message.body, cte="base64")
    return mail.as_bytes()


def bare(address: str) -> str:
    """The address alone, without the name in front of it; raises ValueError where there is none."""
    found = parseaddr(address)[1]
    if not _ADDRESS.fullmatch(found) or not address.rstrip().endswith((found, f"<{found}>")) or "\n" in address:
        raise ValueError(f"this is no e-mail address: {address[:80]!r}")
    return found


def message_id(ours: str, sender: str) -> str:
    """As a header has it: of the sender's domain, where it names none itself."""
    inner = "".join(one for one in ours if one.isascii() and (one.isalnum() or one in "@.-_+="))
    return f"<{inner}>" if "@" in inner else f"<{inner}@{bare(sender).rpartition('@')[2]}>"


def _address(written_so: str) -> Address:
    name, _ = parseaddr(written_so)
    return Address(name, addr_spec=bare(written_so))


def _one_line(text: str) -> str:
    """Without what would begin another header."""
    return " ".join("".join(" " if unicodedata.category(one)[0] == "C" else one for one in text).split())
