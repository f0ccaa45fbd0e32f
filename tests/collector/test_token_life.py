"""Tokens of machines at a real collector over kept-alive connections: renewed, revoked, used by two machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from sansang_agent.contract.joining import CLONE, REVOKED
from sansang_collector import fleet_changes, renewal, tokens
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.rotation import APART_S, WINDOW_S
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store
from sansang_collector.tokens import TOKEN
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import OTHER_STREAM, STREAM, envelope, report
from tests.support.web_collector import COMMUNE, NOON, WebCollector, web_collector

PATH = "/api/v1/reports"
DAY_S = 86_400.0
PC = (COMMUNE, "quay-1")


_OPEN: list[httpx.Client] = []


@contextmanager
def hanging_up() -> Iterator[None]:
    """Close the machines' connections, for which a server that ends would wait."""
    try:
        yield
    finally:
        while _OPEN:
            _OPEN.pop().close()


class Machine:
    """One machine of a collector on one kept-alive connection; ``secret`` is the token it uses."""

    def __init__(self, url: str, secret: str, *, boot: str = "boot-1", stream: str = STREAM) -> None:
        self.client = httpx.Client(base_url=url, timeout=20)
        _OPEN.append(self.client)
        self.secret = secret
        self.boot = boot
        self.stream = stream
        self.mono = 1000.0
        self._seq = 0

    def report(self, *, long: bool = False, secret: str = "") -> httpx.Response:
        """Send one report more, the short or the long way."""
        self._seq += 1
        self.mono += 15
        one = report(self._seq, self.mono, boot=self.boot, stream=self.stream)
        sent = envelope(one) | {"sent": {"boot": self.boot, "mono": self.mono, "wall": NOON}}
        body = httpx.Request("POST", "http://x", json=sent).content
        headers = {"Authorization": f"Bearer {secret or self.secret}"}
        return self.client.post(PATH, content=iter([body]) if long else body, headers=headers)

    def offered(self, **how: Any) -> str | None:
        answer = self.report(**how)
        assert answer.status_code == 200, answer.text
        found = answer.json()["token"]
        assert found is None or isinstance(found, str)
        return found


@pytest.fixture(name="web")
def web_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebCollector]:
    monkeypatch.setattr(renewal, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(renewal, "LOOKING_SHARE", 0)
    with web_collector(tmp_path / "data") as running, hanging_up():
        yield running


@contextmanager
def ledger(web: WebCollector) -> Iterator[Store]:
    store = Store(web.folder)
    try:
        yield store
    finally:
        store.close()


def enrolled(web: WebCollector, name: str = "quay-1") -> tuple[int, Machine]:
    """A machine whose token is renewed by itself."""
    with ledger(web) as store:
        place = COMMUNE, name
        agent = store.write_sync(lambda it: fleet_changes.enrol(it, place, None, "test", web.now)).agent
        store.write_sync(lambda it: tokens.revoke_all_of(it, agent, web.now))
        secret = store.write_sync(lambda it: tokens.issue(it, "agent", name, web.now, agent, rotates=True))[1]
    return agent, Machine(web.url, secret)


def rows(web: WebCollector, table: Any, **where: object) -> list[dict[str, Any]]:
    with ledger(web) as store, store.read() as connection:
        found = connection.execute(select(table).where(*(table.c[name] == value for name, value in where.items())))
        return [dict(row._mapping) for row in found]


def ends(web: WebCollector, agent: int) -> list[str | None]:
    """Why each of its tokens ended, the oldest first; None for a valid one. The first one, never used, is left out."""
    return [row["why"] for row in rows(web, TOKEN, agent=agent)][1:]


def until_offered(web: WebCollector, machine: Machine, **how: Any) -> str:
    found: list[str | None] = []

    def offers() -> bool:
        found.append(machine.offered(**how))
        return found[-1] is not None

    web.until(offers)
    assert found[-1] is not None
    return found[-1]


def refused(answer: httpx.Response, status: int, kind: str) -> bool:
    return (answer.status_code, answer.json().get("type")) == (status, kind)


@pytest.mark.parametrize("long", [False, True])
def test_a_token_that_has_come_of_age_is_renewed_within_a_request(web: WebCollector, long: bool) -> None:
    agent, pc = enrolled(web)
    assert pc.offered(long=long) is None
    web.turn_clock(30 * DAY_S)

    new = until_offered(web, pc, long=long)
    assert [pc.offered(long=long) for _ in range(3)] == [new] * 3
    assert pc.report(secret=new, long=long).status_code == 200
    assert refused(pc.report(long=long), 401, REVOKED)
    assert pc.offered(secret=new, long=long) is None
    web.until(lambda: ends(web, agent) == ["rotated", None])
    assert refused(pc.report(long=long), 401, REVOKED)


def test_a_token_handed_over_in_a_file_is_not_renewed(web: WebCollector) -> None:
    _, old = enrolled(web)
    (_, secret) = web.register([(COMMUNE, "tep")])[COMMUNE, "tep"]
    web.turn_clock(300 * DAY_S)
    until_offered(web, old)

    by_file = Machine(web.url, secret)
    assert [by_file.offered() for _ in range(5)] == [None] * 5


def test_a_lost_answer_locks_nobody_out(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    web.turn_clock(30 * DAY_S)
    lost = until_offered(web, pc)
    web.turn_clock(3 * DAY_S)

    assert pc.report().status_code == 200
    web.until(lambda: pc.offered() not in {None, lost})
    new = pc.offered()
    assert new
    assert pc.report(secret=new).status_code == 200
    web.until(lambda: ends(web, agent) == ["rotated", "unused", None])


def test_a_machine_that_does_not_take_over_its_new_token_is_shut_out_and_said_to_be(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    web.turn_clock(30 * DAY_S)
    until_offered(web, pc)
    for _ in range(3):
        web.turn_clock(APART_S)
        pc.offered()
    web.turn_clock(WINDOW_S)

    assert refused(pc.report(), 401, REVOKED)
    web.until(lambda: rows(web, AGENT, id=agent)[0]["revoked_why"] == "rotated")
    assert [(row["who"], row["what"]) for row in rows(web, AUDIT, agent=agent)][-1] == ("collector", "revoke")
    said = web.client.get("/fleet", params={"state": "revoked"}).text
    assert all(word in said for word in ("đã thu hồi", "máy không tiếp nhận mã truy cập mới", "vẫn còn thử gửi"))


def test_after_a_restart_the_token_handed_out_before_is_good_and_ends_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(renewal, "LOOKING_SHARE", 0)
    with web_collector(tmp_path / "data") as web, hanging_up():
        agent, pc = enrolled(web)
        web.turn_clock(30 * DAY_S)
        new = until_offered(web, pc)
    with web_collector(tmp_path / "data", at=web.now + 60) as web, hanging_up():
        again = Machine(web.url, pc.secret)
        another = until_offered(web, again)
        assert another != new
        assert again.report(secret=new).status_code == 200
        assert refused(again.report(), 401, REVOKED)
        web.until(lambda: ends(web, agent) == ["rotated", None, "unused"])


DEEDS: dict[str, Callable[[httpx.Client, int], httpx.Response]] = {
    "api": lambda admin, agent: admin.patch("/api/v1/agents", json={"ids": [agent], "revoked": True}),
    "page": lambda admin, agent: admin.post("/fleet/deeds", data={"deed": "revoke", "id": str(agent), "to": "counter"}),
}


@pytest.mark.parametrize("way", DEEDS)
def test_what_is_revoked_is_refused_at_the_next_request_and_its_history_stays(web: WebCollector, way: str) -> None:
    agent, pc = enrolled(web)
    assert pc.report().status_code == 200
    with httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {web.token('admin')}"}) as admin:
        assert DEEDS[way](admin, agent).status_code in {200, 303}
        assert refused(pc.report(), 401, REVOKED)
        assert refused(pc.report(long=True), 401, REVOKED)
        listed = admin.get("/api/v1/fleet", params={"state": "revoked"}).json()["items"]
        page = admin.get(f"/agents/{agent}").text

    assert [(row["id"], row["why"], row["refused_at"]) for row in listed] == [(agent, "revoked", web.now)]
    assert all(word in page for word in ("đã thu hồi từ 12:00", "Máy vẫn còn thử gửi"))
    assert rows(web, AUDIT, agent=agent)[-1]["what"] == "revoke"


def test_only_what_was_valid_once_is_told_that_it_ended(web: WebCollector) -> None:
    stranger = Machine(web.url, "never-a-token")

    answer = stranger.report()
    assert (answer.status_code, answer.json().get("type", "about:blank")) == (401, "about:blank")
    assert web.client.get("/api/v1/fleet", params={"state": "revoked"}).json()["items"] == []


def test_a_revoked_machine_that_is_enrolled_again_is_let_in_with_its_number(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    with httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {web.token('admin')}"}) as admin:
        admin.patch("/api/v1/agents", json={"ids": [agent], "revoked": True}).raise_for_status()
        made = admin.post("/api/v1/agents", json={"commune": PC[0], "name": PC[1]}).json()

        assert made["id"] == agent
        assert pc.report(secret=made["token"]).status_code == 200
        assert refused(pc.report(), 401, REVOKED)
        assert admin.get("/api/v1/fleet", params={"state": "revoked"}).json()["items"] == []


def test_a_wish_that_says_nothing_is_refused(web: WebCollector) -> None:
    with httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {web.token('admin')}"}) as admin:
        for wish in ({}, {"revoked": False}, {"renewed": False}):
            assert admin.patch("/api/v1/agents", json={"ids": [1]} | wish).status_code == 422


def test_a_renewal_that_somebody_wants_comes_with_one_of_the_next_answers(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    assert pc.offered() is None
    with httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {web.token('admin')}"}) as admin:
        changed = admin.patch("/api/v1/agents", json={"ids": [agent, 1], "renewed": True}).json()["changed"]
    new = until_offered(web, pc)

    assert changed == [agent]  # the other's token was handed over in a file
    assert pc.report(secret=new).status_code == 200
    web.until(lambda: ends(web, agent) == ["rotated", None])
    assert [pc.offered(secret=new) for _ in range(3)] == [None] * 3


def test_a_stolen_token_is_noticed_when_both_go_on_using_it(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    thief = Machine(web.url, pc.secret, boot="somewhere-else", stream=OTHER_STREAM)
    assert [one.report().status_code for one in (pc, thief, pc, thief)] == [200] * 4

    web.until(lambda: rows(web, AGENT, id=agent)[0]["quarantined_at"] is not None)
    for one in (pc, thief):
        assert refused(one.report(), 403, CLONE)
        assert refused(one.report(long=True), 403, CLONE)
    (deed,) = rows(web, AUDIT, agent=agent, what="quarantine")
    assert deed["who"] == "collector"
    assert all(boot in deed["detail"] for boot in ("boot-1", "somewhere-else"))
    page = web.client.get("/fleet", params={"state": "quarantined"}).text
    assert all(word in page for word in ("hai máy dùng chung một danh tính", "quay-1"))
    assert 'sansang_agents{commune="06019",state="quarantined"} 1' in web.client.get(
        "/metrics", headers={"Authorization": f"Bearer {web.token('metrics')}"}
    ).text.replace(".0", "")


def test_a_stolen_token_with_the_boot_of_its_owner_is_noticed_by_its_stream(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    thief = Machine(web.url, pc.secret, stream=OTHER_STREAM)
    for one in (pc, thief, pc, thief):
        pc.mono = thief.mono = max(pc.mono, thief.mono)
        assert one.report().status_code == 200

    web.until(lambda: rows(web, AGENT, id=agent)[0]["quarantined_at"] is not None)
    assert refused(pc.report(), 403, CLONE)


def test_both_are_let_in_again_as_soon_as_one_is_enrolled_and_what_was_reported_stays(web: WebCollector) -> None:
    agent, pc = enrolled(web)
    thief = Machine(web.url, pc.secret, boot="somewhere-else", stream=OTHER_STREAM)
    for one in (pc, thief, pc, thief):
        one.report()
    web.until(lambda: rows(web, AGENT, id=agent)[0]["quarantined_at"] is not None)
    with ledger(web) as store:
        again = store.write_sync(lambda it: fleet_changes.enrol(it, PC, None, "test", web.now))

    assert again.agent == agent
    assert pc.report(secret=again.secret).status_code == 200
    assert refused(thief.report(), 403, CLONE)
    assert rows(web, AGENT, id=agent)[0]["quarantined_at"] is None


def test_nothing_in_a_request_makes_it_another_machines_report(web: WebCollector) -> None:
    """The same stream and number as the other's: neither overwrites nor contradicts it, and it is the sender's."""
    _, one = enrolled(web, "quay-1")
    other_id, other = enrolled(web, "quay-2")
    assert other.report().status_code == 200
    claims = {"agent": other_id, "token": other.secret, "commune": COMMUNE, "name": "quay-2"}
    body = envelope(report(1, 1000.0, results=[]) | claims) | claims
    headers = {"Authorization": f"Bearer {one.secret}", "X-Agent": str(other_id), "X-Forwarded-User": "quay-2"}
    answer = one.client.post(PATH, json=body, headers=headers, params={"agent": other_id})

    assert (answer.status_code, answer.json()["refused"]) == (200, [])
    assert other.client.post(PATH, json=body, headers={"Authorization": f"Bearer {other.secret}"}).json()["refused"]


def test_a_token_revoked_by_another_process_is_refused_at_the_next_request_on_an_open_connection(
    tmp_path: Path,
) -> None:
    with running_collector(tmp_path) as collector, hanging_up():
        pc = Machine(collector.url, collector.token("agent", *PC))
        assert [pc.report().status_code for _ in range(3)] == [200] * 3
        said = command(collector, "token", "revoke", *PC)

        assert refused(pc.report(), 401, REVOKED)
        assert refused(pc.report(long=True), 401, REVOKED)
        assert "quay-1" in said


def test_the_command_line_renews_and_revokes(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, hanging_up():
        store = Store(tmp_path)
        agent = store.write_sync(lambda it: fleet_changes.enrol(it, PC, None, "test", NOON)).agent
        secret = store.write_sync(lambda it: tokens.issue(it, "agent", "x", NOON + 1e9, agent, rotates=True))[1]
        store.close()
        pc = Machine(collector.url, secret)
        command(collector, "token", "rotate", "--all")
        new = until_offered_by(pc)
        assert pc.report(secret=new).status_code == 200
        assert refused(pc.report(), 401, REVOKED)


def until_offered_by(pc: Machine) -> str:
    deadline = time.monotonic() + 20
    while (found := pc.offered()) is None:
        assert time.monotonic() < deadline, "no new token was handed out"
    return found


def command(collector: CollectorProcess, *words: str) -> str:
    return collector.run(*words, "--data", str(collector.data), "--lang", "en")


@pytest.mark.parametrize("days", [0, 366, "30 days"])
def test_how_old_a_token_gets_is_a_number_of_days(days: object) -> None:
    with pytest.raises(msgspec.ValidationError, match="token_days"):
        msgspec.convert({"token_days": days}, CollectorSettings)
