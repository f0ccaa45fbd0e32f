"""Machines without a code ask, wait and are let in or sent away, over a real socket, the API and the pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import insert

from sansang_agent.contract.joining import Ask, Joined
from sansang_collector import waiting
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.contact import CONTACT
from sansang_collector.store import Store
from sansang_collector.waiting import WAITING
from tests.collector.test_join_by_code import reports, rows
from tests.collector.test_web_pages import text
from tests.support.forms import signed
from tests.support.joining import ask, new_claim
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

KHANH_KHE = "06286"
WAITING_LIST, DECIDE = "/api/v1/enrol/waiting", "/api/v1/enrol/decide"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as started:
        yield started


@pytest.fixture
def client(centre: WebCollector) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=centre.url, timeout=20) as made:
        yield made


@pytest.fixture
def admin(centre: WebCollector) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {centre.token('admin')}"}
    with httpx.Client(base_url=centre.url, timeout=20, headers=headers) as made:
        yield made


def guests(admin: httpx.Client) -> list[dict[str, Any]]:
    answer = admin.get(WAITING_LIST)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def decide(admin: httpx.Client, ids: list[int], **more: str) -> httpx.Response:
    return admin.post(DECIDE, json={"ids": ids, "decision": "approve", "commune": KHANH_KHE} | more)


def joined(answer: httpx.Response) -> Joined:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Joined)


def change(centre: WebCollector, statement: Any, values: Any = None) -> None:
    store = Store(centre.folder)
    store.write_sync(lambda it: it.execute(statement, values).rowcount)
    store.close()


def test_a_machine_that_asked_is_let_in_by_somebody_and_gets_its_token_when_it_asks_again(
    centre: WebCollector, client: httpx.Client, admin: httpx.Client
) -> None:
    claim = new_claim()
    first, second = ask(client, claim), ask(client, claim)
    (guest,) = guests(admin)
    decided = decide(admin, [guest["id"]])
    answer = ask(client, claim)
    me = joined(answer)
    deeds = [(deed["what"], deed["agent"]) for deed in rows(centre, AUDIT)]

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json() == {"word": guest["word"], "retry_s": 5.0}
    assert (guest["host"], guest["system"], guest["address"]) == ("MAY-01", "Windows 11", "127.0.0.1")
    assert decided.json() == {"ids": [guest["id"]], "agents": [me.agent]}
    assert (me.commune, me.name, answer.headers["Cache-Control"]) == (KHANH_KHE, "MAY-01", "no-store")
    assert reports(client, me.token) != 401
    assert guests(admin) == []
    assert deeds == [("approve", me.agent), ("enrol", me.agent)]


def test_an_answer_that_was_lost_is_given_again_and_ends_the_token_of_the_first(
    centre: WebCollector, client: httpx.Client, admin: httpx.Client
) -> None:
    claim = new_claim()
    ask(client, claim)
    decide(admin, [guests(admin)[0]["id"]])
    first = joined(ask(client, claim))
    centre.turn_clock(waiting.AGAIN_S - 1)
    again = joined(ask(client, claim))
    centre.turn_clock(2)
    too_late = ask(client, claim)

    assert again.agent == first.agent
    assert reports(client, first.token) == 401
    assert reports(client, again.token) != 401
    assert too_late.status_code == 403


def test_a_claim_is_spent_once_its_token_was_used(
    centre: WebCollector, client: httpx.Client, admin: httpx.Client
) -> None:
    claim = new_claim()
    ask(client, claim)
    decide(admin, [guests(admin)[0]["id"]])
    me = joined(ask(client, claim))
    heard = {"agent": me.agent, "at": centre.now, "boot": "b", "skew": 0.0, "spool_rows": 0, "spool_bytes": 0}
    change(centre, insert(CONTACT), heard | {"silent": False})

    assert ask(client, claim).status_code == 403
    assert reports(client, me.token) != 401


def test_a_machine_that_is_refused_is_told_so(centre: WebCollector, client: httpx.Client, admin: httpx.Client) -> None:
    claim = new_claim()
    ask(client, claim)
    (guest,) = guests(admin)
    refused = admin.post(DECIDE, json={"ids": [guest["id"]], "decision": "refuse"})

    assert refused.status_code == 200
    assert [ask(client, claim).status_code for _ in range(2)] == [403, 403]
    assert guests(admin) == []
    assert len(rows(centre, AGENT)) == 1
    assert [deed["what"] for deed in rows(centre, AUDIT)] == ["refuse"]


def test_what_is_decided_is_decided_once_and_all_or_none(
    centre: WebCollector, client: httpx.Client, admin: httpx.Client
) -> None:
    claims = [new_claim() for _ in range(3)]
    for claim in claims:
        ask(client, claim)
    ids = [guest["id"] for guest in guests(admin)]
    first, again, mixed = decide(admin, ids[:1]), decide(admin, ids[:1]), decide(admin, ids)
    named = decide(admin, ids[1:], name="quay-1")
    one = decide(admin, ids[1:2], name="may-1", commune=COMMUNE)

    assert [answer.status_code for answer in (first, again, mixed, named, one)] == [200, 422, 422, 422, 422]
    assert "not waiting" in mixed.json()["detail"]
    assert "already" in one.json()["detail"]
    assert len(guests(admin)) == 2


def test_machines_that_call_themselves_alike_get_names_of_their_own(client: httpx.Client, admin: httpx.Client) -> None:
    claims = [new_claim(), new_claim()]
    words = {ask(client, claim, "DESKTOP").json()["word"] for claim in claims}
    decide(admin, [guest["id"] for guest in guests(admin)])

    assert len(words) == 2
    assert [joined(ask(client, claim)).name for claim in claims] == ["DESKTOP", "DESKTOP-2"]


def test_from_one_address_only_so_many_wait(centre: WebCollector, client: httpx.Client, admin: httpx.Client) -> None:
    claims = [new_claim() for _ in range(waiting.MOST_OF_ADDRESS + 1)]
    answers = [ask(client, claim) for claim in claims]

    assert [answer.status_code for answer in answers] == [202] * waiting.MOST_OF_ADDRESS + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert ask(client, claims[0]).status_code == 202
    decide(admin, [guests(admin)[0]["id"]])
    assert ask(client, claims[-1]).status_code == 202


def test_a_full_queue_takes_nobody_else(centre: WebCollector, client: httpx.Client) -> None:
    told = {"word": "0" * 6, "host": "", "system": "", "address": "192.0.2.1"}
    when = {"asked_at": centre.now, "seen_at": centre.now}
    change(centre, insert(WAITING), [told | when | {"claim": b"%d" % each} for each in range(waiting.MOST)])
    answer = ask(client, new_claim())

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_machines_that_no_longer_ask_give_way_where_the_queue_is_full(
    centre: WebCollector, client: httpx.Client
) -> None:
    told = {"word": "0" * 6, "host": "", "system": "", "address": "192.0.2.1", "asked_at": centre.now}
    seen = {each: centre.now - waiting.SILENT_S * (each % 2) for each in range(waiting.MOST)}
    rows_ = [told | {"claim": b"%d" % each, "seen_at": at} for each, at in seen.items()]
    change(centre, insert(WAITING), rows_)
    answer = ask(client, new_claim())

    assert answer.status_code == 202
    assert len(rows(centre, WAITING)) == waiting.MOST // 2 + 1


def test_all_of_an_ipv6_network_waits_as_one_address(centre: WebCollector) -> None:
    told = {"word": "0" * 6, "host": "", "system": "", "asked_at": centre.now, "seen_at": centre.now}
    near = [told | {"claim": b"%d" % each, "address": f"2001:db8::{each:x}"} for each in range(waiting.MOST_OF_ADDRESS)]
    change(centre, insert(WAITING), near)
    store = Store(centre.folder)
    with pytest.raises(waiting.CrowdedError):
        store.write_sync(lambda it: waiting.ask(it, Ask(claim=new_claim()), "2001:db8::ffff", centre.now))
    word = store.write_sync(lambda it: waiting.ask(it, Ask(claim=new_claim()), "2001:db8:0:1::1", centre.now))
    store.close()

    assert len(str(word)) == waiting.WORD_LENGTH


@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": []},
        {"ids": [0]},
        {"ids": [2**60]},
        {"commune": ""},
        {"commune": "6286"},
        {"decision": "perhaps"},
        {"name": "máy 1"},
        {"decision": "refuse"},
        {"wer": "x"},
    ],
)
def test_a_decision_that_cannot_be_is_refused(client: httpx.Client, admin: httpx.Client, wrong: dict[str, Any]) -> None:
    ask(client, new_claim())
    said = {"ids": [guests(admin)[0]["id"]], "decision": "approve", "commune": KHANH_KHE} | wrong

    assert admin.post(DECIDE, json=said).status_code == 422
    assert len(guests(admin)) == 1


def test_whoever_only_reads_neither_sees_who_waits_nor_decides(centre: WebCollector, client: httpx.Client) -> None:
    ask(client, new_claim(), "PHONG-HOP")
    headers = {"Authorization": f"Bearer {centre.read_secret}"}

    assert client.get(WAITING_LIST).status_code == 401
    assert client.get(WAITING_LIST, headers=headers).status_code == 403
    assert client.post(DECIDE, json={}, headers=headers).status_code == 403
    assert "PHONG-HOP" not in client.get("/fleet", headers=headers).text


def test_on_the_list_of_machines_somebody_ticks_confirms_and_lets_in(
    centre: WebCollector, client: httpx.Client
) -> None:
    claim = new_claim()
    word = ask(client, claim, "<b>may</b>").json()["word"]
    number = rows(centre, WAITING)[0]["id"]
    asked = f"/fleet/waiting/confirm?deed=approve&id={number}&commune={KHANH_KHE}"
    form = {"deed": "approve", "id": number, "commune": KHANH_KHE}
    with centre.session("admin") as browser:
        listed = browser.get("/fleet").text
        confirm = browser.get(asked).text
        waits = ask(client, claim).status_code
        foreign = browser.post("/fleet/waiting", data=form)
        done = browser.post("/fleet/waiting", data=signed(browser, form), headers={"Origin": centre.url})
        again = browser.post("/fleet/waiting", data=signed(browser, form), headers={"Origin": centre.url})
        after = text(browser.get(done.headers["location"]).text)

    assert word in listed
    assert "&lt;b&gt;may&lt;/b&gt;" in listed
    assert "<b>may" not in listed + confirm
    assert "Xã Khánh Khê" in text(confirm)
    assert (waits, foreign.status_code, done.status_code, again.status_code) == (202, 403, 303, 422)
    assert "Đã quyết định về 1 máy" in after
    assert joined(ask(client, claim)).name == "b-may-b"
