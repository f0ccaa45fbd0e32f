"""Fills an SMS gateway's request from its templates: each value escaped as the place it stands in needs. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from sansang_alerts.settings import SmsChannel

from .outgoing import Request

PLACES = ("to", "text", "sender", "reference", "secret")
"""What a template may hold, in braces."""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_FORM = "application/x-www-form-urlencoded"

Escape = Callable[[str], str]


def reference_of(message_id: str) -> str:
    """What we call a message to the gateway: the same for every attempt, short, and nobody can guess it."""
    return sha256(message_id.encode()).hexdigest()[:20]


def request(channel: SmsChannel, values: Mapping[str, str]) -> Request:
    """What the gateway is asked; ``values`` by :data:`PLACES`."""
    kind = _content_type(channel)
    headers = {name: _filled(value, values, _one_line) for name, value in channel.headers.items()}
    if channel.body and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    body = _filled(channel.body, values, _escape_of(kind)).encode()
    return Request(channel.method, _filled(channel.url, values, _in_url), headers, body)


def _filled(template: str, values: Mapping[str, str], escaped: Escape) -> str:
    return _PLACE.sub(lambda place: escaped(values[place[1]]) if place[1] in values else place[0], template)


def _content_type(channel: SmsChannel) -> str:
    named = [value for name, value in channel.headers.items() if name.lower() == "content-type"]
    if named:
        return named[0]
    kinds = {"{": "application/json", "[": "application/json", "<": "text/xml; charset=utf-8"}
    return kinds.get(channel.body.lstrip()[:1], _FORM)


def _escape_of(content_type: str) -> Escape:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return _in_json
    return _in_xml if kind.endswith("xml") else quote_plus if kind == _FORM else _as_it_is


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_xml(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;"})


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _as_it_is(value: str) -> str:
    return value
