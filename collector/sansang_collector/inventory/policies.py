"""Signed policies that lie beside an inventory: carried to the machines unread, which alone judge the signatures.

What is read here serves one purpose: to warn of what machines will refuse.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sansang_agent.contract.addresses import is_public, plain
from sansang_agent.contract.allowance import Allowance, allows_address, allows_host, packaged
from sansang_agent.contract.mistake import Mistake, SettingsError
from sansang_agent.contract.signed_policy import MOST_BYTES, MOST_FILES, SUFFIX, FormError, read, unseal

from .model import PAGES, Inventory, PolicyFile, Service, ServiceCheck

FOLDER = "policies"


class Refused(NamedTuple):
    """Something of the inventory that machines refuse to ask by what they come with and what policies here say."""

    what: str
    """Its group and id."""
    host: str
    port: int | None


def read_policies(folder: Path, mistakes: list[Mistake]) -> tuple[PolicyFile, ...]:
    """The files of the inventory in ``folder``; only their form is judged."""
    place = folder / FOLDER
    paths = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else []
    if len(paths) > MOST_FILES:
        mistakes.append(Mistake(str(place), 0, "", f"has {len(paths)} policies, more than {MOST_FILES}"))
    found = []
    for path in paths[:MOST_FILES]:
        try:
            text = _text(path)
            read(unseal(text).text, str(path))
            found.append(PolicyFile(file=path.name, text=text))
        except FormError as error:
            mistakes.append(Mistake(str(path), 0, "", f"is no signed policy: {error}"))
        except SettingsError as error:
            mistakes += error.mistakes
        except OSError as error:
            mistakes.append(Mistake(str(path), 0, "", f"cannot be read: {error.strerror or error}"))
    return tuple(found)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1).decode("utf-8", "replace")


def refused(inventory: Inventory) -> list[Refused]:
    """What machines refuse, unless they trust other policies or their own files name it."""
    signed = [read(unseal(one.text).text, one.file).allowance for one in inventory.policies]
    allowed = (*packaged(), *signed)
    found = [one for service in inventory.services if service.asked for one in _of_service(service, allowed)]
    topology = inventory.topology
    for what, address in (("topology core", topology.core.address), ("topology internet", topology.internet.address)):
        if address and not _is_allowed(address, None, "icmp", allowed):
            found.append(Refused(what, address, None))
    return found


def _of_service(service: Service, allowed: Sequence[Allowance]) -> Iterator[Refused]:
    for check in service.checks:
        port = _port(check)
        if not _is_allowed(service.host, port, check.kind, allowed) or _is_page_within(service.host, check):
            yield Refused(f"services {service.id}", service.host, port)


def _is_page_within(host: str, check: ServiceCheck) -> bool:
    """Whether a page other than / is asked of a private address."""
    try:
        return check.kind in PAGES and check.path != "/" and not is_public(plain(host))
    except ValueError:
        return False


def _port(check: ServiceCheck) -> int:
    return check.port or (80 if check.plain else 443)


def _is_allowed(host: str, port: int | None, kind: str, allowed: Sequence[Allowance]) -> bool:
    """Whether machines ask it; a few private addresses they do."""
    try:
        address = plain(host)
    except ValueError:
        return allows_host(allowed, host, port, kind)
    return not is_public(address) or allows_address(allowed, address, port, kind)
