"""What the centre assigns: read strictly where it is understood, kept beside the spool, never guessed at."""

import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_agent import assignment_file
from sansang_agent.assigned import Assigned, AssignmentError, hash_of, read
from sansang_agent.centre import Centre, Contact
from sansang_agent.clock import SystemClock
from sansang_agent.contract.assignment import Assignment, Contacts, Role, assignment_hash
from sansang_agent.contract.check import HttpCheck, IcmpCheck, Profile, TcpCheck, UnsupportedCheck, kind_of
from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.names import SystemNames
from sansang_agent.probes import Tools
from sansang_agent.runner import run_once
from tests.support.fake_machine import FakeMachine

CORE = IcmpCheck(id="core", rung=Rung.CORE, target="192.0.2.1", phase=3.0)
PORTAL = HttpCheck(id="dvc-http", rung=Rung.SERVICE, target="https://dvc.example/", confirm=False)
ASSIGNMENT = Assignment(
    role=Role.MINI,
    profile=Profile(checks=(CORE,)),
    on_ask=(PORTAL,),
    contacts=Contacts(telecom="Trực 0000 000 000"),
    service_contacts={"dvc-http": "Bàn dịch vụ 0000 000 001"},
)
BODY = encode(ASSIGNMENT)


def body(**changed: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(BODY) | changed)


def with_checks(*checks: dict[str, Any]) -> bytes:
    return body(profile={"checks": list(checks)})


def a_check(**more: Any) -> dict[str, Any]:
    return {"kind": "tcp", "id": "x", "rung": "core", "target": "192.0.2.1:80", **more}


def test_what_the_centre_encodes_is_what_the_machine_reads() -> None:
    found = read(BODY)

    assert (found.profile, found.on_ask) == (ASSIGNMENT.profile, ASSIGNMENT.on_ask)
    assert (found.contacts, found.service_contacts) == (ASSIGNMENT.contacts, ASSIGNMENT.service_contacts)
    assert found.hash == assignment_hash(ASSIGNMENT) == hash_of(BODY)


@pytest.mark.parametrize(
    "check",
    [
        a_check(kind="quantum"),
        a_check(entangled=True),
        a_check(target="no port"),
        a_check(kind="tls", ca_file="/etc/shadow"),
        a_check(kind="http", target="http://192.0.2.1/", proxy="http://192.0.2.9:3128"),
        a_check(kind="http", target="http://192.0.2.1/", pattern="(a+)+"),
    ],
    ids=["kind", "key", "target", "file", "proxy", "pattern"],
)
async def test_a_check_that_is_not_understood_or_not_the_centre_s_to_set_is_never_asked(check: dict[str, Any]) -> None:
    found = read(with_checks(msgspec.to_builtins(CORE), check))

    assert found.profile is not None
    kept, stand_in = found.profile.checks
    assert kept == CORE
    assert (stand_in.id, stand_in.rung, kind_of(stand_in)) == ("x", Rung.CORE, "unsupported")
    machine = FakeMachine()
    result = await run_once(stand_in, Tools(machine, SystemNames(), "test"), SystemClock(machine))
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.NOT_SUPPORTED)


def test_a_check_without_a_name_or_on_a_rung_nobody_knows_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = read(with_checks(a_check(rung="attic"), {"kind": "tcp"}, msgspec.to_builtins(CORE)))

    assert found.profile == Profile(checks=(CORE,))
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    "broken",
    [b"", b"[]", BODY[:-9], b"\xff\xfe", body(v=2), body(profile=7), body(contacts={"telecom": 5}),
     with_checks(a_check(), a_check())],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(broken: bytes) -> None:
    with pytest.raises(AssignmentError):
        read(broken)


def test_a_key_of_a_later_version_is_no_reason_to_refuse() -> None:
    assert read(body(colour="red", role="oracle")).role == "oracle"


def test_what_was_assigned_is_known_after_a_restart(tmp_path: Path) -> None:
    first = Centre(tmp_path)
    first.offer(BODY)

    assert Centre(tmp_path).assigned == read(BODY)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-5], lambda b: b.replace(b"core", b"c0re"), lambda _: b"", lambda _: b"\0"]
)
def test_a_damaged_file_is_ignored_and_logged(tmp_path: Path, damage: Any, caplog: pytest.LogCaptureFixture) -> None:
    assignment_file.keep(tmp_path, "", BODY)
    file = tmp_path / assignment_file.FILE
    file.write_bytes(damage(file.read_bytes()))

    with caplog.at_level(logging.WARNING):
        assert Centre(tmp_path).assigned == Assigned()
    assert len(caplog.records) == 1


def test_what_is_refused_leaves_what_is_in_use_and_is_not_fetched_again(tmp_path: Path) -> None:
    centre = Centre(tmp_path)
    centre.offer(BODY)
    centre.adopt()
    bad = body(v=2)

    centre.offer(bad)
    centre.adopt()

    assert centre.assigned.hash == hash_of(BODY)
    assert centre.error == "it is of version 2, and this program knows version 1"
    assert not centre.wants(hash_of(bad))
    assert centre.wants("another")
    assert not centre.wants(None)


def test_a_machine_that_follows_its_own_file_wants_nothing() -> None:
    assert not Centre().wants("anything")


def test_what_is_offered_is_used_only_once_it_is_adopted(tmp_path: Path) -> None:
    centre, told = Centre(tmp_path), []
    centre.on_offer = lambda: told.append(1)

    centre.offer(BODY)
    centre.offer(BODY)
    assert centre.assigned == Assigned()
    assert not centre.wants(hash_of(BODY))
    centre.adopt()

    assert centre.assigned.hash == hash_of(BODY)
    assert told


def test_the_collector_s_clock_is_taken_from_the_surest_answer_and_follows_when_it_must() -> None:
    contact = Contact()
    for ahead, unsure, known in [(100.0, 0.5, 100.0), (100.1, 0.01, 100.1), (100.3, 0.4, 100.1), (160.0, 0.4, 160.0)]:
        contact.hear_clock(ahead, unsure)
        assert contact.ahead_s == known


def test_a_disk_that_refuses_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    centre = Centre(tmp_path / "file")

    centre.offer(BODY)
    centre.adopt()

    assert centre.assigned.hash == hash_of(BODY)


def test_a_stand_in_is_nothing_a_person_writes() -> None:
    assert not UnsupportedCheck.WRITTEN
    assert TcpCheck.__struct_config__.tag == "tcp"


async def test_what_is_shown_of_an_assignment_leads_nobody_s_terminal() -> None:
    evil = "\x1b[2J\u202eabc\n" + "x" * 1_000
    checks = [
        a_check(name=evil, source=evil),
        a_check(id="y", kind="http", target="http://192.0.2.1/\x1b[2J", name=evil),
    ]
    found = read(body(profile={"label": evil, "checks": checks}, role=evil, contacts={"telecom": evil},
                      service_contacts={"y": evil}))  # fmt: skip

    assert found.profile is not None
    shown, stand_in = found.profile.checks
    assert kind_of(stand_in) == "unsupported"
    words = [found.role, found.profile.label, found.contacts.telecom, found.service_contacts["y"], shown.source]
    for text in [*words, shown.name, stand_in.name, stand_in.target]:
        assert text.isprintable()
        assert len(text) <= 300


def test_an_assignment_of_too_many_checks_is_refused_before_they_are_looked_at() -> None:
    with pytest.raises(AssignmentError, match="it has 2002 checks, more than 2000"):
        read(with_checks(*({"kind": "nonsense"} for _ in range(2001))))


def test_a_centre_that_takes_back_what_was_refused_leaves_no_complaint(tmp_path: Path) -> None:
    centre = Centre(tmp_path)
    centre.offer(BODY)
    centre.adopt()
    centre.offer(body(v=2))
    complaints = [centre.error]

    assert not centre.wants(hash_of(BODY))
    complaints.append(centre.error)
    assert complaints == ["it is of version 2, and this program knows version 1", None]
    assert centre.wants(hash_of(body(v=2)))


def test_a_machine_that_writes_reports_faster_than_they_are_wanted_is_not_alone_between_them() -> None:
    centre = Centre()
    centre.contact.mono = 1000.0

    assert not centre.is_alone(1016.0, 0.0, report_period=1.0)
    assert centre.is_alone(1046.0, 0.0, report_period=1.0)
    assert not centre.is_alone(1046.0, 0.0, report_period=60.0)
