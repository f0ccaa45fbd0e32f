"""``sansang-collector ca`` and ``check-config``: what proves this collector, and whether its settings are good.

Reads only; nothing it prints is secret.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from sansang_agent.contract.mistake import Mistake
from sansang_agent.contract.words import catalogue, mistakes_in

from .settings import CollectorSettings
from .settings_rules import warning
from .tls import certificates, files, own
from .tls.errors import TlsError
from .tls.live import date_mistake


def authority(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Show or print the authority's certificate; 1 where there is none."""
    _ = catalogue("sansang_collector", options.lang).gettext
    at = own.files_in(settings.folder)
    if not at.ca.exists():
        said = _("There is no authority in {folder}: the collector makes one when it first starts with 'tls: own'.")
        print(said.format(folder=at.folder), file=sys.stderr)
        return 1
    try:
        ca = own.authority(at)
        if options.action == "export":
            print(certificates.pem(ca).decode(), end="")
        else:
            _show(at, ca, _)
    except TlsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _show(at: own.OwnFiles, ca: x509.Certificate, _: Callable[[str], str]) -> None:
    print(_("Authority: {file}").format(file=at.ca))
    print(_("SHA-256: {digits}").format(digits=_grouped(certificates.sha256(ca))))
    print(_("Valid until: {day}").format(day=f"{ca.not_valid_after_utc:%Y-%m-%d}"))
    if at.certificate.exists():
        leaf = files.chain(at.certificate)[0]
        print(_("Server certificate: {file}").format(file=at.certificate))
        print(_("Valid until: {day}").format(day=f"{leaf.not_valid_after_utc:%Y-%m-%d}"))
        print(_("Names: {names}").format(names=", ".join(sorted(certificates.names_in(leaf)))))


def _grouped(digits: str) -> str:
    """As browsers and openssl write it."""
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)).upper()


def check_config(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Say what is wrong beyond what reading the file says: a certificate whose time is over."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if mistake := _out_of_date(settings, time.time()):
        print(f"{options.config}: tls_certificate: {mistake}", file=sys.stderr)
        return 1
    if warned := warning(settings):
        print(f"{options.config}: {warned}", file=sys.stderr)
    said_in = mistakes_in(options.lang, "sansang_collector", "sansang_alerts")
    for doubt in _of_people(settings):
        print(doubt.said(said_in), file=sys.stderr)
    print(_("{file} is good.").format(file=options.config))
    return 0


def _of_people(settings: CollectorSettings) -> list[Mistake]:
    """What the file that says who is told may say and is worth a word: gaps, teams that a cut of the WAN silences."""
    if not settings.tells:
        return []
    from sansang_alerts import loading  # noqa: PLC0415  # needs the extra, which most commands do not

    return loading.warnings(Path(settings.alerts))


def _out_of_date(settings: CollectorSettings, now: float) -> str:
    if settings.tls_kind != "files":
        return ""
    path = Path(settings.tls_certificate)
    try:
        mistake = date_mistake(files.chain(path)[0], now)
    except TlsError:
        return ""  # another user's file; all else has been judged
    return f"the certificate in {path} {mistake}" if mistake else ""
