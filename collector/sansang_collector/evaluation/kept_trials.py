"""The file that trials are kept in as they end, one line of JSON each, so that an evaluation of hours can be stopped.

A trial of the same seed, size and version is not played again; a line that was cut off in the middle is taken out.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from sansang_agent.contract.version import __version__

from .running import Trial, Wanted
from .trial import Outcome


class Kept(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One line."""

    version: str
    seed: int
    communes: int
    row: str
    number: int
    outcomes: list[Outcome]
    """Empty where no province of the seed has a fitting place."""


_BEGINS = b'{"version":'
"""How each line begins; what begins otherwise is somebody else's."""


class KeptError(Exception):
    """The file holds something else: at ``line`` (from 1), and ``problem`` in a reader's words."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(line, problem)
        self.line, self.problem = line, problem


class KeptTrials:
    """One file, made where there is none."""

    def __init__(self, path: Path) -> None:
        """Raise :class:`KeptError` for a file of something else, OSError for one that cannot be written."""
        self._path = path
        with path.open("ab") as file:
            content = path.read_bytes()
            whole = _whole(content)
            self._lines = list(_lines(content[:whole]))
            file.truncate(whole)

    def of(self, wanted: Wanted) -> dict[Trial, list[Outcome]]:
        """What is known of these provinces already, by this version."""
        mine = (one for one in self._lines if _is_of(one, wanted) and one.version == __version__)
        return {Trial(one.row, one.number): one.outcomes for one in mine}

    def by_others(self, wanted: Wanted) -> int:
        """Trials of these provinces that only another version played."""
        known = self.of(wanted)
        others = {Trial(one.row, one.number) for one in self._lines if _is_of(one, wanted)}
        return len(others - known.keys())

    def keep(self, wanted: Wanted, trial: Trial, outcomes: list[Outcome]) -> None:
        """Append one, whole or not at all as far as a kill goes."""
        line = Kept(
            version=__version__, seed=wanted.seed, communes=wanted.communes, row=trial.row, number=trial.number,
            outcomes=outcomes,
        )  # fmt: skip
        with self._path.open("ab", buffering=0) as file:
            file.write(msgspec.json.encode(line) + b"\n")


def _is_of(one: Kept, wanted: Wanted) -> bool:
    return one.seed == wanted.seed and one.communes == wanted.communes


def _whole(content: bytes) -> int:
    """How many bytes of it are whole lines."""
    whole = content.rfind(b"\n") + 1
    rest = content[whole:]
    if not _BEGINS.startswith(rest[: len(_BEGINS)]):
        raise KeptError(content.count(b"\n") + 1, "it does not end with a line of its own")
    return whole


def _lines(content: bytes) -> Iterator[Kept]:
    decoder = msgspec.json.Decoder(Kept)
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise KeptError(number, str(error)) from None
