"""Why nobody is asked, in words: the reasons asking.py knows, as a person or a program is told them."""

from collections.abc import Mapping
from enum import StrEnum

from .refusal import Gettext, RefusedError


class Refused(StrEnum):
    """Why a wish becomes no request."""

    COMMUNE = "commune"
    KIND = "kind"
    TARGET = "target"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    RETIRED = "retired"
    SILENT = "silent"
    NEVER = "never"
    """It has never been in contact."""
    FULL = "full"
    BUSY = "busy"
    BUSY_ELSEWHERE = "busy_elsewhere"
    """The same, told to somebody who is to hear nothing of the other's commune."""

    @property
    def is_mistake(self) -> bool:
        """Whether the wish itself is wrong; else it may be right at another time."""
        return self in (Refused.COMMUNE, Refused.KIND, Refused.TARGET, Refused.NOBODY, Refused.UNKNOWN, Refused.RETIRED)


class AskError(RefusedError[Refused]):
    """A wish that becomes no request."""

    def texts(self, _: Gettext) -> Mapping[Refused, str]:
        """For each reason."""
        return {
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
                "{host} is being asked already, by {machine} for {who}. A service that others use is asked by one"
                " machine at a time, at least 5 s apart; ask again in {seconds} s at the latest."
            ),
            Refused.BUSY_ELSEWHERE: _(
                "{host} is being asked already, from another commune. A service that others use is asked by one"
                " machine at a time, at least 5 s apart; ask again in {seconds} s at the latest."
            ),
            Refused.SILENT: _("{name} in {commune} is not in contact since {moment}; it would not hear a request."),
            Refused.NEVER: _("{name} in {commune} has never been in contact; it would not hear a request."),
        }
