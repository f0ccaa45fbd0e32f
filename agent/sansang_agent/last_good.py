"""The configuration that could be used last, kept beside the spool: the agent runs with it while its file is broken.

It belongs to one file: another file's mistakes never bring it back.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from .config import ENV_DATA, AgentConfig, data_dir, find, load_config
from .config_places import data_dirs
from .contract.settings import SettingsError

FILE = "last-good-config.json"

_DATA_DIR = re.compile(r"""^data_dir:[ \t]*["']?([^"'#\r\n]+)""", re.MULTILINE)

_log = logging.getLogger(__name__)


class Chosen(NamedTuple):
    """The configuration to use, the file it is from (None: the defaults), and why that file itself cannot be used."""

    config: AgentConfig
    file: Path | None
    mistakes: tuple[str, ...] = ()


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    config: AgentConfig


def choose(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Chosen:
    """The configuration as :func:`config.load_config` reads it, else the last good one of the same file.

    Raises :class:`SettingsError` where there is neither.
    """
    file = path or find(environ)
    try:
        return Chosen(load_config(path, environ), file)
    except SettingsError as exc:
        kept = _kept(file, environ) if file else None
        if kept is None:
            raise
        return Chosen(kept, file, tuple(mistake.whole for mistake in exc.mistakes))


def keep(chosen: Chosen) -> None:
    """Remember a configuration that could be used; a disk that refuses costs this only, and is logged."""
    if chosen.file is None or chosen.mistakes:
        return
    folder = data_dir(chosen.config)
    draft = folder / f"{FILE}.{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(msgspec.json.encode(_Kept(file=_name(chosen.file), config=chosen.config)))
        draft.replace(folder / FILE)
    except OSError as exc:
        _log.warning("the configuration in use cannot be kept for bad days: %s", exc)


def _kept(file: Path, environ: Mapping[str, str]) -> AgentConfig | None:
    for folder in _folders(file, environ):
        try:
            kept = msgspec.json.decode((folder / FILE).read_bytes(), type=_Kept)
        except FileNotFoundError:
            continue
        except (OSError, msgspec.MsgspecError) as exc:
            _log.warning("the last good configuration in %s cannot be used: %s", folder, exc)
            continue
        if kept.file == _name(file):
            return kept.config
    return None


def _folders(file: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Where it may lie: the broken file may still say so, on a line of its own; else wherever data lies."""
    try:
        named = _DATA_DIR.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        named = None
    if named:
        yield Path(named[1].strip())
    if environ.get(ENV_DATA):
        yield Path(environ[ENV_DATA])
    yield from data_dirs(environ)


def _name(file: Path) -> str:
    return str(file.resolve())
