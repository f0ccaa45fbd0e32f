"""Two machines under one token are noticed; one machine that restarts, is put back or sends late never is."""

from collections.abc import Sequence

import msgspec
import pytest

from sansang_agent.contract.report import Report, Sent
from sansang_collector.arrivals import Taken
from sansang_collector.clones import WITHIN_S, Clones
from tests.support.ledgers import NOW
from tests.support.reports import OTHER_STREAM, STREAM, report

S, T, U = STREAM, OTHER_STREAM, "0" * 32
DAY_S = 86_400.0


class Watch:
    """A collector that hears one envelope after the other under one token, 15 s apart."""

    def __init__(self) -> None:
        self.clones = Clones()
        self.at = NOW

    def hear(self, boot: str, *reports: tuple[str, float], boots: Sequence[str] = (), after_s: float = 15.0) -> bool:
        """Whether an envelope of ``boot`` with these (stream, mono) shows that there are two."""
        self.at += after_s
        sent = Sent(boot=boot, mono=1e6, wall=self.at)
        own = [*boots, *[boot] * len(reports)]
        made = [report(n + 1, mono, stream=stream, boot=own[n]) for n, (stream, mono) in enumerate(reports)]
        taken = [Taken(n, msgspec.convert(one, Report), b"") for n, one in enumerate(made)]
        return self.clones.notice(1, sent, taken, self.at) is not None


@pytest.fixture(name="watch")
def watch_() -> Watch:
    return Watch()


def test_boots_that_take_turns_are_two_machines(watch: Watch) -> None:
    assert [watch.hear(boot, (S, 1.0)) for boot in "ABAB"] == [False, False, False, True]


def test_a_thousand_restarts_are_one_machine(watch: Watch) -> None:
    for number in range(1000):
        assert not any(watch.hear(f"boot-{number}", (S, mono)) for mono in (1.0, 2.0))


def test_one_return_may_be_a_virtual_machine_put_back_to_its_snapshot(watch: Watch) -> None:
    assert not any(watch.hear(boot, (S, 1.0)) for boot in "AABBAACCDD")


def test_returns_more_than_a_day_apart_are_no_sign(watch: Watch) -> None:
    assert not any(watch.hear(boot, (S, 1.0), after_s=WITHIN_S + 1) for boot in "ABABABAB")
    assert not watch.hear("A", (S, 1.0), after_s=1)
    assert not watch.hear("B", (S, 1.0), after_s=WITHIN_S)
    assert not watch.hear("A", (S, 1.0), after_s=1)


def test_envelopes_without_reports_tell_of_boots_too(watch: Watch) -> None:
    assert [watch.hear(boot) for boot in "ABAB"] == [False, False, False, True]


def test_streams_that_take_turns_within_a_boot_are_two_machines(watch: Watch) -> None:
    heard = [watch.hear("A", (stream, float(mono))) for mono, stream in enumerate((S, T, S, S, T), 1)]

    assert heard == [False, False, False, False, True]


def test_turns_are_noticed_though_each_envelope_holds_many_reports(watch: Watch) -> None:
    heard = [watch.hear("A", (stream, mono), (stream, mono - 1)) for mono, stream in ((2, S), (4, T), (6, S), (8, T))]

    assert heard == [False, False, False, True]


def test_the_backlog_of_the_stream_before_is_older_and_no_sign(watch: Watch) -> None:
    """It goes on in T, live first, and S comes behind it little by little."""
    for number in range(100):
        assert not watch.hear("A", (T, 1000.0 + number))
        assert not watch.hear("A", (S, 900.0 - number))
        assert not watch.hear("A", (T, 1000.5 + number), (S, 800.0))


def test_the_backlog_of_an_earlier_boot_is_no_sign_however_long_that_lasted(watch: Watch) -> None:
    """The clock since boot began anew: 5,000 s of the boot before are older than 10 s of this one."""
    for number in range(100):
        assert not watch.hear("B", (T, 10.0 + number))
        assert not watch.hear("B", (S, 5000.0 + number), boots=("A",))


def test_a_spool_put_back_goes_on_in_new_streams_and_is_one_machine(watch: Watch) -> None:
    """Each time its old stream comes again first, with what then is refused as a conflict."""
    assert not watch.hear("A", (S, 1.0))
    assert not watch.hear("A", (S, 2.0))
    assert not watch.hear("A", (T, 2.0), (T, 3.0))
    assert not watch.hear("B", (S, 1.0))
    assert not watch.hear("B", (U, 1.0), (U, 2.0))


def test_each_token_is_watched_by_itself(watch: Watch) -> None:
    sent = [Sent(boot=boot, mono=1.0, wall=NOW) for boot in "ABAB"]

    assert [watch.clones.notice(agent, one, [], NOW) for agent, one in enumerate(sent)] == [None] * 4


def test_after_it_was_shut_out_noticing_begins_anew(watch: Watch) -> None:
    assert [watch.hear(boot) for boot in "ABAB"][-1]
    watch.clones.forget(1)

    assert [watch.hear(boot) for boot in "ABAB"] == [False, False, False, True]


def test_the_evidence_is_fit_for_an_audit(watch: Watch) -> None:
    odd = "b\n<b>" + "x" * 1000
    found = [watch.clones.notice(1, Sent(boot=boot, mono=1.0, wall=NOW), [], NOW) for boot in (odd, "B", odd, "B")][-1]

    assert found is not None
    assert not {"\n", "<"} & set(found)
    assert len(found) < 200
