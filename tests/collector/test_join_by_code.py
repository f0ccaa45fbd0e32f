"""A machine joins by a code, over a real socket: who gets in, who does not, and what whoever guesses can learn."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import (
    ASK_PATH,
    CODE_EXPIRED,
    CODE_USED,
    HELLO_PATH,
    JOIN_PATH,
    JoinCode,
    Joined,
)
from sansang_collector import join_codes
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.join_codes import DAY, JOIN_CODE, Wanted
from sansang_collector.store import Store
from sansang_collector.tokens import TOKEN
from tests.support.joining import Joiner, make_code, send
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

KHANH_KHE = "06286"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as started:
        yield started


@pytest.fixture
def client(centre: WebCollector) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=centre.url, timeout=20) as made:
        yield made


def code_of(centre: WebCollector, wanted: Wanted) -> JoinCode:
    store = Store(centre.folder)
    try:
        return store.write_sync(lambda it: make_code(it, wanted, centre.now))
    finally:
        store.close()


def rows(centre: WebCollector, table: Any) -> list[dict[str, Any]]:
    return centre.read_ledger(lambda it: [dict(row._mapping) for row in it.execute(select(table))])


def joined(answer: httpx.Response) -> Joined:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Joined)


def reports(client: httpx.Client, token: str) -> int:
    """Whether a token is valid: 422 for a report that is none, 401 for a token that is none."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return client.post("/api/v1/reports", content=b"{}", headers=headers).status_code


def test_a_machine_that_proves_the_code_is_in_its_commune_with_a_token_that_reports(
    centre: WebCollector, client: httpx.Client
) -> None:
    code = code_of(centre, Wanted(KHANH_KHE, Role.KIOSK))
    machine = Joiner(client, code)
    answer = machine.join("Máy-Đón-Tiếp")
    me = joined(answer)
    (row,) = [one for one in rows(centre, AGENT) if one["id"] == me.agent]
    (token,) = [one for one in rows(centre, TOKEN) if one["agent"] == me.agent]
    (deed,) = [one for one in rows(centre, AUDIT) if one["what"] == "enrol"]

    assert machine.centre_is_proved
    assert (me.commune, me.commune_name, me.name) == (KHANH_KHE, "Xã Khánh Khê", "May-Don-Tiep")
    assert (row["role"], row["host"], row["enrolled_at"]) == ("kiosk", "Máy-Đón-Tiếp", centre.now)
    assert row["report_key"].hex() == me.report_key
    assert (token["rotates"], token["scope"]) == (1, "agent")
    assert (deed["who"], deed["agent"], deed["commune"]) == (f"join code {code.id}", me.agent, KHANH_KHE)
    assert reports(client, me.token) not in {401, 403}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_ledger_holds_neither_the_code_nor_the_token(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE))
    me = joined(Joiner(client, code).join())
    held = b"".join(part.read_bytes() for part in centre.folder.glob("ledger.db*"))

    assert code.secret.encode() not in held
    assert code.written().encode() not in held
    assert me.token.encode() not in held


def test_an_unknown_code_is_answered_like_a_known_one_and_refused_in_the_same_words(
    centre: WebCollector, client: httpx.Client
) -> None:
    known = code_of(centre, Wanted(KHANH_KHE))
    unknown = JoinCode("ZZZ" if known.id != "ZZZ" else "YYY", known.secret)
    wrong = JoinCode(known.id, "0" * 12)
    answers = []
    for guessed in (unknown, wrong):
        machine = Joiner(client, guessed)
        assert not machine.centre_is_proved
        assert (len(machine.heard.nonce), len(machine.heard.proof)) == (112, 64)
        answers.append(machine.join())

    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert rows(centre, JOIN_CODE)[0]["used"] == 0


def test_a_code_that_is_too_old_says_so_to_whoever_proves_it(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE, life_s=DAY))
    centre.turn_clock(DAY + 1)
    proved, guessed = Joiner(client, code).join(), Joiner(client, JoinCode(code.id, "0" * 12)).join()

    assert (proved.status_code, proved.json()["type"]) == (410, CODE_EXPIRED)
    assert (guessed.status_code, guessed.json().get("type")) == (403, None)
    assert len(rows(centre, AGENT)) == 1


def test_a_code_is_used_as_often_as_it_may_be_and_no_more(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE, uses=2))
    answers = [Joiner(client, code).join() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 410]
    assert answers[2].json()["type"] == CODE_USED
    assert [joined(answer).name for answer in answers[:2]] == ["MAY-01", "MAY-01-2"]


def test_a_withdrawn_code_lets_nobody_in(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE, uses=5))
    machine = Joiner(client, code)
    store = Store(centre.folder)
    store.write_sync(lambda it: join_codes.revoke(it, code.id, "test", centre.now))
    store.close()

    assert (machine.join().json()["type"], machine.centre_is_proved) == (CODE_USED, True)


def test_of_twenty_machines_at_once_a_code_for_one_lets_in_exactly_one(centre: WebCollector) -> None:
    code = code_of(centre, Wanted(KHANH_KHE))
    key = code.key()

    def one(number: int) -> int:
        with httpx.Client(base_url=centre.url, timeout=20) as own:
            return Joiner(own, code, key).join(f"may-{number}").status_code

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(one, range(20)))

    assert found == {200: 1, 410: 19}
    assert rows(centre, JOIN_CODE)[0]["used"] == 1
    assert len(rows(centre, AGENT)) == 2


def test_a_message_said_again_lets_nobody_in_twice(centre: WebCollector, client: httpx.Client) -> None:
    machine = Joiner(client, code_of(centre, Wanted(KHANH_KHE, uses=5)))
    message = machine.message()
    first, again = send(client, message), send(client, message)

    assert (first.status_code, again.status_code) == (200, 409)
    assert rows(centre, JOIN_CODE)[0]["used"] == 1


@pytest.mark.parametrize("seconds", [121, -121])
def test_a_nonce_lives_for_two_minutes(centre: WebCollector, client: httpx.Client, seconds: float) -> None:
    machine = Joiner(client, code_of(centre, Wanted(KHANH_KHE)))
    centre.turn_clock(seconds)

    assert machine.join().status_code == 409


def test_a_nonce_of_another_hello_or_of_nobody_is_none(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE))
    other = Joiner(client, code).heard.nonce

    for odd in (other, "", "zz", "00" * 56, "é" * 50):
        assert Joiner(client, code).join(answer_nonce=odd).status_code == 409, odd


@pytest.mark.parametrize("changed", [{"host": "evil"}, {"system": "other"}, {"proof": "f" * 64}])
def test_a_message_changed_on_its_way_proves_nothing(
    centre: WebCollector, client: httpx.Client, changed: dict[str, str]
) -> None:
    machine = Joiner(client, code_of(centre, Wanted(KHANH_KHE)))
    answer = send(client, msgspec.structs.replace(machine.message(), **changed))

    assert answer.status_code == 403
    assert len(rows(centre, AGENT)) == 1


def test_whoever_guesses_is_slowed_down_and_whoever_knows_is_not(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(KHANH_KHE))
    guesses = [Joiner(client, JoinCode(code.id, "0" * 12), b"wrong").join() for _ in range(12)]
    right = Joiner(client, code).join()
    centre.turn_clock(61)
    later = Joiner(client, JoinCode("000", "0" * 12), b"wrong").join()

    assert [guess.status_code for guess in guesses] == [403] * 10 + [429] * 2
    assert 1 <= int(guesses[-1].headers["Retry-After"]) <= 60
    assert right.status_code == 200
    assert later.status_code == 403


def test_a_host_name_is_never_an_identity(centre: WebCollector, client: httpx.Client) -> None:
    code = code_of(centre, Wanted(COMMUNE, uses=5))
    same = joined(Joiner(client, code).join("may-1"))
    other_case = joined(Joiner(client, code).join("MAY-1"))

    assert same.agent != centre.agent
    assert (same.name, other_case.name) == ("may-1-2", "MAY-1-3")


@pytest.mark.parametrize(
    ("host", "called", "kept"),
    [
        ("<script>alert(1)</script>", "script-alert-1-script", "<script>alert(1)</script>"),
        ("a\nb\r\nenrol admin", "a-b-enrol-admin", "a b enrol admin"),
        ("quầy số 1\u202e", "quay-so-1", "quầy số 1"),
        ("../../etc", "etc", "../../etc"),
        ("", "pc", ""),
        ("x" * 255, "x" * 56, "x" * 255),
    ],
)
def test_what_a_machine_calls_itself_is_made_a_name_and_shown_as_text(
    centre: WebCollector, client: httpx.Client, host: str, called: str, kept: str
) -> None:
    me = joined(Joiner(client, code_of(centre, Wanted(KHANH_KHE))).join(host))
    (row,) = [one for one in rows(centre, AGENT) if one["id"] == me.agent]
    details = [deed["detail"] for deed in rows(centre, AUDIT)]

    assert (me.name, row["host"]) == (called, kept)
    assert not any(set("\n\r\u202e") & set(detail) for detail in details)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "x" * 256},
        {"host": "x" * 5_000},
        {"host": 7},
        {"proof": "F" * 64},
        {"proof": "0" * 64 + "\n"},
        {"nonce": "0"},
        {"id": "ilo"},
        {"id": None},
    ],
)
def test_a_message_that_cannot_be_is_refused_and_nothing_happens(
    centre: WebCollector, client: httpx.Client, wrong: dict[str, object]
) -> None:
    machine = Joiner(client, code_of(centre, Wanted(KHANH_KHE)))
    said = msgspec.to_builtins(machine.message()) | wrong
    answer = client.post(JOIN_PATH, json=said)

    assert answer.status_code in {413, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(rows(centre, AGENT)) == 1


def test_a_long_hello_is_not_read(client: httpx.Client) -> None:
    assert client.post(HELLO_PATH, content=b" " * 5_000).status_code == 413
    assert client.post(HELLO_PATH, content=b"{").status_code == 422


def test_a_message_nested_without_end_is_refused(client: httpx.Client) -> None:
    for path in (HELLO_PATH, JOIN_PATH, ASK_PATH):
        assert client.post(path, content=b'{"x":' + b"[" * 4_000).status_code == 422


def test_a_machine_enrolled_again_keeps_its_number_and_its_old_token_ends(
    centre: WebCollector, client: httpx.Client
) -> None:
    old = centre.token("agent", centre.agent)
    quarantine(centre)
    code = code_of(centre, Wanted(COMMUNE, machine="may-1"))
    before = reports(client, old)
    me = joined(Joiner(client, code).join("another-host"))
    (row,) = rows(centre, AGENT)

    assert (me.agent, me.name, row["host"]) == (centre.agent, "may-1", "another-host")
    assert (row["quarantined_at"], row["retired_at"], row["enrolled_at"]) == (None, None, centre.now)
    assert before != 401
    assert reports(client, old) == 401
    assert reports(client, me.token) != 401
    assert Joiner(client, code).join().status_code == 410


def quarantine(centre: WebCollector) -> None:
    store = Store(centre.folder)
    changed = AGENT.update().values(quarantined_at=centre.now, retired_at=centre.now)
    store.write_sync(lambda it: it.execute(changed).rowcount)
    store.close()


def test_the_description_tells_how_a_machine_joins(centre: WebCollector) -> None:
    paths = centre.client.get("/api/v1/openapi.json").json()["paths"]

    assert {"/api/v1/enrol/hello", "/api/v1/enrol", "/api/v1/enrol/ask", "/api/v1/enrol/decide"} <= set(paths)
    assert {"200", "403", "409", "410", "429", "503"} <= set(paths["/api/v1/enrol"]["post"]["responses"])
