"""Refuses that one fault reaches somebody twice: by us and by an Alertmanager that tells them itself.

Reads Alertmanager's own configuration as far as it names addresses; all else in it is amtool's to judge.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sansang_agent.contract.mistake import mark, wrong

from .settings import Person

KEY = "alertmanager_config"


def told_by_alertmanager(
    file: Path, people: Mapping[int, Person], hooks: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """Everybody whom Alertmanager tells too; ``people`` and addresses of webhooks (``hooks``) by their place in our
    file."""
    try:
        config = yaml.safe_load(file.read_bytes())
    except OSError as error:
        yield KEY, wrong("{file} cannot be read: {reason}", file=file, reason=error.strerror or str(error))
        return
    except (yaml.YAMLError, ValueError, RecursionError):
        yield KEY, wrong("{file} is not YAML; 'amtool check-config' says more", file=file)
        return
    yield from _people(dict(_addresses(config)), people)
    called = dict(_hooks(config))
    for number, address in hooks.items():
        if address in called:
            form = mark(
                "Alertmanager's receiver '{receiver}' calls the same address: each fault would come twice; leave one of"
                " the two out"
            )
            yield f"channels[{number}].url_file", wrong(form, receiver=called[address])


def _people(tells: Mapping[str, str], people: Mapping[int, Person]) -> Iterator[tuple[str, str]]:
    for number, person in people.items():
        receiver = tells.get(person.email.casefold()) if person.email else None
        if receiver is not None:
            form = mark(
                "Alertmanager's receiver '{receiver}' writes to {address} too: each fault would come twice; leave one"
                " of the two out"
            )
            yield f"people[{number}].email", wrong(form, receiver=receiver, address=person.email)


def _addresses(config: object) -> Iterator[tuple[str, str]]:
    """Addresses of e-mail with the receiver that writes to them."""
    for receiver in _rows(config, "receivers"):
        for mail in _rows(receiver, "email_configs"):
            for address in str(mail.get("to", "")).split(","):
                # "Name <address>" is allowed there
                plain = address.rpartition("<")[2].partition(">")[0].strip().casefold()
                yield plain, str(receiver.get("name", ""))


def _hooks(config: object) -> Iterator[tuple[str, str]]:
    """Addresses of webhooks with the receiver that calls them; those in files of Alertmanager's own stay unread."""
    for receiver in _rows(config, "receivers"):
        for hook in _rows(receiver, "webhook_configs"):
            yield str(hook.get("url", "")), str(receiver.get("name", ""))


def _rows(of: object, key: str) -> list[dict[str, Any]]:
    rows = of.get(key) if isinstance(of, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
