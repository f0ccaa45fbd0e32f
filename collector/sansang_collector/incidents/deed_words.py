"""Why a deed on an incident is not done, in words."""

from collections.abc import Mapping
from enum import StrEnum

from sansang_collector.refusal import Gettext, RefusedError


class Refused(StrEnum):
    """Why nothing was changed."""

    NONE = "none"
    NO_CODE = "no_code"
    OVER = "over"
    ACKNOWLEDGED = "acknowledged"
    EMPTY = "empty"
    SAME = "same"
    MERGED = "merged"
    UNSURE = "unsure"
    ALONE = "alone"
    NOT_HIT = "not_hit"
    ALL = "all"
    NOTHING = "nothing"

    @property
    def is_mistake(self) -> bool:
        """Whether the wish itself is wrong; else the incident stands otherwise by now."""
        return self in (Refused.EMPTY, Refused.NO_CODE, Refused.SAME, Refused.NOT_HIT, Refused.ALL, Refused.NOTHING)


class IncidentError(RefusedError[Refused]):
    """Nothing was changed."""

    def texts(self, _: Gettext) -> Mapping[Refused, str]:
        """For each reason."""
        return {
            Refused.NONE: _("There is no incident of the number {id}."),
            Refused.NO_CODE: _("There is no incident with the code '{code}'."),
            Refused.OVER: _("The incident is over already."),
            Refused.ACKNOWLEDGED: _("{who} has acknowledged it already."),
            Refused.EMPTY: _("Write a few words."),
            Refused.SAME: _("An incident cannot be merged into itself."),
            Refused.MERGED: _("One of them was merged into another incident already."),
            Refused.UNSURE: _("The other one is only suspected: nobody would be told of either."),
            Refused.ALONE: _("It is not merged into another incident."),
            Refused.NOT_HIT: _("It does not hit {communes}."),
            Refused.ALL: _("One commune at least has to stay."),
            Refused.NOTHING: _("Choose the communes that are an incident of their own."),
        }
