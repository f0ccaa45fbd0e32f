"""When the daily digest is due, and what it says of alerts: by rows, so that no restart repeats it."""

import pytest
from msgspec.structs import replace

from sansang_agent.contract.severity import Severity
from sansang_alerts import digest_rows
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Happening, Report
from sansang_alerts.opening import Opened
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import NOTIFICATION
from sansang_alerts.texts import Digest
from tests.alerts import desks
from tests.alerts.rotas import at
from tests.support.faults import CERTIFICATE

WATCHED = Digest(watched=64, communes=65)
SETTINGS = replace(desks.settings(), digest_to=("a",), recovery_after_minutes=0)


def is_due(ledger: Opened, now: str, settings: AlertSettings = SETTINGS) -> bool:
    with ledger.read() as connection:
        return digest_rows.is_due(connection, settings, at(now))


def tell(ledger: Opened, now: str, found: Digest = WATCHED) -> None:
    ledger.write_sync(lambda connection: Desk(SETTINGS).digest(connection, found, at(now)))


def report(ledger: Opened, now: str, number: int, happened: Happening, severity: Severity = Severity.CRITICAL) -> None:
    fault = replace(desks.fault(number, f"AAAA0{number}"), severity=severity, opened_at=at(now))
    if happened is Happening.RECOVERED:
        fault = replace(fault, ended_at=at(now))
    told = Report(fault, happened, at(now))
    ledger.write_sync(lambda connection: Desk(SETTINGS).report(connection, told, at(now)))


def filled(ledger: Opened, now: str) -> Digest:
    with ledger.read() as connection:
        return digest_rows.filled(connection, WATCHED, at(now))


def test_it_is_due_once_a_day_at_its_hour(ledger: Opened) -> None:
    assert not is_due(ledger, "2026-11-26 06:59")
    assert is_due(ledger, "2026-11-26 07:00")
    tell(ledger, "2026-11-26 07:00")
    assert not is_due(ledger, "2026-11-26 07:00")
    assert not is_due(ledger, "2026-11-26 23:00")
    assert not is_due(ledger, "2026-11-27 06:59")
    assert is_due(ledger, "2026-11-27 07:00")


def test_a_collector_that_was_down_at_the_hour_tells_it_late_but_not_in_the_evening(ledger: Opened) -> None:
    assert is_due(ledger, "2026-11-26 10:00")
    assert not is_due(ledger, "2026-11-26 13:01")


def test_an_hour_late_in_the_evening_is_told_after_midnight_if_need_be(ledger: Opened) -> None:
    late = replace(SETTINGS, digest_at="23:50")

    assert is_due(ledger, "2026-11-27 00:10", late)
    tell(ledger, "2026-11-27 00:10")
    assert not is_due(ledger, "2026-11-27 03:00", late)
    assert is_due(ledger, "2026-11-27 23:50", late)


def test_nobody_to_tell_is_never_due(ledger: Opened) -> None:
    assert not is_due(ledger, "2026-11-26 07:00", replace(SETTINGS, digest_to=()))


def test_another_message_is_no_digest(ledger: Opened) -> None:
    report(ledger, "2026-11-26 07:01", 1, Happening.OPENED)

    assert is_due(ledger, "2026-11-26 07:02")


def test_what_is_under_way_over_and_only_of_note_each_has_its_list(ledger: Opened) -> None:
    report(ledger, "2026-11-26 08:00", 1, Happening.OPENED)
    report(ledger, "2026-11-26 09:00", 2, Happening.OPENED)
    report(ledger, "2026-11-26 10:00", 2, Happening.RECOVERED)
    report(ledger, "2026-11-26 11:00", 3, Happening.OPENED, Severity.INFO)

    found = filled(ledger, "2026-11-27 07:00")

    assert [fault.code for fault in found.under_way] == ["AAAA01"]
    assert [fault.code for fault in found.over] == ["AAAA02"]
    assert [fault.code for fault in found.notable] == ["AAAA03"]
    assert (found.watched, found.communes) == (64, 65)


def test_what_the_digest_before_told_as_over_is_no_news(ledger: Opened) -> None:
    report(ledger, "2026-11-25 09:00", 1, Happening.OPENED)
    report(ledger, "2026-11-25 10:00", 1, Happening.RECOVERED)
    assert len(filled(ledger, "2026-11-26 07:00").over) == 1
    tell(ledger, "2026-11-26 07:00")

    assert filled(ledger, "2026-11-27 07:00").over == ()


def test_a_fault_without_a_code_of_its_source_is_told_with_the_one_people_know(ledger: Opened) -> None:
    told = Report(replace(CERTIFICATE, code=""), Happening.OPENED, at("2026-11-26 08:00"))
    kept = ledger.write_sync(lambda connection: Desk(SETTINGS).report(connection, told, at("2026-11-26 08:00")))
    assert kept is None

    (fault,) = filled(ledger, "2026-11-27 07:00").notable
    assert len(fault.code) == 6


@pytest.mark.parametrize("now", ["2026-11-26 07:00", "2026-11-26 07:30"])
def test_the_message_says_how_many_are_watched(ledger: Opened, now: str) -> None:
    tell(ledger, now)

    with ledger.read() as connection:
        (row,) = connection.execute(NOTIFICATION.select()).all()
    assert row.kind == "digest"
    assert row.person == "a"
    assert "64/65 xã được theo dõi" in row.subject
