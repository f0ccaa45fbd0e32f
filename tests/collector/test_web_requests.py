"""Asking by the API: an admin's token asks, a reader sees it, mistakes are problems in words."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sansang_collector import tokens
from sansang_collector.store import Store
from tests.support.web_collector import COMMUNE, NOON, WebCollector, web_collector

PATH = "/api/v1/requests"
WISH = {"commune": COMMUNE, "kind": "tcp", "target": "dvc.example:443", "why": "thử"}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as running:
        running.report()
        yield running


@pytest.fixture
def admin(collector: WebCollector, tmp_path: Path) -> Iterator[httpx.Client]:
    store = Store(tmp_path)
    secret = store.write_sync(lambda it: tokens.issue(it, "admin", "trực tỉnh", NOON))[1]
    store.close()
    with httpx.Client(base_url=collector.url, headers={"Authorization": f"Bearer {secret}"}, timeout=10) as client:
        yield client


def test_a_request_is_made_and_found_under_its_own_address(collector: WebCollector, admin: httpx.Client) -> None:
    made = admin.post(PATH, json=WISH)

    assert made.status_code == 201, made.text
    assert made.json().items() >= {
        "state": "open", "agent_name": "may-1", "target": "dvc.example:443", "why": "thử", "results": []
    }.items()  # fmt: skip
    assert made.json()["who"].startswith("trực tỉnh (token ")
    assert collector.client.get(made.headers["location"]).json()["id"] == made.json()["id"]
    listed = collector.client.get(PATH, params={"commune": COMMUNE}).json()
    assert (listed["total"], [each["id"] for each in listed["items"]]) == (1, [made.json()["id"]])
    assert collector.client.get(PATH, params={"commune": "06001"}).json()["total"] == 0


def test_a_request_nobody_heard_is_shown_as_expired(collector: WebCollector, admin: httpx.Client) -> None:
    made = admin.post(PATH, json=WISH)
    collector.turn_clock(61)

    assert collector.client.get(made.headers["location"]).json()["state"] == "expired"


def test_a_reader_sees_requests_and_makes_none(collector: WebCollector) -> None:
    refused = collector.client.post(PATH, json=WISH)

    assert (refused.status_code, refused.json()["detail"]) == (403, "this credential does not have the right 'ask'")
    assert collector.client.get(PATH).json()["total"] == 0


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"kind": "ftp"}, 422, "'ftp' cannot be asked for"),
        ({"count": 6}, 422, "Expected `int` <= 5"),
        ({"metod": "POST"}, 422, "unknown field `metod`"),
        ({"agent": "may-9"}, 422, "There is no machine 'may-9'"),
    ],
)
def test_a_mistake_is_a_problem_that_says_what_is_wrong(
    admin: httpx.Client, change: dict[str, object], status: int, said: str
) -> None:
    answer = admin.post(PATH, json=WISH | change)

    assert answer.status_code == status
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"\xff"])
def test_a_body_that_is_no_object_is_a_problem(admin: httpx.Client, body: bytes) -> None:
    answer = admin.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_busy_service_is_a_conflict(admin: httpx.Client) -> None:
    admin.post(PATH, json=WISH)
    again = admin.post(PATH, json=WISH)

    assert (again.status_code, again.json()["detail"][:38]) == (409, "dvc.example is being asked already, by")


def test_a_silent_machine_is_a_conflict(collector: WebCollector, admin: httpx.Client) -> None:
    collector.turn_clock(120)

    assert admin.post(PATH, json=WISH).status_code == 409


def test_there_is_no_request_of_another_name(collector: WebCollector) -> None:
    assert collector.client.get(f"{PATH}/{'0' * 32}").status_code == 404
    assert collector.client.get(f"{PATH}/x").status_code == 422


def test_a_long_body_is_refused_and_of_a_stranger_none_is_read(collector: WebCollector, admin: httpx.Client) -> None:
    long = b'{"why":"' + b"x" * 20_000 + b'"}'
    url = f"{collector.url}{PATH}"

    assert admin.post(PATH, content=long).status_code == 413
    assert httpx.post(url, content=b"{", headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_target_of_any_length_is_not_kept(admin: httpx.Client) -> None:
    assert admin.post(PATH, json=WISH | {"kind": "icmp", "target": "x" * 3000}).status_code == 422
