"""Who this machine is to its centre, as the enrolment told it, in the folder ``enrolment`` of the data folder.

``enrolment.json`` says it to everyone on this machine and holds no secret; what is secret lies in a folder of each
enrolment's own, which the json names. The json is written last: half an enrolment is none, and spoils none before it.
"""

import logging
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from . import assignment_file
from .config import AgentConfig, CollectorConfig, Commune, data_dir
from .contract import whole_file
from .contract.joining import Joined
from .probes.results import plain
from .spool import Spool

FOLDER = "enrolment"
FILE = "enrolment.json"
TOKEN = "token"  # noqa: S105  # a file's name
REPORT_KEY = "report.key"
CA = "ca.pem"
CLAIM = "claim"
ROOM = "room"
ROOM_BYTES = 65_536
"""Kept free while the centre is asked, so that a full disk is noticed before a code is spent."""
LONGEST_NAME = 300

_log = logging.getLogger(__name__)


class EnrolmentError(Exception):
    """An enrolment that cannot be used; ``str()`` says why, in English."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of this machine's place, without its secrets."""

    v: int = 1
    url: str
    agent: int
    commune: str
    commune_name: str = ""
    name: str
    """What this machine is called in its commune."""
    mark: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    """Drawn for this enrolment; the folder with its secrets is called so."""
    ca: str = ""
    """The file in that folder with the authorities to trust; empty: the system's."""
    again: bool = False
    """There was another one before: reports begin a new stream, lest the machine be taken for the one it was."""


class Found(NamedTuple):
    """An enrolment and the data folder it lies in."""

    enrolment: Enrolment
    data_dir: Path

    @property
    def token_file(self) -> Path:
        """The bearer token."""
        return self._own / TOKEN

    @property
    def ca_file(self) -> str:
        """The authorities to trust; empty: the system's."""
        return str(self._own / self.enrolment.ca) if self.enrolment.ca else ""

    @property
    def _own(self) -> Path:
        return self.data_dir / FOLDER / self.enrolment.mark


def read(folder: Path) -> Found | None:
    """The enrolment in a data folder; None: there is none. Raises :class:`EnrolmentError`."""
    path = folder / FOLDER / FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Enrolment)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise EnrolmentError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except (msgspec.MsgspecError, UnicodeError) as exc:
        raise EnrolmentError(f"{path} is not what was written: {exc}") from exc
    return Found(found, folder)


def find(folders: Iterable[Path]) -> Found | None:
    """The first enrolment that can be used in any of these data folders; others are logged."""
    for folder in folders:
        try:
            found = read(folder)
        except EnrolmentError as exc:
            _log.error("the enrolment is not used: %s", exc)
            continue
        if found is not None:
            return found
    return None


def followed(config: AgentConfig, found: Found | None) -> AgentConfig:
    """The configuration with what the enrolment says where the file leaves it open."""
    if found is None or config.collector is not None:
        return config
    told = found.enrolment
    collector = CollectorConfig(url=told.url, token_file=str(found.token_file), ca=found.ca_file)
    commune = config.commune if config.commune != Commune() else Commune(code=told.commune, name=told.commune_name)
    return msgspec.structs.replace(config, collector=collector, commune=commune)


def in_use(config: AgentConfig) -> Found | None:
    """The enrolment that ``config`` has its collector from; None: the file of the configuration names one itself."""
    found = find([data_dir(config)]) if config.collector else None
    return found if found and config.collector and str(found.token_file) == config.collector.token_file else None


def part(spool: Spool, found: Found | None) -> None:
    """Begin a new stream where this machine was enrolled again; see :meth:`Spool.part`."""
    if found is not None and found.enrolment.again:
        spool.part(found.enrolment.mark)


class Draft(NamedTuple):
    """Room for an enrolment that is being asked for."""

    data_dir: Path
    mark: str

    @classmethod
    def begin(cls, folder: Path) -> "Draft":
        """Make sure that an enrolment can be kept here, before anything is spent on it; raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = cls(folder, secrets.token_hex(8))
        whole_file.make_folder(folder / FOLDER, 0o755)
        whole_file.make_folder(draft.own, 0o700)
        try:
            whole_file.write(draft.own / ROOM, bytes(ROOM_BYTES), whole_file.SECRET)
        except OSError:
            draft.end()
            raise
        return draft

    @property
    def own(self) -> Path:
        """The folder of its secrets."""
        return self.data_dir / FOLDER / self.mark

    def end(self) -> None:
        """Leave nothing of it, unless it has become this machine's enrolment."""
        found = find([self.data_dir])
        if found is None or found.enrolment.mark != self.mark:
            shutil.rmtree(self.own, ignore_errors=True)

    def keep(self, url: str, joined: Joined, ca: str, *, again: bool) -> Found:
        """Make it this machine's enrolment; raises OSError, and then the one before still is. ``ca``: PEM, or empty."""
        (self.own / ROOM).unlink(missing_ok=True)
        whole_file.write(self.own / TOKEN, joined.token.encode("ascii"), whole_file.SECRET)
        whole_file.write(self.own / REPORT_KEY, joined.report_key.encode("ascii"), whole_file.SECRET)
        if ca:
            whole_file.write(self.own / CA, ca.encode("ascii"), whole_file.SECRET)
        whole_file.settle(self.data_dir / FOLDER)
        made = Enrolment(
            url=url,
            agent=joined.agent,
            commune=_words(joined.commune),
            commune_name=_words(joined.commune_name),
            name=_words(joined.name),
            mark=self.mark,
            ca=CA if ca else "",
            again=again,
        )
        shown = msgspec.json.format(msgspec.json.encode(made))
        whole_file.write(self.data_dir / FOLDER / FILE, shown, whole_file.PUBLIC)
        self._clear_away()
        return Found(made, self.data_dir)

    def _clear_away(self) -> None:
        """Whatever belongs to other enrolments counts no more; what cannot be removed is logged."""
        try:
            assignment_file.forget(self.data_dir)
            forget_claim(self.data_dir)
            for other in (self.data_dir / FOLDER).iterdir():
                if other.is_dir() and other.name != self.mark:
                    shutil.rmtree(other)
        except OSError as exc:
            _log.warning("what belongs to an enrolment before could not be removed: %s", exc)


def _words(text: str) -> str:
    return plain(text)[:LONGEST_NAME]


def keep_token(found: Found, token: str) -> None:
    """Use ``token`` from now on; raises OSError, and then the one before stays."""
    whole_file.write(found.token_file, token.encode("ascii"), whole_file.SECRET)


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    claim: str

    def __repr__(self) -> str:
        return "_Claim(…)"


def claim(folder: Path, url: str) -> str:
    """The secret by which this machine asks ``url`` to be let in, until that has been decided; raises OSError."""
    path = folder / FOLDER / CLAIM
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Claim)
        if kept.url == url:
            return kept.claim
    except FileNotFoundError:
        pass
    except msgspec.MsgspecError as exc:
        _log.warning("%s is not what was written, and this machine asks anew: %s", path, exc)
    made = _Claim(url=url, claim=secrets.token_urlsafe(32))
    whole_file.write(path, msgspec.json.encode(made), whole_file.SECRET)
    return made.claim


def forget_claim(folder: Path) -> None:
    """It has been decided; raises OSError."""
    (folder / FOLDER / CLAIM).unlink(missing_ok=True)
