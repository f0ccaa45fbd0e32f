"""Why nobody is asked, in words: the reasons asking.py knows, as a person or a program is told them."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

Gettext = Callable[[str], str]


class Refused(StrEnum):
    """Why a wish becomes no request."""

    COMMUNE = "commune"
    KIND = "kind"
    TARGET = "target"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    RETIRED = "retired"
    SILENT = "silent"
    FULL = "full"
    BUSY = "busy"
    BUSY_ELSEWHERE = "busy_elsewhere"
    """The same, told to somebody who is to hear nothing of the other's commune."""

    @property
    def is_mistake(self) -> bool:
        """Whether the wish itself is wrong; else it may be right at another time."""
        return self in (Refused.COMMUNE, Refused.KIND, Refused.TARGET, Refused.NOBODY, Refused.UNKNOWN, Refused.RETIRED)


class AskError(Exception):
    """A wish that becomes no request; :func:`said` words it."""

    def __init__(self, refused: Refused, **facts: Any) -> None:
        super().__init__(refused)
        self.refused = refused
        self.facts = facts

    def __str__(self) -> str:
        """In English, for the API."""
        return said(self, lambda text: text)


def said(error: AskError, _: Gettext) -> str:
    """One sentence or two in the language of ``_``."""
    facts = dict(error.facts)
    if error.refused is Refused.SILENT:
        return _silent(facts, _)
    texts = {
        Refused.COMMUNE: _("'{commune}' is not a commune's code of five digits."),
        Refused.KIND: _("'{kind}' cannot be asked for; there are {kinds}."),
        Refused.TARGET: _(
            "'{target}' is no target for {kind}: host:port for tcp and tls, a URL for http and timestamp."
        ),
        Refused.NOBODY: _("No machine of {commune} is known here."),
        Refused.UNKNOWN: _("There is no machine '{name}' in {commune}; there are {names}."),
        Refused.RETIRED: _("{name} is retired."),
        Refused.FULL: _("{name} has {number} requests to answer already; ask again in a minute."),
        Refused.BUSY: _(
            "{host} is being asked already, by {machine} for {who}. A service that others use is asked by one machine"
            " at a time, at least 5 s apart; ask again in {seconds} s at the latest."
        ),
        Refused.BUSY_ELSEWHERE: _(
            "{host} is being asked already, from another commune. A service that others use is asked by one machine at"
            " a time, at least 5 s apart; ask again in {seconds} s at the latest."
        ),
    }
    return texts[error.refused].format(**facts)


def _silent(facts: dict[str, Any], _: Gettext) -> str:
    if facts["at"] is None:
        return _("{name} in {commune} has never been in contact; it would not hear a request.").format(**facts)
    moment = datetime.fromtimestamp(facts["at"]).astimezone().isoformat(sep=" ", timespec="seconds")
    text = _("{name} in {commune} is not in contact since {moment}; it would not hear a request.")
    return text.format(**facts, moment=moment)
