"""What the settings mean together: TLS and its files, whose word on addresses counts, and who tells people.

The contract's loader asks with every struct it reads and gathers all mistakes; files are only looked at.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from sansang_agent.contract import secret_file
from sansang_agent.contract.mistake import SettingsError, wrong
from sansang_agent.contract.settings import Rule
from sansang_agent.contract.strict import INVALID

from .settings import CollectorSettings

TLS_FILES = ("tls_certificate", "tls_key", "tls_ca")
FILES = (*TLS_FILES, "alerts", "alertmanager_token_file", "alertmanager_ca")
"""Settings that name a file."""
_OF_ALERTMANAGER = ("alertmanagers", "alertmanager_token_file", "alertmanager_ca")

Found = Iterator[tuple[str, str]]


def rule(folder: Path) -> Rule:
    """For settings whose relative names of certificates are below ``folder``."""

    def judge(kind: type, parts: Mapping[str, Any]) -> Found:
        if kind is CollectorSettings:
            yield from _proxies(parts.get("proxies", ()))
            yield from _delivery(folder, parts)
            if parts.get("tls", "auto") == "files":
                yield from _given(folder, parts)
            else:
                yield from _not_counting(parts)

    return judge


def warning(settings: CollectorSettings) -> str:
    """What is permitted and dangerous; empty if nothing is."""
    if settings.tls_kind == "off" and not settings.is_local:
        return (
            f"listening on {settings.listen} with 'tls: off': whoever is on the way can read and change everything, "
            "tokens and passwords included, unless only a proxy that speaks TLS can reach this address"
        )
    return ""


def _proxies(proxies: tuple[Any, ...]) -> Found:
    for number, text in enumerate(proxies):
        if text is INVALID:
            continue
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            yield f"proxies[{number}]", wrong("'{text}' is not an address or a network such as 10.1.2.0/24", text=text)
        else:
            if network.prefixlen == 0:
                yield f"proxies[{number}]", wrong("'{text}' is everybody, who could then claim any address", text=text)


def _delivery(folder: Path, parts: Mapping[str, Any]) -> Found:
    """One road to people: who tells them, and all that it needs."""
    if parts.get("delivery") == "alertmanager":
        for key in ("alerts", "alertmanagers"):
            if not parts.get(key):
                yield "delivery", wrong("'delivery: alertmanager' needs '{key}'", key=key)
    else:
        for key in _OF_ALERTMANAGER:
            if parts.get(key):
                yield key, wrong("counts with 'delivery: alertmanager' only")
    if parts.get("alertmanager_token_file"):
        mistakes = secret_file.mistakes(folder / parts["alertmanager_token_file"])
        yield from (("alertmanager_token_file", said) for said in mistakes)
    if parts.get("alerts"):
        yield from _alerts(folder / parts["alerts"])


def _alerts(file: Path) -> Found:
    from sansang_alerts import loading  # noqa: PLC0415  # needs the extra, which most commands do not

    try:
        loading.load(file)
    except SettingsError as error:
        yield from (("alerts", mistake.whole) for mistake in error.mistakes)


def _not_counting(parts: Mapping[str, Any]) -> Found:
    for key in TLS_FILES:
        if parts.get(key):
            yield key, wrong("counts with 'tls: files' only")


def _given(folder: Path, parts: Mapping[str, Any]) -> Found:
    from .tls import files  # noqa: PLC0415  # needs the extra, which most commands and their settings do not
    from .tls.errors import TlsError  # noqa: PLC0415

    certificate, key = parts.get("tls_certificate"), parts.get("tls_key")
    for name, value in (("tls_certificate", certificate), ("tls_key", key)):
        if not value:
            yield name if value is not None else "tls", wrong("'tls: files' needs '{key}'", key=name)
    if certificate and key:
        yield from files.mistakes(folder / certificate, folder / key)
    if parts.get("tls_ca"):
        try:
            files.chain(folder / parts["tls_ca"])
        except TlsError as error:
            yield "tls_ca", error.args[0]
