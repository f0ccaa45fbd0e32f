"""The few facts of a certificate that people need (RFC 5280), read from its DER bytes.

The standard library shows a certificate's content only if it trusts it; here it is wanted when it does not.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_SEQUENCE = 0x30
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_VERSION = 0xA0
_COMMON_NAME = bytes.fromhex("550403")


class Facts(NamedTuple):
    """Validity in Unix seconds, and the common names of subject and issuer (empty where there is none)."""

    not_before: float
    not_after: float
    subject: str
    issuer: str


class _Node(NamedTuple):
    tag: int
    content: bytes


def facts(der: bytes) -> Facts:
    """Read one certificate; ValueError if it is not one."""
    try:
        certificate = next(_nodes(der))
        signed = next(_nodes(_inside(certificate)))
        fields = [node for node in _nodes(_inside(signed)) if node.tag != _VERSION]
        _, _, issuer, validity, subject, *_ = fields
        before, after = (_time(node) for node in _nodes(_inside(validity)))
    except StopIteration as error:
        raise ValueError("not a certificate") from error
    return Facts(before, after, _common_name(subject), _common_name(issuer))


def _nodes(data: bytes) -> Iterator[_Node]:
    """The DER values in ``data`` one after the other (X.690; definite lengths, tags of one byte)."""
    position = 0
    while position < len(data):
        start, length = _length(data, position + 1)
        if start + length > len(data):
            raise ValueError("a value goes past the end")
        yield _Node(data[position], data[start : start + length])
        position = start + length


def _length(data: bytes, position: int) -> tuple[int, int]:
    """Where the content starts and how long it is."""
    if position >= len(data):
        raise ValueError("cut short")
    first = data[position]
    if first < 0x80:
        return position + 1, first
    size = first & 0x7F
    return position + 1 + size, int.from_bytes(data[position + 1 : position + 1 + size], "big")


def _inside(node: _Node) -> bytes:
    if node.tag != _SEQUENCE:
        raise ValueError("not a certificate")
    return node.content


def _time(node: _Node) -> float:
    """Two-digit years are 1950 to 2049 (RFC 5280 §4.1.2.5.1)."""
    text = node.content.decode("ascii")
    if node.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif node.tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _common_name(name: _Node) -> str:
    for relative in _nodes(_inside(name)):
        for attribute in _nodes(relative.content):
            kind, value = _nodes(_inside(attribute))
            if kind.content == _COMMON_NAME:
                return value.content.decode("utf-8", errors="replace")
    return ""
