"""Signed policies on this machine and from its centre: which hold, which do not, and why.

Files are read again when they change; nothing of a file is believed before its signature is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import inf
from pathlib import Path
from typing import NamedTuple

from .config import AgentConfig
from .contract.allowance import Allowance
from .contract.settings import SettingsError
from .contract.signed_policy import (
    MOST_BYTES,
    MOST_FILES,
    SUFFIX,
    FormError,
    PolicyText,
    key_id,
    public_key,
    read,
    unseal,
)
from .grants import PACKAGED, Grant
from .serials import Serials
from .signing import UnsignedError, verify

FOLDER = "policy.d"
"""Beside the configuration."""
LOOK_AGAIN_S = 60.0
"""So long what was read is taken for what there is."""


class Unused(NamedTuple):
    """A file that is not used, and why, in English."""

    file: str
    why: str


class InForce(NamedTuple):
    """What this machine's centre may name, and what was put before it in vain."""

    grants: tuple[Grant, ...]
    unused: tuple[Unused, ...] = ()

    @property
    def signed(self) -> tuple[str, ...]:
        """The signed files that hold."""
        return tuple(each.source for each in self.grants if each.ends < inf)


class Reader(NamedTuple):
    """Who reads: what it trusts, where it stands, what it has seen."""

    keys: Mapping[str, bytes]
    commune: str
    serials: Serials


class _Good(NamedTuple):
    file: str
    policy: str
    text: PolicyText


def gather(
    config: AgentConfig, folders: Sequence[Path], carried: Sequence[str], serials: Serials, wall: float
) -> InForce:
    """Everything that holds at ``wall`` (Unix seconds): packaged, signed, local.

    ``carried``: files that the centre passed on.
    """
    reader = Reader(keys_of(config), config.commune.code, serials)
    good: list[_Good] = []
    unused: list[Unused] = []
    for file, text in _files(folders, carried):
        try:
            good.append(_good(file, text(), reader))
        except (FormError, UnsignedError, SettingsError) as error:
            unused.append(Unused(file, str(error)))
        except OSError as error:
            unused.append(Unused(file, f"it cannot be read: {error.strerror or error}"))
    for one in good:
        serials.see(one.policy, one.text.serial)
    signed: list[Grant] = []
    for one in good:
        if why := _not_now(one, reader, wall):
            unused.append(Unused(one.file, why))
        else:
            signed.append(Grant(one.file, one.text.allowance, ends=one.text.ends))
    return InForce((*PACKAGED, *signed, *local(config)), tuple(unused))


def local(config: AgentConfig) -> tuple[Grant, ...]:
    """What the machine's own file names by name; its networks need no grant."""
    if not config.policy.hosts:
        return ()
    allowance = Allowance(hosts=config.policy.hosts, ports=config.policy.ports)
    return (Grant("agent.yml", allowance, any_port=not config.policy.ports),)


def keys_of(config: AgentConfig) -> dict[str, bytes]:
    """Whom this machine trusts to sign, by the keys' ids."""
    return {key_id(key): key for key in map(public_key, config.policy.keys)}


def _good(file: str, text: str, reader: Reader) -> _Good:
    sealed = unseal(text)
    verify(sealed, reader.keys)
    found = read(sealed.text, file)
    return _Good(file, f"{sealed.key_id} {found.name}", found)


def _not_now(one: _Good, reader: Reader, wall: float) -> str:
    """Why a file that is signed rightly does not hold; empty: it does."""
    greatest = reader.serials.greatest(one.policy)
    if one.text.serial < greatest:
        return f"its serial {one.text.serial} is older than {greatest}, which this machine has seen of {one.text.name}"
    if wall >= one.text.ends:
        return f"it expired on {one.text.expires}"
    if one.text.communes and reader.commune not in one.text.communes:
        return "it is for machines of other communes"
    return ""


def _files(folders: Iterable[Path], carried: Sequence[str]) -> Iterator[tuple[str, Callable[[], str]]]:
    """Each file's name and how its text is come by."""
    places = [path for folder in folders for path in _found(folder / FOLDER)]
    for path in places[:MOST_FILES]:
        yield str(path), partial(_text, path)
    for number, text in enumerate(carried[:MOST_FILES], start=1):
        yield f"policy {number} of the centre", partial(str, text)


def _found(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file())
    except OSError:
        return []


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1).decode("utf-8", "replace")


class Shelf:
    """All policies of one machine, read again every minute and when the centre carries others."""

    def __init__(self, config: AgentConfig, folders: Sequence[Path], serials: Serials) -> None:
        self.folders = tuple(folders)
        self._config = config
        self._serials = serials
        self._carried: tuple[str, ...] = ()
        self._read: InForce | None = None
        self._read_at = float("-inf")

    def follow(self, config: AgentConfig) -> None:
        """From now on this machine is who ``config`` says: it may have been enrolled meanwhile."""
        if config != self._config:
            self._config, self._read = config, None

    def carry(self, policies: Sequence[str]) -> None:
        """From now on the centre carries these."""
        if tuple(policies) != self._carried:
            self._carried, self._read = tuple(policies), None

    def now(self, mono: float, wall: float) -> InForce:
        """What holds; ``mono`` and ``wall`` in seconds."""
        if self._read is None or mono - self._read_at >= LOOK_AGAIN_S:
            self._read = gather(self._config, self.folders, self._carried, self._serials, wall)
            self._read_at = mono
        return self._read
