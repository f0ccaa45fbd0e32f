"""What an Alertmanager posts is told to people: once, from beginning to end, however much of it there is."""

import json
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import alertmanager, taking_in
from sansang_alerts.alertmanager import PayloadError
from sansang_alerts.fault import Happening, Source
from sansang_alerts.opening import Opened
from sansang_alerts.tables import ALERT
from sansang_alerts.texts.phrases import Phrases
from tests.alerts.desks import HOOK, MAIL, settings
from tests.alerts.web.visiting import RING, TOKEN, House, alert
from tests.support.faults import BEGAN


@pytest.fixture
def house(ledger: Opened) -> House:
    return House(ledger, settings())


def alerts_kept(house: House) -> int:
    with house.ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(ALERT)) or 0


async def test_an_alert_is_told_once_and_its_end_too(house: House) -> None:
    for _ in range(3):  # a cluster of three, and its repeats
        assert (await house.post(alert())).status_code == 200
        await house.passes(1)
    await house.post(alert(status="resolved"))
    await house.passes(180)
    await house.post(alert(status="resolved"))
    await house.passes(180)

    assert house.got() == [("a", "opened"), ("a", "recovered")]
    assert "DiskFull: còn 2 %" in unescape(house.channels["mail"].got[0].body)


async def test_it_goes_to_the_team_of_its_owner(house: House) -> None:
    await house.post(alert(owner="power"))
    await house.passes(1)

    assert house.got() == [("p", "opened")]


async def test_what_fires_again_after_its_end_is_told_again(house: House) -> None:
    for status in ("firing", "resolved", "firing"):
        await house.post(alert(status=status))
        await house.passes(200)

    assert house.got() == [("a", "opened"), ("a", "recovered"), ("a", "opened")]


async def test_what_fires_again_at_once_was_never_told_as_over(house: House) -> None:
    for status in ("firing", "resolved", "firing"):
        await house.post(alert(status=status))
        await house.passes(10)
    await house.passes(300)

    assert house.got() == [("a", "opened")]


async def test_alertmanager_lets_the_desks_own_incident_be_told(ledger: Opened) -> None:
    house = House(ledger, settings(), announced=True)
    await house.open()
    assert house.got() == []

    answer = await house.post(alert("SansangIncident", incident=RING.code))
    await house.passes(1)
    await house.post(alert("SansangIncident", "resolved", incident=RING.code))
    await house.passes(600)

    assert answer.json() == {"released": 1, "told": 0, "ended": 0, "beyond": 0}
    assert house.got() == [("a", "opened"), ("b", "escalated")]  # its end comes from whoever found it
    await house.tell(Happening.RECOVERED, RING)
    await house.passes(180)
    assert house.got()[2:] == [("a", "recovered"), ("b", "recovered")]


async def test_an_incident_of_another_ledger_is_anybodys_alert(house: House) -> None:
    await house.post(alert("SansangIncident", incident="K7F2QD"))
    await house.passes(1)
    await house.post(alert("SansangIncident", "resolved", incident="K7F2QD"))
    await house.passes(180)

    assert house.got() == [("a", "opened"), ("a", "recovered")]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
async def test_without_the_token_nothing_is_read(house: House, token: str) -> None:
    headers = [(b"Authorization", f"Bearer {token}".encode())]

    answer = await house.visitor.post("/api/v1/alertmanager", content=b"garbage", headers=headers)

    assert answer.status_code == 401
    assert alerts_kept(house) == 0


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_ten_thousand_alerts_cost_no_more_rows_than_are_told(
    ledger: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_in, "MOST_OPEN", 20)  # 1,000 in life: the rest of the way is the same
    house = House(ledger, settings(MAIL, HOOK))
    many = [alert(instance=f"pc-{number}") for number in range(10_000)]

    first, again = await house.post(*many), await house.post(*many)

    assert first.json() == again.json() == {"released": 0, "told": 20, "ended": 0, "beyond": 9_980}
    assert alerts_kept(house) == 21
    await house.sender.drain()
    assert any("thêm 9980 cảnh báo" in one.body for one in house.channels["hook"].got)

    ended = await house.post(*({**one, "status": "resolved"} for one in many))
    await house.passes(200)

    assert ended.json() == {"released": 0, "told": 0, "ended": 20, "beyond": 0}
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).where(ALERT.c.over_at.is_(None))) == 0


async def test_a_payload_beyond_all_bounds_is_refused_before_it_is_read(house: House) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Length": str(10**9)}

    answer = await house.visitor.post("/api/v1/alertmanager", content=b"{}", headers=headers)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"version": "3"}, "$.version"),
        ({"version": "4"}, "alerts"),
        ({"version": "4", "alerts": [{"status": "odd", "labels": {}}]}, "$.alerts[0].status"),
        ({"version": "4", "alerts": [{"status": "firing", "labels": {"a": 1}}]}, "$.alerts[0].labels"),
        ([], "array"),
    ],
)
async def test_what_is_no_payload_is_refused_with_its_reason(house: House, payload: Any, said: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    answer = await house.visitor.post("/api/v1/alertmanager", json=payload, headers=headers)

    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_deep_and_broken_json_is_refused(house: House) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for body in (b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"version": "4", "alerts": [' + b"[" * 50_000):
        answer = await house.visitor.post("/api/v1/alertmanager", content=body, headers=headers)
        assert answer.status_code == 400


async def test_labels_of_strangers_are_told_as_plain_text(house: House) -> None:
    await house.post(
        alert(
            "X",
            commune="06001",
            commune_name="<b>Xã\nA</b>\u202e",
            instance="[here](https://evil.example)",
        )
        | {"annotations": {"summary": "a\r\nBcc: b@example.org <script>", "runbook_url": "javascript:alert(1)"}}
    )
    await house.passes(1)

    mail = house.channels["mail"].got[0]
    page = await house.visitor.get(next(word for word in mail.body.split() if word.startswith("https://bao-tin")))
    assert "\r" not in mail.subject + mail.body
    assert "\nBcc:" not in mail.body
    for text in (mail.body, page.text):
        for mark in ("<script>", "<b>", "\u202e", "[here](https", "javascript:"):
            assert mark not in text


def test_a_fault_says_what_its_labels_say() -> None:
    given = alert(owner="telecom", commune="06001, 06004", commune_name="Xã A, Xã B", system="dvc", severity="page")

    found = alertmanager.fault(alertmanager.read(as_payload(given)).alerts[0], BEGAN + 60)

    assert (found.source, found.owner, found.severity) == (Source.ALERTMANAGER, Owner.TELECOM, Severity.CRITICAL)
    assert [(place.code, place.name) for place in found.communes] == [("06001", "Xã A"), ("06004", "Xã B")]
    assert found.systems == ("dvc",)
    assert (int(found.began_at), found.ended_at) == (int(BEGAN), None)
    assert Phrases("vi", BEGAN).said(found).since == "08:14"


@pytest.mark.parametrize(
    ("label", "severity"),
    [("warning", Severity.WARNING), ("", Severity.WARNING), ("Critical", Severity.CRITICAL), ("none", Severity.INFO)],
)
def test_severities_are_those_that_people_write(label: str, severity: Severity) -> None:
    found = alertmanager.read(as_payload(alert(severity=label))).alerts[0]

    assert alertmanager.fault(found, BEGAN).severity is severity


def test_another_language_has_its_own_annotation() -> None:
    given = alert() | {"annotations": {"summary": "Disk full", "summary_vi": "Đầy đĩa"}}

    found = alertmanager.fault(alertmanager.read(as_payload(given)).alerts[0], BEGAN)

    assert (found.said("vi").headline, found.said("en").headline) == ("Đầy đĩa", "Disk full")


_TEXTS = st.text(max_size=40)
_ALERTS = st.fixed_dictionaries(
    {"status": st.sampled_from(("firing", "resolved")), "labels": st.dictionaries(_TEXTS, _TEXTS, max_size=5)},
    optional={"annotations": st.dictionaries(_TEXTS, _TEXTS, max_size=3), "startsAt": _TEXTS, "endsAt": _TEXTS},
)


@given(st.lists(_ALERTS, max_size=3))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_alert_is_too_odd_to_become_a_fault(given_: list[dict[str, Any]]) -> None:
    for one in alertmanager.read(as_payload(*given_)).alerts:
        found = alertmanager.fault(one, BEGAN)
        assert found.said("vi").headline
        assert found.began_at <= BEGAN
        assert found.ended_at is None or found.began_at <= found.ended_at <= BEGAN


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    with pytest.raises(PayloadError):
        alertmanager.read(body)


def as_payload(*alerts: dict[str, Any]) -> bytes:
    return json.dumps({"version": "4", "alerts": alerts}).encode("utf-8", "surrogatepass")
