"""Six characters by which people name an incident: random, read out without mistakes, used once.

A report's code is made of its bytes and looks the same; an incident's is only ever the ledger's word.
"""

import secrets

from sqlalchemy import Connection, Table, select

from sansang_agent.contract.joining import ALPHABET

from .tables import INCIDENT

LENGTH = 6
_TRIES = 100
"""Of a thousand million codes a few thousand are in use: the second try already is one in a hundred thousand."""


class NoCodeError(Exception):
    """No code was free."""

    def __init__(self) -> None:
        super().__init__("no code is free for another incident")


def fresh(connection: Connection, among: Table = INCIDENT) -> str:
    """A code that none of these incidents (or situations) has; raises :class:`NoCodeError`."""
    for _ in range(_TRIES):
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if connection.scalar(select(among.c.id).where(among.c.code == code)) is None:
            return code
    raise NoCodeError


def plain(written: str) -> str:
    """A code as it was made, from how somebody wrote it down: no gaps, capitals, no look-alikes."""
    return written.replace(" ", "").replace("-", "").upper().translate(_LOOK_ALIKES)


_LOOK_ALIKES = str.maketrans("ILO", "110")
