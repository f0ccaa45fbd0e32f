"""Incidents and situations become reports to the alerts' desk: what is said, once each, and nothing of the past."""

from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from sqlalchemy import Connection, select

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import schema
from sansang_alerts.alert_rows import of_code
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Happening, Report
from sansang_alerts.settings import AlertSettings, EmailChannel, Person, Takes, Team
from sansang_alerts.tables import ALERTS, NOTIFICATION
from sansang_alerts.texts.phrases import Phrases as AlertPhrases
from sansang_collector import ledger_tables, taking_on
from sansang_collector.commune import Commune, Places
from sansang_collector.diagnosis.incident import Happening as Happened
from sansang_collector.diagnosis.incident import Incident, Phase, Step
from sansang_collector.incidents import deeds, recording, rows, situation_rows
from sansang_collector.incidents.deeds import By
from sansang_collector.incidents.naming import Naming
from sansang_collector.incidents.situations import Kind, Situation, SituationStep
from sansang_collector.inventory.model import Kind as CommuneKind
from sansang_collector.looking import Found, Looking
from sansang_collector.news import News
from sansang_collector.store import Store
from sansang_collector.telling import Telling
from sansang_collector.told_reports import Words
from sansang_collector.web.phrases import Phrases
from tests.support.incidents import AREA, KHANH_KHE, NOW, dark_commune, lang_son, ring_cut, verdict
from tests.support.ledgers import Place

assert ledger_tables
HERE = lang_son()
PLACES = Places({one.code: Commune(one.code, one.name, CommuneKind.XA, "", "20") for one in HERE.communes})
WORDS = Words(Naming(HERE), [Phrases("vi", PLACES), Phrases("en", PLACES)])
SETTINGS = AlertSettings(
    people=(Person(id="line-1", name="Trực đường truyền 1", email="truc@example.vn"),),
    teams=(Team(id="line", name="Trực đường truyền", takes=(Takes(),), fallback="line-1"),),
    channels=(EmailChannel(id="mail", server="127.0.0.1:25", sender="sansang@example.vn"),),
    recovery_after_minutes=0,
)


class Heard:
    """A desk that remembers what it is told."""

    def __init__(self) -> None:
        self.reports_: list[Report] = []

    def reports(self, _connection: Connection, reports: Sequence[Report], _now: float) -> None:
        self.reports_.extend(reports)

    def said(self) -> list[tuple[str, Happening]]:
        found = [(one.fault.code, one.happened) for one in self.reports_]
        self.reports_.clear()
        return found


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = Store(place)
    opened.write_sync(schema.migrate)
    for table in reversed(ALERTS.sorted_tables):  # PostgreSQL's are used by one test after the other
        opened.write_sync(lambda connection, table=table: connection.execute(table.delete()))  # type: ignore[misc]
    yield opened
    opened.close()


def telling(store: Store, desk: Any) -> Telling:
    return Telling(store, News(), desk, lambda: WORDS, lambda: NOW)


def step(store: Store, incident: Incident, *happened: Happened) -> Incident:
    """Write it down as the lifecycle does; the incident with its number."""
    steps = [Step(incident, one) for one in happened]
    return store.write_sync(lambda connection: recording.write(connection, steps, NOW))[0].incident


def new(store: Store, incident: Incident) -> Incident:
    return step(store, msgspec.structs.replace(incident, id=0, code=""), Happened.OPENED)


def over(incident: Incident) -> Incident:
    return msgspec.structs.replace(incident, phase=Phase.RESOLVED, ended_at=NOW - 60, resolved_at=NOW)


async def test_an_incident_is_told_with_its_sentences_in_both_languages(store: Store) -> None:
    heard = Heard()
    await telling(store, heard).settled()
    ring = new(store, ring_cut())

    await telling(store, heard).settled()

    ((fault, happened, _),) = heard.reports_
    assert happened is Happening.OPENED
    assert fault.code == ring.code
    assert fault.owner is Owner.TELECOM
    assert fault.severity is Severity.CRITICAL
    assert fault.parts == ("ring:vq-bg",)
    assert fault.page == f"/incidents/{ring.id}"
    assert fault.runbook == "/runbooks/vong-truyen-dan"
    assert AlertPhrases("vi", NOW).said(fault).headline == (
        "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14: 7 xã, 21 quầy không phục vụ được."
    )
    assert AlertPhrases("en", NOW).said(fault).short == "Ring Văn Quan – Bình Gia disconnected since 08:14."
    assert fault.said("vi").call.startswith("Gọi")
    tomorrow = AlertPhrases("vi", NOW + 86_400).said(fault)
    assert "mất kết nối từ 08:14 ngày 26/06: 7 xã" in tomorrow.headline
    assert tomorrow.since.startswith("08:14:00 ngày 26/06")
    assert [one.name for one in fault.communes][:2] == ["Xã Hoa Thám", "Xã Bình Gia"]


async def test_what_was_handed_over_is_not_handed_over_again_after_a_restart(store: Store) -> None:
    heard = Heard()
    new(store, ring_cut())
    await telling(store, heard).settled()
    assert len(heard.said()) == 1

    await telling(store, heard).settled()

    assert heard.said() == []


async def test_the_first_run_tells_what_is_under_way_and_nothing_of_the_past(store: Store) -> None:
    heard = Heard()
    ring = new(store, ring_cut())
    past = new(store, dark_commune())
    step(store, over(past), Happened.RESOLVED)

    await telling(store, heard).settled()

    assert heard.said() == [(ring.code, Happening.OPENED)]


async def test_a_suspicion_is_told_to_nobody(store: Store) -> None:
    heard = Heard()
    await telling(store, heard).settled()
    suspect = msgspec.structs.replace(ring_cut(), id=0, code="", phase=Phase.SUSPECT, opened_at=None)
    step(store, step(store, suspect, Happened.SUSPECTED), Happened.UPDATED)

    await telling(store, heard).settled()

    assert heard.said() == []


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (Happened.UPDATED, Happening.UPDATED),
        (Happened.REOPENED, Happening.REOPENED),
        (Happened.UNSTABLE, Happening.UNSTABLE),
        (Happened.OVERRUN, Happening.UPDATED),
    ],
)
async def test_each_step_is_told_as_what_it_is(store: Store, happened: Happened, told: Happening) -> None:
    heard = Heard()
    ring = new(store, ring_cut())
    await telling(store, heard).settled()
    heard.said()
    step(store, ring, happened)

    await telling(store, heard).settled()

    assert heard.said() == [(ring.code, told)]


async def test_steps_that_are_no_news_are_told_to_nobody(store: Store) -> None:
    heard = Heard()
    ring = new(store, ring_cut())
    await telling(store, heard).settled()
    heard.said()
    step(store, ring, Happened.MATURED, Happened.CLOSING)
    store.write_sync(lambda connection: deeds.note(connection, ring.id, "đang chờ nhà mạng", By("lan", NOW)))

    await telling(store, heard).settled()

    assert heard.said() == []


async def test_an_end_says_when_it_ended(store: Store) -> None:
    heard = Heard()
    ring = new(store, ring_cut())
    await telling(store, heard).settled()
    heard.said()
    step(store, over(ring), Happened.RESOLVED)

    await telling(store, heard).settled()

    ((fault, happened, _),) = heard.reports_
    assert happened is Happening.RECOVERED
    assert fault.ended_at == NOW - 60


async def test_what_was_merged_is_withdrawn_and_names_the_other(store: Store) -> None:
    heard = Heard()
    ring, dark = new(store, ring_cut()), new(store, dark_commune())
    await telling(store, heard).settled()
    heard.said()
    store.write_sync(lambda connection: deeds.merge(connection, dark.id, ring.id, By("lan", NOW)))

    await telling(store, heard).settled()

    assert {(one.fault.code, one.happened, one.fault.withdrawn) for one in heard.reports_} == {
        (ring.code, Happening.UPDATED, ""),
        (dark.code, Happening.WITHDRAWN, f"merged:{ring.code}"),
    }


async def test_what_the_commune_closed_for_says_so_and_is_no_withdrawal(store: Store) -> None:
    heard = Heard()
    await telling(store, heard).settled()
    new(store, dark_commune(held_back=f"hours:{KHANH_KHE}", severity=Severity.WARNING))

    await telling(store, heard).settled()

    assert [(one.happened, one.fault.held_back) for one in heard.reports_] == [(Happening.OPENED, "hours:06286")]


async def test_a_situation_is_told_with_its_communes_and_its_members_with_it(store: Store) -> None:
    heard = Heard()
    members = [new(store, _dark(code)) for code in AREA]
    await telling(store, heard).settled()
    heard.said()
    _situation(store, members)

    await telling(store, heard).settled()

    first, *others = heard.reports_
    assert first.happened is Happening.OPENED
    assert first.fault.owner is Owner.POWER
    assert first.fault.runbook == "/runbooks/mat-dien"
    assert AlertPhrases("vi", NOW).said(first.fault).headline == (
        "Mất điện khu vực Huyện Lộc Bình từ 08:14: 4 xã, 12 quầy không phục vụ được."
    )
    assert [one.fault.withdrawn for one in others] == [f"situation:{first.fault.code}"] * 4


async def test_communes_that_go_dark_in_one_moment_are_one_message(store: Store) -> None:
    desk = Desk(SETTINGS, acknowledged=Mock())
    await telling(store, desk).settled()
    suspected = [step(store, msgspec.structs.replace(_dark(code), id=0, code=""), Happened.SUSPECTED) for code in AREA]
    found = Found(
        NOW,
        tuple(Step(one, Happened.OPENED) for one in suspected),
        (SituationStep(_gathered(suspected), Happened.OPENED),),
    )
    looking = Looking(Mock(), Mock(), Mock())

    written = store.write_sync(lambda connection: looking.write(connection, found))
    await telling(store, desk).settled()

    assert all(one.incident.held_back.startswith("situation:") for one in written)
    assert _kinds(store) == ["opened"]


async def test_a_situation_ends_once(store: Store) -> None:
    heard = Heard()
    members = [new(store, _dark(code)) for code in AREA]
    situation = _situation(store, members)
    await telling(store, heard).settled()
    heard.said()
    ended = msgspec.structs.replace(situation, resolved_at=NOW, ended_at=NOW - 120)
    store.write_sync(lambda it: situation_rows.write(it, [SituationStep(ended, Happened.RESOLVED)], NOW))

    await telling(store, heard).settled()
    await telling(store, heard).settled()

    assert heard.said() == [(situation.code, Happening.RECOVERED)]


async def test_a_thousand_incidents_at_once_come_in_pieces_and_all_of_them(store: Store) -> None:
    heard = Heard()
    await telling(store, heard).settled()
    made = [new(store, ring_cut()).code for _ in range(250)]
    once = telling(store, heard)

    assert await once.look()
    assert len(heard.reports_) == 100
    await once.settled()

    assert [code for code, _ in heard.said()] == made


async def test_a_deed_on_the_page_acknowledges_the_alert(store: Store) -> None:
    desk = Desk(SETTINGS)
    ring = new(store, ring_cut())
    await telling(store, desk).settled()
    store.write_sync(lambda connection: deeds.acknowledge(connection, ring.id, By("lan", NOW)))

    await telling(store, desk).settled()

    with store.read() as connection:
        alert = of_code(connection, ring.code)
    assert alert is not None
    assert alert.standing.acknowledged_by == "lan"


async def test_an_answer_to_a_message_is_a_deed_of_the_incident(store: Store) -> None:
    desk = Desk(SETTINGS, acknowledged=lambda it, alert, at: taking_on.take_on(it, alert, SETTINGS, at))
    ring = new(store, ring_cut())
    await telling(store, desk).settled()

    store.write_sync(lambda connection: desk.acknowledge(connection, ring.code, "line-1", NOW, "zalo"))

    with store.read() as connection:
        kept = rows.find(connection, ring.id)
        story = rows.story(connection, ring.id)
    assert kept is not None
    assert kept.acknowledged_by == "Trực đường truyền 1"
    assert (story[-1].happened, story[-1].who) == (Happened.ACKNOWLEDGED, "Trực đường truyền 1")
    await telling(store, desk).settled()
    assert _kinds(store) == ["opened"]


async def test_what_another_program_acknowledged_is_found_until_it_is_a_deed(store: Store) -> None:
    desk = Desk(SETTINGS)
    ring = new(store, ring_cut())
    await telling(store, desk).settled()
    store.write_sync(lambda connection: desk.acknowledge(connection, ring.code, "line-1", NOW, "cli"))

    with store.read() as connection:
        (alert,) = taking_on.taken_elsewhere(connection)
    store.write_sync(lambda connection: taking_on.take_on(connection, alert, SETTINGS, NOW))

    with store.read() as connection:
        assert taking_on.taken_elsewhere(connection) == []


async def test_taking_a_situation_on_takes_all_its_incidents_on(store: Store) -> None:
    desk = Desk(SETTINGS, acknowledged=lambda it, alert, at: taking_on.take_on(it, alert, SETTINGS, at))
    members = [new(store, _dark(code)) for code in AREA]
    situation = _situation(store, members)
    await telling(store, desk).settled()
    store.write_sync(lambda connection: deeds.acknowledge(connection, members[0].id, By("lan", NOW)))

    store.write_sync(lambda connection: desk.acknowledge(connection, situation.code, "line-1", NOW, "link"))

    with store.read() as connection:
        found = [rows.find(connection, one.id) for one in members]
    assert [one.acknowledged_by for one in found if one] == ["lan", *["Trực đường truyền 1"] * 3]


async def test_one_that_cannot_be_worded_is_told_in_few_words(store: Store) -> None:
    heard = Heard()
    await telling(store, heard).settled()
    odd = new(store, ring_cut(verdict=verdict("nothing:of-ours", communes=(KHANH_KHE,))))

    await telling(store, heard).settled()

    (report,) = heard.reports_
    assert report.fault.said("vi").headline == f"{odd.code}: nothing:of-ours"


def _dark(commune: str) -> Incident:
    found = verdict(f"site_power:{commune}", communes=(commune,))
    return dark_commune(verdict=found, hit=(commune,))


def _gathered(members: Sequence[Incident]) -> Situation:
    return Situation(
        kind=Kind.POWER_AREA,
        area="power_area:huyen-loc-binh",
        incidents=tuple(one.id for one in members),
        communes=AREA,
        began=members[0].onset,
        opened_at=NOW,
        told_at=NOW,
    )


def _situation(store: Store, members: Sequence[Incident]) -> Situation:
    made = _gathered(members)

    def write(connection: Connection) -> Situation:
        situation_rows.write(connection, [SituationStep(made, Happened.OPENED)], NOW)
        (found,) = situation_rows.under_way(connection)
        held = [msgspec.structs.replace(one, held_back=f"situation:{found.id}") for one in members]
        recording.write(connection, [Step(one, Happened.HELD_BACK) for one in held], NOW)
        return found

    return store.write_sync(write)


def _kinds(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(NOTIFICATION.c.kind).order_by(NOTIFICATION.c.id)))
