"""Reads alerts.yml: one frozen struct, or all its mistakes at once; and what is permitted and yet worth a warning.

Relative names of files are below the file's folder.
"""

from pathlib import Path

import msgspec

from sansang_agent.contract.settings import Mistake, SettingsError, loads
from sansang_agent.contract.settings import load as load_file

from . import settings_rules, settings_warnings
from .channel_rules import SECRET_FILES
from .settings import AlertSettings, AnyChannel

FILES = (*SECRET_FILES, "ca")


def load(path: Path) -> AlertSettings:
    """The settings in ``path``, with whole names of files; raises SettingsError with every mistake."""
    folder = path.resolve().parent
    settings = load_file(path, AlertSettings, settings_rules.rule(folder, settings_rules.known(_text(path))))
    channels = tuple(_anchored(channel, folder) for channel in settings.channels)
    named = {key: getattr(settings, key) for key in ("alertmanager_config", "dead_man_file")}
    placed = {key: str(folder / name) for key, name in named.items() if name}
    return msgspec.structs.replace(settings, channels=channels, **placed)


def warnings(path: Path) -> list[Mistake]:
    """What somebody should know of settings that :func:`load` takes."""
    try:
        loads(_text(path), str(path), AlertSettings, settings_warnings.judge)
    except SettingsError as found:
        return found.mistakes
    return []


def _text(path: Path) -> str:
    """For a second look beside the loader's, which says what is wrong where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _anchored(channel: AnyChannel, folder: Path) -> AnyChannel:
    names = {key: getattr(channel, key, "") for key in FILES}
    return msgspec.structs.replace(channel, **{key: str(folder / name) for key, name in names.items() if name})
