"""Who stands in for whom, as rows: what is refused, what counts when, and who did it. On both engines."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from sansang_alerts import overrides
from sansang_alerts.opening import Opened
from sansang_alerts.overrides import Kept, OverrideError, Refused, Wish
from sansang_alerts.rota import Override
from sansang_alerts.settings import AlertSettings, Person
from tests.alerts.rotas import at, team

NOW = at("2026-11-26 08:00")
MORNING, EVENING = at("2026-11-27 07:00"), at("2026-11-27 19:00")
SETTINGS = AlertSettings(people=(Person(id="desk", name="Trực chung"), Person(id="b", name="Trực 2")), teams=(team(),))
WISH = Wish("line", "b", MORNING, EVENING, "đổi\n ca")


def added(ledger: Opened, wish: Wish = WISH, who: str = "an", now: float = NOW) -> Kept:
    return ledger.write_sync(lambda connection: overrides.add(connection, SETTINGS, wish, who, now))


def counted(ledger: Opened, first: float, last: float, settings: AlertSettings = SETTINGS) -> list[Override]:
    with ledger.read() as connection:
        return overrides.between(connection, settings, first, last)


def test_a_row_says_who_stands_in_and_who_arranged_it(ledger: Opened) -> None:
    kept = added(ledger)

    assert kept == Kept(kept.number, "line", "b", MORNING, EVENING, "đổi ca", "an", NOW, None, None)
    assert kept.audited == f"{kept.number} line: b"


def test_it_counts_while_it_lasts(ledger: Opened) -> None:
    expected = [added(ledger).override]

    assert counted(ledger, NOW, MORNING) == expected
    assert counted(ledger, EVENING - 1, EVENING) == expected
    assert counted(ledger, NOW, MORNING - 1) == []
    assert counted(ledger, EVENING, EVENING + 1) == []


def test_a_cancelled_one_counts_no_more_and_says_who_cancelled_it(ledger: Opened) -> None:
    number = added(ledger).number
    cancelled = ledger.write_sync(lambda connection: overrides.cancel(connection, number, "bình", NOW + 5))

    assert (cancelled.cancelled_at, cancelled.cancelled_by, cancelled.made_by) == (NOW + 5, "bình", "an")
    assert counted(ledger, NOW, EVENING) == []
    with ledger.read() as connection:
        assert overrides.newest(connection, 10) == [cancelled]
        assert overrides.standing(connection, NOW) == []


def test_people_whom_the_settings_have_no_longer_stand_in_for_nobody(ledger: Opened) -> None:
    added(ledger)

    assert counted(ledger, NOW, EVENING, AlertSettings(people=SETTINGS.people[:1], teams=SETTINGS.teams)) == []


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"team": "lines"}, Refused.TEAM),
        ({"person": "c"}, Refused.PERSON),
        ({"ends": MORNING}, Refused.SPAN),
        ({"begins": NOW - 7200, "ends": NOW}, Refused.PAST),
        ({"ends": MORNING + 63 * 86400}, Refused.LONG),
        ({"why": "x" * 201}, Refused.WHY),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_row(
    ledger: Opened, change: dict[str, Any], refused: Refused
) -> None:
    with pytest.raises(OverrideError) as error:
        added(ledger, WISH._replace(**change))

    assert error.value.refused is refused
    assert counted(ledger, NOW, EVENING + 100 * 86400) == []


def test_what_is_over_or_never_was_cannot_be_cancelled(ledger: Opened) -> None:
    number = added(ledger).number

    for which, now, refused in ((number, EVENING, Refused.OVER), (number + 1, NOW, Refused.NONE)):
        with pytest.raises(OverrideError) as error:
            ledger.write_sync(lambda connection, w=which, n=now: overrides.cancel(connection, w, "an", n))  # type: ignore[misc]
        assert error.value.refused is refused


def test_whoever_reads_cannot_write(ledger: Opened) -> None:
    with ledger.read() as connection, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        overrides.add(connection, SETTINGS, WISH, "an", NOW)
