"""One simulated machine: what it keeps, what it says on going and coming, whose checks it follows."""

import msgspec
import pytest

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.check import TcpCheck
from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Answer, Envelope, Refused, Report
from sansang_agent.contract.rung import Rung
from sansang_collector.simulation import LABEL, world
from sansang_collector.simulation.faults import Fault
from sansang_collector.simulation.machine import Machine
from sansang_collector.simulation.noise import QUIET
from sansang_collector.simulation.tally import Tally
from sansang_collector.simulation.weather import Weather
from tests.collector.simulation.provinces import at, code, province
from tests.support.reports import profile


class Alone:
    """A machine of a small province, woken when it wants to be; everything it sends is taken while ``taking``."""

    def __init__(self, *faults: Fault, start: str = "09:00", day: int = 0, seed: int = 1) -> None:
        made = world.make(province(2), 2, 1, seed=seed, rates=QUIET)
        self.tally = Tally()
        self.weather = Weather(made, faults)
        self.machine = Machine(made.machines[0], made, at(start, day), self.tally)
        self.taking = True
        self.sent: list[tuple[float, Envelope]] = []

    def until(self, clock: str, day: int = 0) -> list[Report]:
        """All reports sent until then, newest of an envelope first."""
        while self.machine.due < at(clock, day):
            now = self.machine.due
            self.weather.turn(now)
            if self.machine.wake(now, self.weather):
                envelope = msgspec.json.decode(self.machine.envelope(now), type=Envelope)
                self.sent.append((now, envelope))
                if self.taking:
                    self.machine.answered(_taken(envelope, now), now)
            assert self.machine.due > now or not self.machine.on, "it would be woken for ever"
            self.machine.due = max(self.machine.due, now + 0.5)
        return [report for _, envelope in self.sent for report in _reports(envelope)]


def _reports(envelope: Envelope) -> list[Report]:
    return [msgspec.json.decode(raw, type=Report) for raw in envelope.reports]


def _taken(envelope: Envelope, now: float) -> Answer:
    return Answer(stored=tuple((one.stream, ((one.seq, one.seq),)) for one in _reports(envelope)), now=now)


def test_it_reports_every_fifteen_seconds_and_gives_its_profile_once() -> None:
    one = Alone()
    reports = one.until("09:10")

    assert len(reports) == 40
    assert [report.seq for report in reports] == list(range(1, 41))
    assert [bool(envelope.profiles) for _, envelope in one.sent] == [True, *[False] * 39]
    assert all(report.results and report.results[0].outcome is Outcome.OK for report in reports)


def test_played_again_later_its_reports_are_another_spools() -> None:
    first, same, later = (one.until("09:03")[0] for one in (Alone(), Alone(), Alone(start="09:02")))

    assert first.stream == same.stream
    assert first.stream != later.stream


def test_what_no_line_carries_is_kept_and_sent_later_in_batches_the_newest_first() -> None:
    one = Alone(Fault("core", 1.0, at("09:05"), at("10:05")))
    one.until("10:04")
    kept = one.machine.kept
    reports = one.until("10:06")
    back = [envelope for now, envelope in one.sent if now >= at("10:05")]

    assert kept > 230
    assert one.machine.kept == 0
    assert sorted(report.seq for report in reports) == list(range(1, len(reports) + 1))
    assert [min(len(envelope.reports), 100) for envelope in back[:2]] == [100, 100]
    assert 1 < len(back[2].reports) < 100
    seqs = [report.seq for report in _reports(back[0])]
    assert seqs == sorted(seqs, reverse=True)


def test_a_power_cut_is_no_goodbye_and_ends_in_another_boot() -> None:
    one = Alone(Fault(f"site_power:{code(0)}", 1.0, at("09:05"), at("09:10")))
    reports = one.until("09:20")
    before, after = reports[0], reports[-1]

    assert not [report for report in reports if report.goodbye]
    assert not [now for now, _ in one.sent if at("09:05") <= now < at("09:10")]
    assert before.boot != after.boot
    assert after.mono < 900
    assert before.stream == after.stream


@pytest.mark.parametrize("seed", range(12))
def test_a_night_is_spent_off_after_a_goodbye_or_without_one_or_on(seed: int) -> None:
    reports = (one := Alone(start="16:30", day=-1, seed=seed)).until("08:00")
    goodbyes = [report.goodbye for report in reports if report.goodbye]
    night = [now for now, _ in one.sent if at("20:00", day=-1) <= now < at("07:00")]

    assert bool(night) + len(goodbyes) <= 1
    assert night or len({report.boot for report in reports}) == 2  # the next day begins with another boot


def test_what_is_refused_is_let_go_and_not_sent_again() -> None:
    one = Alone()
    one.taking = False
    one.until("09:01")
    kept = one.machine.kept
    one.machine.answered(Answer(refused=(Refused(index=0, why="no", seq=1),), now=at("09:01")), at("09:01"))

    assert one.machine.kept == kept - 1 > 0


def test_a_service_behind_its_own_dead_line_was_never_asked() -> None:
    one = Alone(Fault(f"access_link:{code(0)}-tslcd2", 1.0, at("09:02"), at("09:04")))
    service = msgspec.structs.replace(profile().checks[1], id="dvc-http", rung=Rung.SERVICE)
    line = msgspec.structs.replace(profile().checks[0], id="line", rung=Rung.LINE)
    one.machine.follow(profile(line, service, label=LABEL), "a" * 32)
    one.weather._world.places[code(0)].paths["dvc-http"] = one.weather._world.places[code(0)].paths["core"]
    reports = one.until("09:08")
    found = {result.reason for report in reports for result in report.results if result.check == "dvc-http"}

    assert found == {None, Reason.NO_INTERNET}
    assert {report.assigned for report in reports} == {"a" * 32}


def asked(target: str, count: int = 1) -> Answer:
    check = TcpCheck(id="asked", rung=Rung.SERVICE, target=target)
    request = Request(id="a" * 32, check=check, count=count, expires=at("09:02"))
    return Answer(requests=(msgspec.Raw(encode(request)), msgspec.Raw(b"{}")), now=at("09:01"))


@pytest.mark.parametrize(("target", "reason"), [("internet.mo-phong.test", Reason.TIMEOUT), ("192.0.2.1:443", None)])
def test_what_the_centre_asks_is_answered_once_as_its_own_check_would_find_it(
    target: str, reason: Reason | None
) -> None:
    one = Alone(Fault("wan", 1.0, at("09:00"), at("09:10")))
    one.until("09:01")
    before = len([now for now, _ in one.sent])
    for _ in range(2):  # it is handed out until it is answered
        one.machine.answered(asked(target, count=2), at("09:01"))
    answers = [(now, answer) for now, report in sent_after(one, before, "09:03") for answer in report.answers]

    assert [answer.id for _, answer in answers] == ["a" * 32]
    assert at("09:01") + 6 <= answers[0][0] < at("09:01") + 30
    assert [(one.check, one.reason, one.detail) for one in answers[0][1].results] == [("asked", reason, LABEL)] * 2


def sent_after(one: Alone, before: int, clock: str) -> list[tuple[float, Report]]:
    one.until(clock)
    return [(now, report) for now, envelope in one.sent[before:] for report in _reports(envelope)]
