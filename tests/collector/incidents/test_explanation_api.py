"""``…/explanation`` of an incident and of a commune; who may see it is held by the tests of rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_collector.inventory import versions
from sansang_collector.rights import Held
from tests.support.incidents import ON_RING, TAM_THANH, dark_commune, lang_son, ring_cut
from tests.support.visitors import Visitor, let_in
from tests.support.web_collector import WebCollector, web_collector

from .test_explain_command import put

BINH_GIA = "06112"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    folder: Path = tmp_path_factory.mktemp("explained")
    with web_collector(folder) as collector:
        collector.write_ledger(lambda it: versions.put(it, lang_son(), ("test", collector.now), ""))
        collector.client.headers["Authorization"] = f"Bearer {collector.token('admin')}"
        assert collector.client.post("/-/reload").status_code == 204
        collector.write_ledger(lambda it: put(it, ring_cut()))
        collector.write_ledger(lambda it: put(it, dark_commune()))
        yield collector


def test_an_incident_is_explained_in_vietnamese_and_in_english_where_that_is_asked_for(running: WebCollector) -> None:
    here = running.client.get("/api/v1/incidents/1/explanation").json()
    there = running.client.get("/api/v1/incidents/1/explanation?lang=en").json()

    assert here["language"] == "vi"
    assert here["headline"].startswith("Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14")
    assert there["language"] == "en"
    assert there["headline"].startswith("Ring Văn Quan – Bình Gia disconnected since 08:14")


def test_the_class_is_told_with_whom_to_call_and_what_to_do(running: WebCollector) -> None:
    found = running.client.get("/api/v1/incidents/2/explanation?lang=en").json()

    assert [cause["component"] for cause in found["causes"]] == ["site_power", "terminal", "access_link"]
    assert [call["owner"] for call in found["calls"]] == ["power", "telecom"]
    assert found["next_steps"][0].startswith("Call the centre first.")
    assert found["would_split"]


def test_an_incident_that_is_not_there_is_a_problem(running: WebCollector) -> None:
    answer = running.client.get("/api/v1/incidents/4711/explanation")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "there is no incident 4711"


def test_who_sees_one_commune_is_told_of_that_alone(running: WebCollector) -> None:
    viewer = Visitor("viewer there", held=(Held("viewer", BINH_GIA),), is_person=True)
    with let_in(running, viewer, "") as client:
        said = client.get("/api/v1/incidents/1/explanation?lang=en")
        hidden = client.get("/api/v1/incidents/2/explanation")

    found = said.json()
    assert found["headline"] == "Ring Văn Quan – Bình Gia disconnected since 08:14: 1 commune affected."
    assert found["where"] == "Xã Bình Gia"
    assert "speaks_for" not in found
    assert not [code for code in ON_RING if code != BINH_GIA and code in said.text]
    assert hidden.status_code == 403


def test_a_commune_is_explained_with_all_that_hits_it_now(running: WebCollector) -> None:
    here = running.client.get(f"/api/v1/communes/{BINH_GIA}/explanation").json()
    there = running.client.get(f"/api/v1/communes/{BINH_GIA}/explanation?lang=en").json()
    well = running.client.get(f"/api/v1/communes/{TAM_THANH}/explanation").json()
    none = running.client.get("/api/v1/communes/99999/explanation")

    assert [one["headline"][:5] for one in here["incidents"] + there["incidents"]] == ["Vòng ", "Ring "]
    assert (there["name"], bool(there["serving"]["state"])) == ("Xã Bình Gia", True)
    assert "incidents" not in well
    assert (none.status_code, none.json()["detail"]) == (404, "no commune has the code '99999'")


def test_who_sees_one_commune_is_told_of_that_one_alone_there_too(running: WebCollector) -> None:
    viewer = Visitor("viewer of it", held=(Held("viewer", BINH_GIA),), is_person=True)
    with let_in(running, viewer, "") as client:
        said = client.get(f"/api/v1/communes/{BINH_GIA}/explanation?lang=en")

    assert [one["where"] for one in said.json()["incidents"]] == ["Xã Bình Gia"]
    assert not [code for code in ON_RING if code != BINH_GIA and code in said.text]


@pytest.mark.parametrize("number", ["x", "-1", "0", "99999999999999999999"])
def test_a_number_that_cannot_be_is_refused(running: WebCollector, number: str) -> None:
    assert running.client.get(f"/api/v1/incidents/{number}/explanation").status_code == 422
