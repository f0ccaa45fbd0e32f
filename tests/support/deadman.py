"""A desk that watches the watch: settings and a file for the dead man, as the collector writes it."""

from pathlib import Path

from sansang_agent.contract import whole_file
from sansang_alerts import deadman_file
from sansang_alerts.rota import Override
from sansang_alerts.settings import AlertSettings, AnyChannel, Person, Shift, Takes, Team
from tests.support.channels import settings as channel

WATCH = Team(
    id="watch",
    name="Trực hệ thống",
    takes=(Takes(),),
    fallback="chief",
    shifts=(Shift(people=("first", "second")),),
)


def person(id_: str) -> Person:
    return Person(id=id_, name=f"Trực {id_}", email=f"{id_}@watch.invalid", phone="0000000001")


def settings(*channels: AnyChannel) -> AlertSettings:
    return AlertSettings(people=tuple(map(person, ("first", "second", "chief"))), teams=(WATCH,), channels=channels)


def mail(port: int, **more: object) -> AnyChannel:
    return channel("email", server=f"127.0.0.1:{port}", sender="sansang@watch.invalid", security="none", **more)


def write(
    path: Path,
    found: AlertSettings,
    chats: dict[tuple[str, str], str] | None = None,
    overrides: tuple[Override, ...] = (),
) -> Path:
    whole_file.write(path, deadman_file.made(found, chats or {}, overrides))
    return path
