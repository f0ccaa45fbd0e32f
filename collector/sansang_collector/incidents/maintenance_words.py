"""Why a piece of planned work is not taken, and what its kind and state are called, as people are told."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sansang_collector.refusal import Gettext, RefusedError

from .maintenance import NOTICE_DAYS, Kind, State


class Refused(StrEnum):
    """Why it becomes no row, or stays as it is."""

    TITLE = "title"
    ORDER = "order"
    LONG = "long"
    PAST = "past"
    ANNOUNCED = "announced"
    PLACES = "places"
    PART = "part"
    COMMUNE = "commune"
    INVENTORY = "inventory"
    NONE = "none"
    OVER = "over"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"


class PlanError(RefusedError[Refused]):
    """Nothing was changed; ``field`` says what of the plan it is about."""

    def __init__(self, refused: Refused, field: str = "", **facts: Any) -> None:
        super().__init__(refused, **facts)
        self.field = field

    def texts(self, _: Gettext) -> Mapping[Refused, str]:
        """For each reason."""
        return {
            Refused.TITLE: _("Say in a few words what is done."),
            Refused.ORDER: _("It has to end after it begins."),
            Refused.LONG: _("It may last {days} days at most."),
            Refused.PAST: _("It would be over already."),
            Refused.ANNOUNCED: _("It cannot be announced later than now."),
            Refused.PLACES: _("Say which parts or which communes it is about."),
            Refused.PART: _("The inventory has no part '{part}'{hint}"),
            Refused.COMMUNE: _("The inventory has no commune '{commune}'{hint}"),
            Refused.INVENTORY: _("No inventory has been applied yet, so nothing can be named."),
            Refused.NONE: _("There is no planned work of the number {id}."),
            Refused.OVER: _("It is over or cancelled already."),
            Refused.BEGUN: _("It has begun; end it instead of cancelling it."),
            Refused.NOT_BEGUN: _("It has not begun; cancel it instead of ending it."),
        }

    def said(self, _: Gettext) -> str:
        """One sentence in the language of ``_``, with what was probably meant."""
        close = self.facts.get("close")
        hint = _("; did you mean '{name}'?").format(name=close) if close else "."
        return self.texts(_)[self.refused].format(**self.facts, hint=hint)


def kind(one: Kind, _: Gettext) -> str:
    """What a kind is called."""
    return {Kind.PLANNED_WORK: _("planned work"), Kind.POWER_CUT: _("announced power cut")}[one]


def state(one: State, _: Gettext) -> str:
    """What a state is called."""
    return {
        State.TO_COME: _("to come"),
        State.IN_FORCE: _("under way"),
        State.OVER: _("over"),
        State.CANCELLED: _("cancelled"),
    }[one]


def short_notice(days: int, _: Gettext) -> str:
    """That it was announced later than the law asks."""
    told = _(
        "Announced {days} working days ahead; Decree 224/2026/NĐ-CP (Article 13) asks for {needed} before online "
        "services are stopped."
    )
    return told.format(days=days, needed=NOTICE_DAYS)
