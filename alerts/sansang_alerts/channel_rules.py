"""What makes a channel's settings wrong: files that are missing or readable by others, unknown placeholders, a
password that would travel in the clear.

Files are looked at, never read, but for a webhook's address: it may lead back to ourselves.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sansang_agent.contract import secret_file
from sansang_agent.contract.mistake import mark, wrong
from sansang_agent.contract.rung import Component
from sansang_agent.contract.scalars import guess
from sansang_agent.contract.strict import INVALID

from .channels.email_message import bare
from .people_rules import Found, is_loopback, is_web_address
from .settings import AnyChannel, EmailChannel, SmsChannel, WebhookChannel, ZaloChannel

PLACEHOLDERS = ("to", "text", "sender", "reference", "secret")
"""What ``url`` and ``body`` of an SMS gateway may hold in braces."""
SECRET_FILES = ("password_file", "token_file", "url_file", "secret_file", "webhook_secret_file", "report_secret_file")
PATTERNS = ("accepted", "busy", "report_delivered")
LOOPS = ("/api/v2/alerts", "/api/v1/alertmanager")
"""Where alerts come from: what is sent there comes back."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def mistakes(kind: type, parts: Mapping[str, Any], folder: Path) -> Found:
    """What is wrong with the channel of this kind; relative file names are below ``folder``."""
    own: dict[type, Callable[[Mapping[str, Any], Path], Found]] = {
        EmailChannel: _email,
        ZaloChannel: _zalo,
        WebhookChannel: _webhook,
        SmsChannel: _sms,
    }
    if kind not in own:
        return
    yield from own[kind](parts, folder)
    yield from _via(parts.get("via", ()))
    for key in SECRET_FILES:
        if parts.get(key):
            yield from ((key, message) for message in secret_file.mistakes(folder / parts[key]))
    if parts.get("ca") and not (folder / parts["ca"]).is_file():
        yield "ca", wrong("there is no file {file}", file=folder / parts["ca"])


def _via(via: tuple[Any, ...]) -> Found:
    names = [one.value for one in Component]
    for number, part in enumerate(via):
        if part is not INVALID and part.partition(":")[0] not in names:
            form = mark("'{part}' is not a kind of component such as wan or core, or one by its id{guess}")
            yield f"via[{number}]", wrong(form, part=part, guess=guess(part, names))


def _email(parts: Mapping[str, Any], _folder: Path) -> Found:
    host, colon, port = parts.get("server", "-:1").rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        yield "server", wrong("'{text}' is not host:port", text=parts["server"])
    if "sender" in parts:
        try:
            bare(parts["sender"])
        except ValueError:
            yield "sender", wrong("'{text}' is not an e-mail address", text=parts["sender"])
    if bool(parts.get("user")) != bool(parts.get("password_file")):
        yield "user", wrong("'user' and 'password_file' go together")
    if parts.get("user") and parts.get("security") == "none" and not is_loopback(f"smtp://{parts.get('server', '')}"):
        yield "security", wrong("'none' would show the password to whoever is on the way; use starttls or tls")


def _zalo(parts: Mapping[str, Any], _folder: Path) -> Found:
    api = parts.get("api", "https://-")
    if not is_web_address(api) or (api.startswith("http://") and not is_loopback(api)):
        yield "api", wrong("'{text}' is not a URL that starts with https://", text=api)


def hook(channel: AnyChannel, folder: Path) -> str:
    """The address that a webhook calls; empty of other channels, and where it cannot be read."""
    return _address(folder / channel.url_file) if isinstance(channel, WebhookChannel) else ""


def _address(file: Path) -> str:
    try:
        return secret_file.read(file)
    except secret_file.SecretError:
        return ""


def _webhook(parts: Mapping[str, Any], folder: Path) -> Found:
    """An address that cannot be read here is judged where it is used."""
    address = _address(folder / parts.get("url_file", ""))
    if any(loop in address for loop in LOOPS):
        yield "url_file", wrong("leads to an Alertmanager or to ourselves: every message would come back as a fault")


def _sms(parts: Mapping[str, Any], _folder: Path) -> Found:
    url, body = parts.get("url", "https://-"), parts.get("body", "")
    if not is_web_address(_PLACEHOLDER.sub("-", url.partition("?")[0])):
        yield "url", wrong("'{text}' is not a URL that starts with http:// or https://", text=url)
    yield from _placeholders(parts)
    for needed in ("to", "text"):
        if "url" in parts and f"{{{needed}}}" not in url + body:
            yield "body", wrong("neither 'url' nor 'body' holds {placeholder}", placeholder=f"{{{needed}}}")
    if parts.get("method") == "GET" and body:
        yield "body", wrong("a GET has none; put it into 'url' or use POST")
    if parts.get("sender") and not re.fullmatch(r"[A-Za-z0-9 _.-]{1,11}|\+?\d{3,11}", parts["sender"]):
        yield "sender", wrong("must be up to 11 plain letters, digits, blanks, '_', '.' and '-'")
    for key in PATTERNS:
        if parts.get(key):
            yield from _pattern(key, parts[key])
    if (
        parts.get("report_secret_file")
        and "{reference}" not in url + body
        and "?P<reference>" not in parts.get("accepted", "")
    ):
        form = mark(
            "no report could be told from another: neither 'url' nor 'body' holds {placeholder}, and 'accepted' has no"
            " group (?P<reference>…)"
        )
        yield "report_secret_file", wrong(form, placeholder="{reference}")
    if body.lstrip().startswith("{") and not _is_json(_PLACEHOLDER.sub("0", body)):
        yield "body", wrong("is no JSON once it is filled in")


def _placeholders(parts: Mapping[str, Any]) -> Found:
    headers = [text for text in parts.get("headers", {}).values() if text is not INVALID]
    places = {"url": [parts.get("url", "")], "body": [parts.get("body", "")], "headers": headers}
    used = set()
    for key, texts in places.items():
        for name in _PLACEHOLDER.findall(" ".join(texts)):
            used.add(name)
            known = ("secret",) if key == "headers" else PLACEHOLDERS
            if name not in known:
                wanted = tuple(f"{{{one}}}" for one in known)
                form, close = mark("'{name}' is not one of {names}{guess}"), guess(name, known)
                yield key, wrong(form, name=f"{{{name}}}", names=wanted, guess=close)
    if "secret" in used and not parts.get("secret_file"):
        form = mark("'{placeholder}' is used: name its file as 'secret_file'")
        yield "secret_file" if "secret_file" in parts else "url", wrong(form, placeholder="{secret}")
    if "secret" not in used and parts.get("secret_file"):
        form = mark("is not used: neither 'url' nor 'body' nor 'headers' holds {placeholder}")
        yield "secret_file", wrong(form, placeholder="{secret}")


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _pattern(key: str, pattern: str) -> Found:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield key, wrong("'{pattern}' is not a regular expression: {reason}", pattern=pattern, reason=str(error))
