"""What the dead man needs to tell people without collector and database, as one file: who is on call and all channels.

It holds the secrets of the channels themselves, so it is as secret as all of them: mode 0600, and read no other way.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from sansang_agent.contract import secret_file
from sansang_agent.contract.mistake import Gettext, in_words, mark, wrong

from .channel_rules import SECRET_FILES
from .roster import Roster, roster_of
from .rota import Override
from .settings import AlertSettings, AnyChannel

MOST_BYTES = 16 * 1024 * 1024
_UNUSED = ("webhook_secret_file", "report_secret_file")
"""Secrets of whoever comes in: the dead man only goes out."""

C = TypeVar("C", bound=AnyChannel)


class DeadManFileError(Exception):
    """The file cannot be used; ``str()`` says why, and nothing of what it holds."""

    def said(self, _: Gettext) -> str:
        """The same by a catalogue."""
        return in_words(self.args[0], _)


class Chat(msgspec.Struct, frozen=True):
    """A paired chat."""

    channel: str
    person: str
    chat: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The file. Shifts stand in it as the settings have them, so that it does not grow old by itself."""

    v: Literal[1]
    settings: AlertSettings
    secrets: dict[str, str]
    """Contents of the files that channels name, by the name in the settings."""
    chats: tuple[Chat, ...] = ()
    overrides: tuple[Override, ...] = ()
    """Those that are not over when it is written."""
    simulated: bool = False
    """Whether the collector plays a province."""

    @property
    def roster(self) -> Roster:
        """Who may be told, at any moment."""
        chats = {(one.channel, one.person): one.chat for one in self.chats}
        return roster_of(self.settings, chats, self.overrides)


def made(
    settings: AlertSettings,
    chats: Mapping[tuple[str, str], str],
    overrides: Sequence[Override],
    *,
    simulated: bool = False,
) -> bytes:
    """The file's content, the same for the same facts; raises SecretError or OSError where a secret cannot be read."""
    channels = tuple(_outward(channel) for channel in settings.channels)
    kept = msgspec.structs.replace(settings, channels=channels, data_dir="", ledger="", dead_man_file="")
    kept = msgspec.structs.replace(kept, alertmanager_config="")
    plan = Plan(
        v=1,
        settings=kept,
        secrets={name: content for channel in channels for name, content in _secrets(channel)},
        chats=tuple(Chat(channel, person, chat) for (channel, person), chat in sorted(chats.items())),
        overrides=tuple(overrides),
        simulated=simulated,
    )
    return msgspec.json.encode(plan)


def read(path: Path) -> Plan:
    """What stands in ``path``; raises :class:`DeadManFileError`."""
    for mistake in secret_file.mistakes(path):
        raise DeadManFileError(mistake)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        said = wrong("{file} cannot be read: {reason}", file=path, reason=error.strerror or str(error))
        raise DeadManFileError(said) from None
    if len(content) > MOST_BYTES:
        form = mark("{file} is larger than {count} bytes: it is none of the collector's")
        raise DeadManFileError(wrong(form, file=path, count=MOST_BYTES))
    try:
        return msgspec.json.decode(content, type=Plan)
    except msgspec.MsgspecError as error:
        said = wrong("{file} is no file for the dead man: {reason}", file=path, reason=str(error))
        raise DeadManFileError(said) from None


def unpacked(plan: Plan, folder: Path) -> tuple[AnyChannel, ...]:
    """The channels with their secrets as files below ``folder``, which is the caller's alone and soon gone."""
    places = {name: folder / str(number) for number, name in enumerate(plan.secrets)}
    for name, place in places.items():
        place.touch(mode=0o600)
        place.write_text(plan.secrets[name], encoding="utf-8")
    return tuple(_placed(channel, places) for channel in plan.settings.channels)


def _outward(channel: C) -> C:
    return msgspec.structs.replace(channel, **{key: "" for key in _UNUSED if hasattr(channel, key)})


def _named(channel: AnyChannel) -> dict[str, str]:
    """The files that a channel names, by key."""
    return {key: name for key in (*SECRET_FILES, "ca") if (name := getattr(channel, key, ""))}


def _secrets(channel: AnyChannel) -> list[tuple[str, str]]:
    return [(name, _content(Path(name), key != "ca")) for key, name in _named(channel).items()]


def _content(path: Path, is_secret: bool) -> str:
    for mistake in secret_file.mistakes(path) if is_secret else ():
        raise secret_file.SecretError(mistake)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise secret_file.SecretError(wrong("{file} is not UTF-8 text", file=path)) from None


def _placed(channel: C, places: Mapping[str, Path]) -> C:
    return msgspec.structs.replace(channel, **{key: str(places[name]) for key, name in _named(channel).items()})
