"""The agent's configuration: YAML becomes one frozen struct, or all its mistakes at once.

Everything has a default, so that the agent runs and tells the truth with no file at all.
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec

from .config_places import config_files, data_dirs
from .config_rules import judge
from .contract.assignment import Contacts
from .contract.check import Check, Port, Profile
from .contract.settings import load

ENV_FILE = "SANSANG_CONFIG"
ENV_DATA = "SANSANG_DATA_DIR"


class CollectorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the agent reports to."""

    url: str
    """``https://host[:port]``; plain ``http`` to this machine only."""
    token_file: str
    """A file (0600) with this agent's token; a relative path starts at the configuration file."""
    ca: str = ""
    """A CA file for the collector's certificate; empty: the system's."""


class Commune(msgspec.Struct, frozen=True, kw_only=True):
    """Where this machine stands: the five-digit code is the key, the name is for people."""

    code: str = ""
    name: str = ""


class PolicyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the centre may have this machine ask beyond the ceilings in code; see policy.py."""

    networks: tuple[str, ...] = ()
    """Addresses or networks (CIDR): private, loopback or link-local ones that the centre may name all the same."""
    hosts: tuple[str, ...] = ()
    """Names beyond the packaged list that the centre may name: ``a.example`` alone, ``*.a.example`` all below it."""
    ports: tuple[Port, ...] = ()
    """On which ``hosts`` may be asked; empty: on any."""
    keys: tuple[str, ...] = ()
    """Ed25519 public keys (base 64) of those whose signed policies hold here; see docs/policy.md."""


class DeadManConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How a vantage tells people that the collector is silent; see dead_man.py."""

    channels: str
    """The file (0600) that the collector writes for this; a relative path starts at the configuration file."""
    program: str = ""
    """``sansang-alerts`` with its whole path; empty: the one beside this program."""
    after_minutes: Annotated[float, msgspec.Meta(ge=1, le=1440)] = 5
    """Without an answer, before anybody is told."""


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person may set."""

    collector: CollectorConfig | None = None
    commune: Commune = Commune()
    contacts: Contacts = Contacts()
    contact: str = ""
    """An address or page told to the servers that are probed, in the User-Agent; empty: none."""
    data_dir: str = ""
    """Where spool and status lie; empty: see :func:`data_dir`."""
    language: str = "vi"
    resolvers: tuple[str, ...] = ()
    """Name servers (``address[:port]``) to use instead of the system's."""
    profile: Profile | None = None
    """What is probed; None: what the centre assigns, and without that the packaged default profile."""
    checks: tuple[Check, ...] = ()
    """Checks of this machine's own beside whatever profile it follows, for example SNMP with secrets that lie here; one
    with the id of another stands in its place."""
    policy: PolicyConfig = PolicyConfig()
    dead_man: DeadManConfig | None = None
    """Of a vantage: whom to tell when the collector is silent; None: nobody."""
    report_period: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 15.0
    """Seconds between two reports while nothing changes."""

    @property
    def follows_centre(self) -> bool:
        """Whether what the centre assigns is asked: there is one, and the file leaves open what to check."""
        return self.collector is not None and self.profile is None


def load_config(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> AgentConfig:
    """The configuration in ``path``, or in the first place that has one, or the defaults.

    Raises :class:`sansang_agent.contract.settings.SettingsError` with every mistake.
    """
    found = path or find(environ)
    if found is None:
        return AgentConfig()
    config = load(found, AgentConfig, partial(judge, found.parent))
    return _anchored(config, found.parent)


def find(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file that applies: ``$SANSANG_CONFIG``, the system's, the user's; None where there is none."""
    if environ.get(ENV_FILE):
        return Path(environ[ENV_FILE])
    return next((place for place in config_files(environ) if place.is_file()), None)


def _anchored(config: AgentConfig, folder: Path) -> AgentConfig:
    """Relative paths in the file start at the file, not at wherever the program was started."""
    config = msgspec.structs.replace(config, checks=tuple(_check_anchored(check, folder) for check in config.checks))
    if config.profile is not None:
        checks = tuple(_check_anchored(check, folder) for check in config.profile.checks)
        config = msgspec.structs.replace(config, profile=msgspec.structs.replace(config.profile, checks=checks))
    if config.dead_man is not None:
        dead_man = msgspec.structs.replace(config.dead_man, channels=str(folder / config.dead_man.channels))
        config = msgspec.structs.replace(config, dead_man=dead_man)
    if config.collector is None:
        return config
    collector = msgspec.structs.replace(
        config.collector,
        token_file=str(folder / config.collector.token_file),
        ca=str(folder / config.collector.ca) if config.collector.ca else "",
    )
    return msgspec.structs.replace(config, collector=collector)


_FILES = ("ca_file", "community_file", "auth_file", "priv_file")
"""Keys of checks that name a file."""


def _check_anchored(check: Check, folder: Path) -> Check:
    named = {key: getattr(check, key, "") for key in _FILES}
    anchored = {key: str(folder / name) for key, name in named.items() if name}
    return msgspec.structs.replace(check, **anchored)


def data_dir(config: AgentConfig, environ: Mapping[str, str] = os.environ) -> Path:
    """Where this process keeps spool and status: as configured, ``$SANSANG_DATA_DIR``, the system's place, the user's.

    The first of the last two that can be written; the folder itself may not exist yet.
    """
    named = config.data_dir or environ.get(ENV_DATA)
    if named:
        return Path(named)
    places = data_dirs(environ)
    return next((place for place in places if is_writable(place)), places[-1])


def told_dirs(config: AgentConfig, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Where an agent on this machine may have written how it is: a service's place is not the place of who asks."""
    own = data_dir(config, environ)
    return [own] if config.data_dir or environ.get(ENV_DATA) else list(dict.fromkeys([own, *data_dirs(environ)]))


def is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``, or the folder itself where it does not exist yet."""
    nearest = next((parent for parent in (folder, *folder.parents) if parent.exists()), None)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def user_agent(version: str, contact: str) -> str:
    """What the agent calls itself to servers: product, version and, where configured, whom to ask about it."""
    return f"sansang/{version} (+{contact})" if contact else f"sansang/{version}"
