"""Whether a commune can serve: every state, and what has to be known before anything is said against a service."""

from typing import Any, NamedTuple

import pytest

from sansang_agent.contract.rung import Rung
from sansang_collector import serving_words
from sansang_collector.serving import (
    PATIENCE_SECONDS,
    Doubt,
    Machine,
    Moment,
    Presence,
    Serving,
    State,
    Wanted,
    Why,
    judge,
)

NOW = 1_795_000_000.0
OPEN = Moment(NOW)
DVC = Wanted("dvc", "Cổng dịch vụ công")
MAIL = Wanted("mail", "Thư điện tử", mandatory=False)
OK, DOWN = {"dvc": True}, {"dvc": False}


def pc(name: str = "pc-1", presence: Presence = Presence.LIVE, **more: Any) -> Machine:
    return Machine(name, presence, **more)


def mini(**more: Any) -> Machine:
    return pc("mini", at_counter=False, always_on=True, **more)


def kiosk(**more: Any) -> Machine:
    return pc("kiosk", at_counter=False, **more)


def judged(*machines: Machine, moment: Moment = OPEN, since: float | None = None, **services: bool) -> Serving:
    wanted = [Wanted(name, name, mandatory) for name, mandatory in services.items()] or [DVC]
    return judge(machines, wanted, moment, {} if since is None else {"dvc": since})


class Case(NamedTuple):
    name: str
    machines: tuple[Machine, ...]
    state: State
    working: int
    counters: int


CASES = (
    Case("the one PC reaches it", (pc(reached=OK),), State.SERVING, 1, 1),
    Case("the one PC does not, and nobody else can be asked", (pc(reached=DOWN),), State.CANNOT_SERVE, 0, 1),
    Case("the elected reaches it for the other", (pc(reached=OK), pc("pc-2")), State.SERVING, 2, 2),
    Case("both asked and both failed", (pc(reached=DOWN), pc("pc-2", reached=DOWN)), State.CANNOT_SERVE, 0, 2),
    Case(
        "the second reaches what the elected does not", (pc(reached=DOWN), pc("pc-2", reached=OK)), State.LIMITED, 1, 2
    ),
    Case("one is cut off", (pc(reached=OK), pc("pc-2", broken=Rung.LAN)), State.LIMITED, 1, 2),
    Case("all are cut off", (pc(broken=Rung.LINE), pc("pc-2", broken=Rung.LINE)), State.CANNOT_SERVE, 0, 2),
    Case("a line that does not answer pings carries", (pc(broken=Rung.LINE, reached=OK),), State.SERVING, 1, 1),
    Case("a cut off PC cannot be asked", (pc(reached=DOWN), pc("pc-2", broken=Rung.LAN)), State.CANNOT_SERVE, 0, 2),
    Case("an off PC is no counter that fails", (pc(reached=OK), pc("pc-2", Presence.OFF)), State.SERVING, 1, 1),
    Case("a silent PC is not known to fail", (pc(reached=OK), pc("pc-2", Presence.SILENT)), State.SERVING, 1, 1),
    Case("an off PC cannot be asked", (pc(reached=DOWN), pc("pc-2", Presence.OFF)), State.CANNOT_SERVE, 0, 1),
    Case("the mini asks for the counter", (pc(), mini(reached=OK)), State.SERVING, 1, 1),
    Case("the mini speaks where no counter is on", (pc(presence=Presence.OFF), mini(reached=OK)), State.SERVING, 0, 0),
    Case("the mini finds it down", (mini(reached=DOWN),), State.CANNOT_SERVE, 0, 0),
    Case("a kiosk reaches what no counter does", (pc(reached=DOWN), kiosk(reached=OK)), State.CANNOT_SERVE, 0, 1),
    Case("a kiosk asks for the counter", (pc(), kiosk(reached=OK)), State.SERVING, 1, 1),
    Case("a kiosk is no counter", (kiosk(reached=OK),), State.NOT_MEASURED, 0, 0),
    Case("nobody has asked yet", (pc(), pc("pc-2")), State.NOT_MEASURED, 0, 2),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_commune_serves_as_its_counters_can(case: Case) -> None:
    found = judged(*case.machines)

    assert (found.state, found.working, found.counters) == (case.state, case.working, case.counters)


@pytest.mark.parametrize(
    ("machines", "why", "silent"),
    [
        ((), Why.NO_AGENT, 0),
        ((kiosk(),), Why.NO_AGENT, 0),
        ((pc(presence=Presence.OFF),), Why.EXPECTED_OFF, 0),
        ((pc(presence=Presence.OFF), pc("pc-2", Presence.SILENT)), Why.SILENT, 1),
        ((mini(presence=Presence.SILENT),), Why.SILENT, 0),
        ((pc(),), Why.UNASKED, 0),
    ],
)
def test_what_is_not_measured_says_why(machines: tuple[Machine, ...], why: Why, silent: int) -> None:
    found = judged(*machines)

    assert (found.state, found.why, found.silent) == (State.NOT_MEASURED, why, silent)


def test_when_the_elected_alone_fails_the_next_one_is_to_be_asked_before_anything_is_said() -> None:
    machines = (pc(reached=DOWN), pc("pc-2", broken=Rung.LAN), pc("pc-3"))
    found = judged(*machines)

    assert (found.state, found.working, found.doubts) == (State.LIMITED, 2, (Doubt("dvc", "pc-3"),))
    assert judged(machines[0], machines[2]).state is State.SERVING


@pytest.mark.parametrize(("answer", "state"), [(OK, State.LIMITED), (DOWN, State.CANNOT_SERVE)])
def test_the_second_ones_answer_settles_it(answer: dict[str, bool], state: State) -> None:
    found = judged(pc(reached=DOWN), pc("pc-2", reached=answer))

    assert (found.state, found.doubts) == (state, ())


def test_one_word_counts_once_nobody_answered_for_two_minutes() -> None:
    machines = (pc(reached=DOWN), pc("pc-2"))
    before, after = (judged(*machines, since=NOW - PATIENCE_SECONDS + left) for left in (1, 0))

    assert (before.state, after.state) == (State.SERVING, State.CANNOT_SERVE)
    assert before.doubts == after.doubts == (Doubt("dvc", "pc-2"),)


def test_a_service_citizens_can_do_without_only_limits() -> None:
    found = judge([pc(reached={"dvc": True, "mail": False})], [DVC, MAIL], OPEN, {})

    assert (found.state, found.services, found.working) == (State.LIMITED, ("Thư điện tử",), 1)
    assert judge([pc(reached=OK)], [DVC, MAIL], OPEN, {}).state is State.SERVING


def test_known_failures_weigh_more_than_what_nobody_asked() -> None:
    found = judged(pc(reached=DOWN), dvc=True, mc=True)

    assert (found.state, found.services) == (State.CANNOT_SERVE, ("dvc",))
    assert judged(pc(reached=OK), dvc=True, mc=True).services == ("mc",)
    assert judged(pc(reached=OK), dvc=True, mc=True).why is Why.UNASKED


def test_services_of_which_each_counter_lacks_another_still_serve_citizens_somewhere() -> None:
    found = judged(
        pc(reached={"dvc": True, "mc": False}), pc("pc-2", reached={"dvc": False, "mc": True}), dvc=True, mc=True
    )

    assert (found.state, found.working, found.partly) == (State.LIMITED, 0, ("dvc", "mc"))


def test_a_centre_that_is_not_open_is_closed_whatever_its_machines_find() -> None:
    closed = Moment(NOW, open=False, opens_at=NOW + 60, planned=True)

    assert judged(pc(reached=DOWN), moment=closed) == Serving(state=State.CLOSED, opens_at=NOW + 60)
    assert judged(moment=closed).state is State.CLOSED


def test_planned_work_is_said_where_not_all_works_and_hides_no_facts() -> None:
    planned = Moment(NOW, planned=True)
    found = judged(pc(reached=DOWN), moment=planned)

    assert (found.state, found.services, found.counters) == (State.PLANNED_WORK, ("Cổng dịch vụ công",), 1)
    assert judged(pc(reached=OK), moment=planned).state is State.SERVING
    assert judged(pc(presence=Presence.SILENT), moment=planned).state is State.PLANNED_WORK


def test_without_a_mandatory_service_nothing_is_claimed() -> None:
    found = judge([pc(reached=OK)], [], OPEN, {})

    assert (found.state, found.why, found.services) == (State.NOT_MEASURED, Why.UNASKED, ())


SAID = (
    (judged(pc(reached=OK), pc("2", reached=OK)), "Đang phục vụ: 2 quầy", "Serving: 2 counters"),
    (
        judged(pc(reached=DOWN)),
        "Không phục vụ được: không truy cập được: Cổng dịch vụ công; 0 trên 1 quầy làm việc được",
        "Cannot serve: not reached: Cổng dịch vụ công; 0 of 1 counter works",
    ),
    (
        judged(pc(broken=Rung.LINE)),
        "Không phục vụ được: đường truyền hỏng ở mọi quầy; 0 trên 1 quầy làm việc được",
        "Cannot serve: line broken at every counter; 0 of 1 counter works",
    ),
    (
        judged(pc(reached=OK), pc("2", reached=DOWN), pc("3", Presence.SILENT), dvc=True),
        "Phục vụ hạn chế: chỉ một số quầy truy cập được: dvc; 1 trên 2 quầy làm việc được; 1 máy mất liên lạc",
        "Limited: reached from some counters only: dvc; 1 of 2 counters work; 1 is not heard",
    ),
    (judged(), "Chưa đo: chưa cài máy nào", "Not measured: no computer has been set up"),
    (
        judged(moment=Moment(NOW, open=False, opens_at=NOW)),
        "Ngoài giờ làm việc: mở cửa lúc 07:30",
        "Closed: opens at 07:30",
    ),
    (judged(moment=Moment(NOW, open=False)), "Ngoài giờ làm việc", "Closed"),
)


@pytest.mark.parametrize(("found", "vietnamese", "english"), SAID)
def test_state_and_reason_are_said_in_both_languages(found: Serving, vietnamese: str, english: str) -> None:
    for language, wanted in (("vi", vietnamese), ("en", english)):
        facts = serving_words.sentence(found, language, lambda _: "07:30")
        assert ": ".join(filter(None, (serving_words.state(found.state, language), facts))) == wanted
