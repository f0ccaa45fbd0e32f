"""The daily digest as the collector makes it: who is watched, who is not back, what ends, where no room is left."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_alerts import schema as alert_tables
from sansang_alerts.desk import Desk
from sansang_alerts.settings import AlertSettings, EmailChannel, Person
from sansang_alerts.tables import ALERTS, NOTIFICATION
from sansang_collector import profiles_seen
from sansang_collector.agents import AGENT
from sansang_collector.digest import UP_S, DailyDigest
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.liveness import Present
from sansang_collector.roster import Roster
from sansang_collector.state import State
from sansang_collector.store import Store
from sansang_collector.web.phrases import Phrases
from tests.support.ledgers import Place, add_agent, entry_of
from tests.support.reports import profile, report, result

SEVEN = datetime.fromisoformat("2026-11-26T07:00+07:00").timestamp()
FOUR = SEVEN - 15 * 3600
DAY_S = 86_400.0
OPEN = Calendar(parse_hours("mon-fri 07:30-11:30 13:30-17:00"))
PORTAL = HttpCheck(id="dvc", rung=Rung.SERVICE, target="https://portal.invalid/", name="Cổng dịch vụ công")
PROFILE = profile(PORTAL)
SETTINGS = AlertSettings(
    people=(Person(id="noc", name="Trực điều hành", email="noc@watch.invalid"),),
    channels=(EmailChannel(id="mail", server="127.0.0.1:25", sender="sansang@watch.invalid"),),
    digest_to=("noc",),
)


class Morning:
    """A collector's ledger and its digest; the clock is the test's."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = SEVEN
        self.settings = SETTINGS
        self.listening_since = 0.0
        self.own_ends = 0.0
        self.nudged = 0
        self.communes = ["05983", "06004"]
        self.begin()

    def begin(self) -> None:
        """Start the collector, as if anew."""
        says = [Phrases("vi"), Phrases("en")]
        self.digest = DailyDigest(
            self.store,
            Desk(self.settings),
            Roster(),
            self.present,
            lambda: says,
            lambda: self.communes,
            own_ends=lambda: self.own_ends,
            handed=self.nudge,
        )

    def nudge(self) -> None:
        self.nudged += 1

    def present(self) -> Present:
        return Present(self.now, self.listening_since, Usual({"05983": OPEN, "06004": OPEN}, {}))

    def hear(self, commune: str, name: str, at: float, *results: Any, **more: Any) -> None:
        """A report of a machine that arrived at ``at``."""
        self.store.write_sync(lambda connection: self._hear(connection, commune, name, at, results, more))

    def _hear(
        self, connection: Connection, commune: str, name: str, at: float, results: Any, more: dict[str, Any]
    ) -> None:
        known = connection.scalar(select(AGENT.c.id).where(AGENT.c.commune == commune, AGENT.c.name == name))
        agent = known or add_agent(connection, commune, name)
        profiles_seen.keep(connection, {profile_hash(PROFILE): PROFILE}, at)
        told = report(1, results=list(results), config=profile_hash(PROFILE), **more)
        State().apply(connection, [entry_of(agent, told, agent=agent, received=at)], at)

    def bodies(self) -> list[str]:
        with self.store.read() as connection:
            return list(connection.scalars(select(NOTIFICATION.c.body).order_by(NOTIFICATION.c.id)))


@pytest.fixture
def morning(place: Place) -> Iterator[Morning]:
    store = Store(place)
    store.write_sync(alert_tables.migrate)
    for table in reversed(ALERTS.sorted_tables):
        store.write_sync(lambda connection, table=table: connection.execute(table.delete()))  # type: ignore[misc]
    yield Morning(store)
    store.close()


async def test_it_is_told_once_a_day_whatever_is_restarted(morning: Morning) -> None:
    morning.hear("05983", "quay-1", SEVEN - 5)

    assert await morning.digest.look()
    assert not await morning.digest.look()
    morning.begin()
    assert not await morning.digest.look()
    morning.now += DAY_S
    morning.hear("05983", "quay-1", morning.now - 5)
    assert await morning.digest.look()
    assert len(morning.bodies()) == 2
    assert morning.nudged == 2


async def test_a_collector_that_has_only_begun_waits_until_it_has_heard_everybody(morning: Morning) -> None:
    morning.listening_since = SEVEN - 10
    assert not await morning.digest.look()

    morning.now += UP_S
    assert await morning.digest.look()


async def test_communes_are_watched_where_a_machine_speaks_or_is_off_as_usual(morning: Morning) -> None:
    morning.hear("05983", "quay-1", SEVEN - 5)
    morning.hear("06004", "quay-1", FOUR + 3600 * 1.5)
    morning.hear("00000", "vantage", SEVEN - 5)

    await morning.digest.look()

    assert "2/2 xã được theo dõi" in morning.bodies()[0]


async def test_a_commune_of_which_nothing_is_heard_is_not_watched(morning: Morning) -> None:
    morning.hear("05983", "quay-1", SEVEN - 5)

    await morning.digest.look()

    assert "1/2 xã được theo dõi" in morning.bodies()[0]


async def test_machines_that_are_not_back_are_named_by_commune(morning: Morning) -> None:
    for number in range(1, 7):
        morning.hear("05983", f"quay-{number}", FOUR)
    morning.hear("06004", "quay-1", SEVEN - 5)

    await morning.digest.look()

    (body,) = morning.bodies()
    assert (
        "Phường Lương Văn Tri: 6 máy chưa trở lại: quay-1, quay-2, quay-3, quay-4 … (lâu nhất từ 16:00 25/11/2026)."
        in body
    )


async def test_certificates_that_end_are_named_once_with_their_day(morning: Morning) -> None:
    for name in ("quay-1", "quay-2"):
        morning.hear("05983", name, SEVEN - 5, result("dvc", cert_expiry=SEVEN + 5.5 * DAY_S))
    morning.hear("06004", "quay-1", SEVEN - 5, result("dvc", cert_expiry=SEVEN + 90 * DAY_S))
    morning.own_ends = SEVEN - DAY_S

    await morning.digest.look()

    (body,) = morning.bodies()
    assert body.count("Cổng dịch vụ công") == 1
    assert "Chứng chỉ của Cổng dịch vụ công còn 5 ngày là hết hạn (19:00 01/12/2026)." in body
    assert "Chứng chỉ của trung tâm thu thập này đã hết hạn (07:00 25/11/2026)." in body


async def test_disks_with_little_room_are_named(morning: Morning) -> None:
    morning.hear("05983", "quay-1", SEVEN - 5, host={"uptime_s": 60, "disk_free_bytes": 1_234_000_000})
    morning.hear("05983", "quay-2", SEVEN - 5, host={"uptime_s": 60, "disk_free_bytes": 50_000_000_000})

    await morning.digest.look()

    (body,) = morning.bodies()
    assert "máy quay-1 chỉ còn 1,2 GB đĩa trống." in body
    assert "quay-2" not in body


async def test_what_is_worth_a_note_is_for_the_settings_to_say(morning: Morning) -> None:
    morning.settings = replace(SETTINGS, digest_away_hours=16, digest_certificate_days=100, digest_disk_gb=1)
    morning.begin()
    room = {"uptime_s": 60, "disk_free_bytes": 1_234_000_000}
    morning.hear("05983", "quay-1", SEVEN - 5, result("dvc", cert_expiry=SEVEN + 90 * DAY_S), host=room)
    morning.hear("06004", "quay-1", FOUR)

    await morning.digest.look()

    (body,) = morning.bodies()
    assert "Chứng chỉ của Cổng dịch vụ công còn 90 ngày là hết hạn" in body
    assert "chưa trở lại" not in body
    assert "đĩa trống" not in body


async def test_it_is_not_told_before_its_hour(morning: Morning) -> None:
    morning.now = SEVEN - 1
    assert not await morning.digest.look()
    assert morning.bodies() == []
