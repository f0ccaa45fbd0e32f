"""Incidents over real HTTP: what is listed and shown to whom, what people do, and who hears of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sansang_collector import changes
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.incidents import rows
from sansang_collector.rights import Held
from tests.support.accounts import deeds, send
from tests.support.forms import signed
from tests.support.incident_rows import add_incident
from tests.support.incidents import AREA, KHANH_KHE, ON_RING, TAM_THANH, at
from tests.support.troubled import Trouble, troubled
from tests.support.visitors import Visitor, let_in

VAN_QUAN = "06253"
OTHERS = ("Bình Gia", "Hoa Thám", "06112", "Khánh Khê")
"""What nobody who sees only Văn Quan may read of its ring's incident."""


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    with troubled(tmp_path_factory.mktemp("trouble")) as found:
        yield found


@pytest.fixture(scope="module")
def api(trouble: Trouble) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {trouble.running.token('admin')}"}
    with httpx.Client(base_url=trouble.running.url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def technician(trouble: Trouble) -> Iterator[httpx.Client]:
    """Of Văn Quan, one of the seven communes on the ring."""
    visitor = Visitor("lan.nguyen", held=(Held("technician", VAN_QUAN),), is_person=True, is_session=True)
    with let_in(trouble.running, visitor) as client:
        yield client


def fresh(trouble: Trouble, communes: tuple[str, ...] = (KHANH_KHE, TAM_THANH), **more: Any) -> int:
    return trouble.running.write_ledger(lambda it: add_incident(it, communes, at("08:17"), "ring:lb", **more))


def listed(client: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    found = client.get("/api/v1/incidents", params=asked).json()
    assert found["total"] == len(found["items"])
    return list(found["items"])


def story(client: httpx.Client, number: int) -> list[tuple[str, str, str]]:
    found = client.get(f"/api/v1/incidents/{number}/story").json()["items"]
    return [(one["happened"], one["who"], one["detail"]) for one in found]


def kept(trouble: Trouble, number: int) -> rows.Kept:
    found = trouble.running.read_ledger(lambda it: rows.find(it, number))
    assert found
    return found


def test_what_is_under_way_is_listed_with_the_critical_first(trouble: Trouble, api: httpx.Client) -> None:
    found = listed(api)

    assert [one["severity"] for one in found] == sorted(one["severity"] for one in found)
    assert trouble.over not in {one["id"] for one in found}
    ring = next(one for one in found if one["id"] == trouble.ring)
    assert (ring["kind"], ring["name"], ring["counters"]) == ("ring", "Văn Quan – Bình Gia", 21)
    assert [hit["code"] for hit in ring["communes"]] == sorted(ON_RING)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"state": "suspect"}, ["suspect"]),
        ({"state": "resolved"}, ["over"]),
        ({"commune": TAM_THANH, "state": "all"}, ["lossy", "over"]),
        ({"owner": "telecom"}, ["ring"]),
        ({"severity": "warning", "state": "open"}, ["lossy"]),
        ({"state": "all", "commune": TAM_THANH, "since": at("08:00")}, ["lossy"]),
    ],
)
def test_a_list_holds_what_is_asked_for(
    trouble: Trouble, api: httpx.Client, asked: dict[str, Any], names: list[str]
) -> None:
    assert {one["id"] for one in listed(api, **asked)} == {getattr(trouble, name) for name in names}


def test_a_list_comes_in_pieces(api: httpx.Client) -> None:
    whole = [one["id"] for one in listed(api)]
    pieces = [api.get("/api/v1/incidents", params={"limit": 2, "offset": at}).json() for at in range(0, len(whole), 2)]

    assert [one["id"] for piece in pieces for one in piece["items"]] == whole


def test_whoever_sees_one_commune_of_an_incident_sees_only_that_part_of_it(
    trouble: Trouble, technician: httpx.Client
) -> None:
    (found,) = [one for one in listed(technician) if one["id"] == trouble.ring]
    page = technician.get(f"/incidents/{trouble.ring}")

    assert found["partial"]
    assert [hit["code"] for hit in found["communes"]] == [VAN_QUAN]
    assert (found["counters"], found["grounds"], found["part"]) == (None, [], "ring:vq-bg")
    assert page.status_code == 200
    told = page.text.replace("Văn Quan – Bình Gia", "")
    for said in (str(found).replace("Văn Quan – Bình Gia", ""), told, technician.get("/incidents").text):
        assert not [name for name in OTHERS if name in said.replace("Văn Quan – Bình Gia", "")]
    assert "21" not in [word.strip(",.") for word in told.split()]


def test_of_a_partial_incident_only_ones_own_notes_are_read(
    trouble: Trouble, api: httpx.Client, technician: httpx.Client
) -> None:
    api.post(f"/api/v1/incidents/{trouble.ring}/note", json={"text": "trạm Bình Gia mất điện"})
    send(technician, f"/incidents/{trouble.ring}", f"/incidents/{trouble.ring}/deeds", deed="note", text="đã gọi")

    told = [one for one in story(technician, trouble.ring) if one[0] == Happening.NOTED]

    assert [detail for _, _, detail in told] == ["", "đã gọi"]


@pytest.mark.parametrize("parted", [("split",), ("merge", "unmerge")])
def test_what_was_said_of_others_stays_theirs_when_only_ones_own_commune_is_left(
    trouble: Trouble, api: httpx.Client, technician: httpx.Client, parted: tuple[str, ...]
) -> None:
    both = "split" in parted
    number = fresh(trouble, (VAN_QUAN, TAM_THANH) if both else (VAN_QUAN,))
    asked = {"communes": [TAM_THANH]} if both else {"into": fresh(trouble, (TAM_THANH,))}
    api.post(f"/api/v1/incidents/{number}/note", json={"text": "Tam Thanh mất điện"})
    for deed in parted:
        assert api.post(f"/api/v1/incidents/{number}/{deed}", json=asked).is_success

    (found,) = [one for one in listed(technician) if one["id"] == number]
    told = technician.get(f"/api/v1/incidents/{number}/story").json()["items"]
    page = technician.get(f"/incidents/{number}").text

    assert not found["partial"]
    assert {(one["detail"], one["other_code"]) for one in told} == {("", "")}
    assert "Tam Thanh" not in page
    last = api.get(f"/api/v1/incidents/{number}/story").json()["items"][-1]
    assert last["other_code"]
    for part in (number, last["detail"]):
        api.post(f"/api/v1/incidents/{part}/resolve", json={"why": "xong"})


def test_acknowledging_needs_the_right_in_one_of_its_communes_and_resolving_in_all(
    trouble: Trouble, technician: httpx.Client
) -> None:
    number = fresh(trouble, (VAN_QUAN, TAM_THANH))
    place = f"/incidents/{number}/deeds"

    done = technician.post(place, data=signed(technician, {"deed": "acknowledge"}))
    refused = [
        technician.post(place, data=signed(technician, {"deed": deed, "text": "x", "commune": VAN_QUAN})).status_code
        for deed in ("resolve", "split")
    ]

    assert (done.status_code, refused) == (303, [403, 403])
    assert kept(trouble, number).acknowledged_by == "lan.nguyen"
    assert kept(trouble, number).incident.phase is Phase.OPEN
    assert ("lan.nguyen", "", f"{kept(trouble, number).incident.code} ({number})") in deeds(
        trouble.running, "acknowledge"
    )
    page = technician.get(f"/incidents/{number}").text
    assert 'value="note"' in page
    assert 'value="resolve"' not in page


def test_the_first_who_acknowledges_stays_named(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)

    assert api.post(f"/api/v1/incidents/{number}/acknowledge").status_code == 200
    again = api.post(f"/api/v1/incidents/{number}/acknowledge")

    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert "has acknowledged it already" in again.json()["detail"]


def test_what_was_assigned_can_be_taken_back(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)
    for to, stays in (("tổ trực 2", "tổ trực 2"), ("  ", None)):
        answer = api.post(f"/api/v1/incidents/{number}/assign", json={"to": to})
        assert answer.json()["assigned_to"] == stays


def test_resolved_by_hand_is_over_and_nothing_says_when_it_truly_ended(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)

    answer = api.post(f"/api/v1/incidents/{number}/resolve", json={"why": "đã hàn lại\ncáp"}).json()

    assert (answer["phase"], answer["ended_at"]) == ("resolved", None)
    assert story(api, number)[-1][::2] == (Happening.RESOLVED_BY_HAND, "đã hàn lại cáp")
    assert api.post(f"/api/v1/incidents/{number}/resolve", json={"why": "lại"}).status_code == 409
    assert api.post(f"/api/v1/incidents/{number}/note", json={"text": "nhầm"}).status_code == 200


def test_merged_with_another_it_is_followed_and_told_with_that_one(trouble: Trouble, api: httpx.Client) -> None:
    number, other = fresh(trouble, (KHANH_KHE,)), fresh(trouble, (TAM_THANH,))

    assert api.post(f"/api/v1/incidents/{number}/merge", json={"into": number}).status_code == 422
    assert api.post(f"/api/v1/incidents/{number}/merge", json={"into": 4711}).status_code == 404
    merged = api.post(f"/api/v1/incidents/{number}/merge", json={"into": other}).json()

    assert (merged["merged_into"], merged["phase"]) == (other, "open")
    assert kept(trouble, number).incident.held_back == f"incident:{other}"
    found = api.get(f"/api/v1/incidents/{other}").json()
    assert [hit["code"] for hit in found["communes"]] == [TAM_THANH, KHANH_KHE]
    assert story(api, other)[-1][::2] == (Happening.MERGED, str(number))
    assert f'id="incident-{number}"' not in api.get("/incidents").text
    page, code = api.get(f"/incidents/{other}").text, kept(trouble, number).incident.code
    assert f'<a href="/incidents/{number}">sự cố {code}</a>' in page
    assert api.get(f"/api/v1/incidents/{other}/story").json()["items"][-1]["other_code"] == code
    assert api.post(f"/api/v1/incidents/{number}/merge", json={"into": trouble.ring}).status_code == 409


def test_a_merge_can_be_taken_back_by_whoever_handles_both(
    trouble: Trouble, api: httpx.Client, technician: httpx.Client
) -> None:
    number, other = fresh(trouble, (VAN_QUAN,)), fresh(trouble, (TAM_THANH,))
    assert api.post(f"/api/v1/incidents/{number}/unmerge").status_code == 409
    api.post(f"/api/v1/incidents/{number}/merge", json={"into": other})
    place = f"/incidents/{number}/deeds"

    assert 'value="unmerge"' in api.get(f"/incidents/{number}").text
    assert technician.post(place, data=signed(technician, {"deed": "unmerge"})).status_code == 403
    alone = api.post(f"/api/v1/incidents/{number}/unmerge").json()

    assert (alone["merged_into"], alone["held_back"]) == (None, "")
    assert [hit["code"] for hit in api.get(f"/api/v1/incidents/{other}").json()["communes"]] == [TAM_THANH]
    assert [story(api, one)[-1][::2] for one in (number, other)] == [
        (Happening.UNMERGED, str(other)), (Happening.UNMERGED, str(number)),
    ]  # fmt: skip
    assert f'id="incident-{number}"' in api.get("/incidents").text
    assert 'value="unmerge"' not in api.get(f"/incidents/{number}").text
    api.post(f"/api/v1/incidents/{number}/resolve", json={"why": "xong"})


def test_nothing_is_merged_into_what_nobody_is_told_of(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)
    refused = api.post(f"/api/v1/incidents/{number}/merge", json={"into": trouble.suspect})

    assert refused.status_code == 409
    assert "only suspected" in refused.json()["detail"]


def test_the_wall_says_whose_an_incident_is_and_whether_somebody_is_on_it(api: httpx.Client) -> None:
    wall = " ".join(api.get("/?lang=en").text.split())

    assert "counters cannot serve; the line&#39;s duty desk, not acknowledged" in wall


def test_split_out_communes_are_an_incident_of_their_own(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)
    place = f"/api/v1/incidents/{number}/split"

    assert api.post(place, json={"communes": [KHANH_KHE, TAM_THANH]}).status_code == 422
    assert "does not hit 06073" in api.post(place, json={"communes": ["06073"]}).json()["detail"]
    born = api.post(place, json={"communes": [KHANH_KHE]})

    assert born.status_code == 201
    new, old = kept(trouble, born.json()["id"]), kept(trouble, number)
    assert (new.incident.hit, new.incident.verdict.communes) == ((KHANH_KHE,), (KHANH_KHE,))
    assert (old.incident.hit, old.incident.verdict.communes) == ((TAM_THANH,), (TAM_THANH,))
    assert new.incident.code != old.incident.code
    assert [story(api, one.incident.id)[-1][2] for one in (new, old)] == [str(number), str(new.incident.id)]


def test_everybody_who_sees_a_commune_of_it_hears_of_a_deed(trouble: Trouble, api: httpx.Client) -> None:
    number = fresh(trouble)
    before = trouble.running.read_ledger(changes.newest)

    api.post(f"/api/v1/incidents/{number}/note", json={"text": "đang đi"})

    told = trouble.running.read_ledger(lambda it: changes.after(it, before, 10))
    assert [(one.kind, one.commune, one.agent, one.incident) for one in told] == [
        ("incident", code, None, number) for code in (TAM_THANH, KHANH_KHE)
    ]


def test_incidents_of_one_event_are_one_situation(api: httpx.Client, technician: httpx.Client) -> None:
    (found,) = api.get("/api/v1/situations").json()["items"]
    page = api.get("/incidents?lang=vi").text

    assert (found["kind"], len(found["incidents"]), len(found["communes"])) == ("power_area", 4, 4)
    assert (found["began"], found["batteries"]) == (at("08:10"), [{"commune": AREA[0], "percent": 62.0}])
    assert page.count('class="panel edge failed situation"') == 1
    assert "Xã Lộc Bình: lần cuối liên lạc pin còn 62 %" in page
    assert technician.get("/api/v1/situations").json()["items"] == []


def test_the_six_characters_of_a_message_lead_to_the_incident_or_situation(
    trouble: Trouble, api: httpx.Client, technician: httpx.Client
) -> None:
    found = [api.get("/find", params={"code": code}).headers["location"] for code in ("m4t-7qx", "0ver 99", "P3V8QK")]
    theirs = [technician.get("/find", params={"code": code}).status_code for code in ("M4T7QX", "K7F2QD", "P3V8QK")]

    assert found == [f"/incidents/{trouble.ring}", f"/incidents/{trouble.over}", "/incidents#situation-1"]
    assert theirs == [303, 404, 404]


def test_the_page_tells_what_is_wrong_whose_it_is_and_what_to_do(trouble: Trouble, api: httpx.Client) -> None:
    page = api.get(f"/incidents/{trouble.ring}?lang=en").text

    assert "Ring Văn Quan – Bình Gia disconnected since 08:14: 7 communes, 21 counters cannot serve." in page
    assert "Call the line&#39;s duty desk: Trực mạng tỉnh" in page
    assert page.count('<a href="/communes/') == len(ON_RING)


def test_the_wall_and_the_commune_name_the_cause(trouble: Trouble, api: httpx.Client) -> None:
    wall, commune = api.get("/?lang=vi").text, api.get(f"/communes/{KHANH_KHE}?lang=vi").text

    cause = "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14"
    assert wall.count(cause) >= len(ON_RING)
    assert "Mất điện khu vực Huyện Lộc Bình từ 08:10" in wall
    assert f'href="/incidents/{trouble.dark}"' in commune
    assert "Thay cáp quang trạm Khánh Khê" in commune
    assert "Đang có việc đã báo trước" in commune


def test_metrics_count_what_is_open(trouble: Trouble) -> None:
    headers = {"Authorization": f"Bearer {trouble.running.token('metrics')}"}
    said = httpx.get(f"{trouble.running.url}/metrics", headers=headers).text

    assert 'sansang_incidents{kind="site_power",owner="power",severity="critical"} 5.0' in said
    assert 'kind="svc_app"' not in said  # a suspicion
    assert 'sansang_maintenance{kind="planned_work"} 1.0' in said
    assert 'sansang_maintenance{kind="power_cut"} 0.0' in said
