"""A commune explained: all that hits it now, or, where nothing does, how it stands and what hit it last.

How a single incident is told, and to whom, is for whoever asks to say.
"""

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from sansang_collector.diagnosis.incident import Phase
from sansang_collector.rights import Communes
from sansang_collector.serving import Serving

from . import rows
from .explanation import Explanation
from .rows import Kept, Wanted

_NOW = frozenset({Phase.SUSPECT, Phase.OPEN, Phase.CLOSING})
_OVER = frozenset({Phase.RESOLVED})
_MOST = 1000

Tell = Callable[[Kept], Explanation]


class CommuneLook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a commune."""

    commune: str
    name: str
    incidents: tuple[Explanation, ...] = ()
    """All that hit it now, suspicions too."""
    serving: Serving | None = None
    """None without an inventory that has it."""
    last: Explanation | None = None
    """What hit it last, where nothing does now."""


def look(
    connection: Connection, commune: str, name: str, of: Communes, tell: Tell, serving: Serving | None
) -> CommuneLook:
    """Of what hits these communes (``of``), what hits this one."""
    now = rows.listed(connection, of, Wanted(commune=commune, phases=_NOW), _MOST)
    last = [] if now else rows.listed(connection, of, Wanted(commune=commune, phases=_OVER), 1)
    return CommuneLook(
        commune=commune,
        name=name,
        incidents=tuple(tell(one) for one in now),
        serving=serving,
        last=tell(last[0]) if last else None,
    )
