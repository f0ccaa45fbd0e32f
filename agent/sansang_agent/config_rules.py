"""What is wrong in a configuration beyond types: targets nobody can ask, a token others can read, plain HTTP.

Pure but for looking at the files a configuration names; see :data:`sansang_agent.contract.settings.Rule`.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from . import config_snmp
from .contract import check, secret_file
from .contract.allowance import wrong_host
from .contract.mistake import mark, wrong
from .contract.pattern import mistake
from .contract.signed_policy import FormError, public_key
from .contract.strict import INVALID
from .contract.words import LANGUAGES

TEMPLATES = ("{gateway}", "{dns}")
"""Stand-ins for this PC's own gateways and name servers; the default profile's expansion fills them in."""

QUESTIONS = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
"""Record types a dns check may ask for."""

_RESOLVER = mark("a name server's address, with or without :port")

Found = Iterator[tuple[str, str]]


def judge(folder: Path, type_: type, parts: Mapping[str, Any]) -> Found:
    """What is wrong with the well-formed ``parts`` of one struct; relative paths start at ``folder``."""
    if type_ is check.Profile:
        yield from _double_ids(parts.get("checks", ()))
    elif type_.__name__ == "AgentConfig":
        yield from _double_ids(parts.get("checks", ()))
        if parts.get("dead_man") and not parts.get("collector"):
            yield "dead_man", wrong("there is no collector that could be silent: 'collector' is missing")
        yield from _fields(type_, parts, folder)
    elif type_ in _TARGETS:
        yield from _target(type_, parts)
        yield from _BEYOND_TARGET.get(type_, _nothing)(parts, folder)
    else:
        yield from _fields(type_, parts, folder)


def _fields(type_: type, parts: Mapping[str, Any], folder: Path) -> Found:
    for key, rule in _FIELDS.get(type_.__name__, {}).items():
        if parts.get(key):
            yield from ((key, message) for message in rule(parts[key], folder))


def _double_ids(checks: tuple[Any, ...]) -> Found:
    seen: Counter[str] = Counter()
    for number, item in enumerate(checks):
        if item is INVALID:
            continue
        seen[item.id] += 1
        if seen[item.id] > 1:
            yield f"checks[{number}].id", wrong("there is already a check '{id}'", id=item.id)


def _target(type_: type, parts: Mapping[str, Any]) -> Found:
    target = parts.get("target")
    if target is not None:
        rule, wanted = _TARGETS[type_]
        if not rule(target):
            yield "target", wrong("'{value}' is not {wanted}", value=target, wanted=wrong(wanted))


def _nothing(_parts: Mapping[str, Any], _folder: Path) -> Found:
    yield from ()


def _question(parts: Mapping[str, Any], _folder: Path) -> Found:
    """A question no resolver could answer would only ever blame the resolver."""
    if "query" in parts and not _is_name(parts["query"]):
        yield "query", wrong("'{text}' is not a name as DNS has it", text=parts["query"])
    kind = parts.get("type", "A")
    if kind not in QUESTIONS:
        yield "type", wrong("must be one of {names}{guess}", names=QUESTIONS, guess="")
    for number, network in enumerate(parts.get("expect", ())):
        if network is not INVALID and not _is_network(network):
            yield f"expect[{number}]", wrong("'{text}' is not an address or a network", text=network)


def _distances(parts: Mapping[str, Any], _folder: Path) -> Found:
    first, last = parts.get("first_ttl", 2), parts.get("max_ttl", 5)
    if first > last:
        yield "max_ttl", wrong("must be at least first_ttl ({first})", first=first)


def _authorities(parts: Mapping[str, Any], folder: Path) -> Found:
    if parts.get("ca_file"):
        yield from (("ca_file", message) for message in _ca(parts["ca_file"], folder))


def _page(parts: Mapping[str, Any], folder: Path) -> Found:
    """How a page is known, and how it is come by."""
    yield from _authorities(parts, folder)
    if isinstance(parts.get("pattern"), str) and mistake(parts["pattern"]):
        yield "pattern", mistake(parts["pattern"])
    for path in parts.get("json", {}):
        if path is not INVALID and not all(path.split(".")):
            yield "json", wrong("'{text}' is not a dotted path such as data.status", text=path)
    proxy = parts.get("proxy")
    if proxy and not _is_proxy(proxy):
        yield "proxy", wrong("'{text}' is not http://host:port", text=proxy)


def _is_proxy(text: str) -> bool:
    scheme, mark, rest = text.partition("://")
    return (scheme, mark) == ("http", "://") and is_host_and_port(rest.removesuffix("/"))


def _is_name(text: str) -> bool:
    return text == "." or (is_host(text) and text not in TEMPLATES and ":" not in text)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_host(text: str) -> bool:
    """An address, a template, or a name as DNS has it (RFC 1035, RFC 5890 in its ASCII form)."""
    if text in TEMPLATES or is_address(text):
        return True
    labels = text.removesuffix(".").split(".")
    plain = all(part and len(part) <= 63 and part.replace("-", "").replace("_", "").isalnum() for part in labels)
    return plain and text.isascii() and len(text) <= 253 and not labels[-1].isdigit()


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_host_and_port(text: str) -> bool:
    """``host:port``, an IPv6 address in brackets."""
    host, colon, port = text.rpartition(":")
    return bool(colon) and _is_port(port) and (_is_bracketed(host) or (":" not in host and is_host(host)))


def is_resolver(text: str) -> bool:
    """``address`` or ``address:port`` or ``[address]:port``, or the template for this PC's name servers."""
    if text in TEMPLATES or is_address(text) or _is_bracketed(text):
        return True
    host, colon, port = text.rpartition(":")
    literal = host in TEMPLATES or _is_bracketed(host) or (":" not in host and is_address(host))
    return bool(colon) and _is_port(port) and literal


def is_device(text: str) -> bool:
    """A host with or without a port: ``host``, ``host:port``, ``[address]:port``, a template with or without one."""
    if text in TEMPLATES or is_host(text) or _is_bracketed(text) or is_host_and_port(text):
        return True
    return any(text.startswith(f"{template}:") and _is_port(text[len(template) + 1 :]) for template in TEMPLATES)


def is_url(text: str) -> bool:
    """An ``http`` or ``https`` URL with a host and no user information."""
    url = _split(text)
    return url is not None and url.scheme in ("http", "https") and bool(url.hostname) and "@" not in url.netloc


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535


def _is_bracketed(text: str) -> bool:
    return text.startswith("[") and text.endswith("]") and ":" in text and is_address(text[1:-1])


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        return url if url.port != 0 else None
    except ValueError:
        return None


_TARGETS: dict[type, tuple[Callable[[str], bool], str]] = {
    check.IcmpCheck: (is_host, mark("an address or a host name")),
    check.PathCheck: (is_host, mark("an address or a host name")),
    check.TcpCheck: (is_host_and_port, mark("host:port")),
    check.TlsCheck: (is_host_and_port, mark("host:port")),
    check.DnsCheck: (is_resolver, _RESOLVER),
    check.HttpCheck: (is_url, mark("a URL that starts with http:// or https://")),
    check.TimestampCheck: (is_url, mark("a URL that starts with http:// or https://")),
    check.HostCheck: (lambda target: target == "local", mark("'local'")),
    check.SnmpCheck: (is_device, mark("an address or a host name, with or without :port")),
}


_BEYOND_TARGET: dict[type, Callable[[Mapping[str, Any], Path], Found]] = {
    check.DnsCheck: _question,
    check.PathCheck: _distances,
    check.TlsCheck: _authorities,
    check.HttpCheck: _page,
    check.TimestampCheck: _authorities,
    check.SnmpCheck: config_snmp.mistakes,
}


def _collector_url(url: str, _folder: Path) -> Iterator[str]:
    yield from collector_url_mistakes(url)


def collector_url_mistakes(url: str) -> Iterator[str]:
    """What is wrong with the address of a collector."""
    parts = _split(url)
    if not is_url(url) or parts is None:
        yield wrong("'{text}' is not a URL that starts with https://", text=url)
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield wrong("plain http is for a collector on this machine only; use https://")


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


def _token_file(name: str, folder: Path) -> Iterator[str]:
    yield from secret_file.mistakes(folder / name)


def _ca(name: str, folder: Path) -> Iterator[str]:
    if not (folder / name).is_file():
        yield wrong("there is no file {file}", file=folder / name)


def _dead_man_file(name: str, folder: Path) -> Iterator[str]:
    """It may come later: the collector writes it."""
    path = folder / name
    if path.exists():
        yield from secret_file.mistakes(path)


def _program(name: str, _folder: Path) -> Iterator[str]:
    if not Path(name).is_absolute():
        yield wrong("'{text}' is not the whole path of a program", text=name)
    elif not os.access(name, os.X_OK):
        yield wrong("there is no program {file} that may be run", file=name)


def _code(code: str, _folder: Path) -> Iterator[str]:
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        yield wrong("'{text}' is not a commune's code of five digits", text=code)


def _language(language: str, _folder: Path) -> Iterator[str]:
    if language not in LANGUAGES:
        yield wrong("'{name}' is not one of {names}{guess}", name=language, names=LANGUAGES, guess="")


def _resolvers(resolvers: tuple[Any, ...], _folder: Path) -> Iterator[str]:
    for resolver in resolvers:
        if resolver is not INVALID and (not is_resolver(resolver) or resolver.startswith("{")):
            yield wrong("'{value}' is not {wanted}", value=resolver, wanted=wrong(_RESOLVER))


def _networks(networks: tuple[Any, ...], _folder: Path) -> Iterator[str]:
    for network in networks:
        if network is not INVALID and not _is_network(network):
            yield wrong("'{text}' is not an address or a network such as 10.20.0.0/16", text=network)


def _hosts(hosts: tuple[Any, ...], _folder: Path) -> Iterator[str]:
    yield from filter(None, (wrong_host(host) for host in hosts if host is not INVALID))


def _keys(keys: tuple[Any, ...], _folder: Path) -> Iterator[str]:
    for key in keys:
        try:
            public_key("" if key is INVALID else key)
        except FormError as error:
            if key is not INVALID:
                form = mark("'{text}' is not a public key as 'sansang policy keygen' prints it ({reason})")
                yield wrong(form, text=key, reason=str(error))


def _contact(contact: str, _folder: Path) -> Iterator[str]:
    if not (contact.isascii() and contact.isprintable()) or set(contact) & set("()\\"):
        yield wrong("must be plain ASCII without brackets: it is sent to every server that is probed")


_FIELDS: dict[str, dict[str, Callable[[Any, Path], Iterator[str]]]] = {
    "CollectorConfig": {"url": _collector_url, "token_file": _token_file, "ca": _ca},
    "Commune": {"code": _code},
    "DeadManConfig": {"channels": _dead_man_file, "program": _program},
    "PolicyConfig": {"networks": _networks, "hosts": _hosts, "keys": _keys},
    "AgentConfig": {"language": _language, "resolvers": _resolvers, "contact": _contact},
}
