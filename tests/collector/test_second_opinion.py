"""Before one machine's word against a service counts, the next is asked, as people ask, and its word counts too."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sansang_agent.contract.check import HttpCheck
from sansang_collector import asking, requests
from sansang_collector.asking import Wish
from sansang_collector.audit import AUDIT
from sansang_collector.requests import Asked
from sansang_collector.second_opinion import SecondOpinion
from sansang_collector.serving import State
from tests.collector.test_board import BAD, GOOD, ONLY_LINE, Still
from tests.support.reports import result


class Two(Still):
    """A commune with an elected PC and another that can be asked; both report every 15 s."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.first, self.second = self.agent("pc-1"), self.agent("pc-2")
        self.opinion = self.anew()

    def anew(self) -> SecondOpinion:
        """The same after a restart of the collector."""
        collector = self.collector
        return SecondOpinion(self.store, collector.board, collector.inventory, collector.present)

    def look(self, *results: dict[str, Any]) -> State:
        """Both report, it looks, and 15 s go by; what is then said of the commune."""
        self.take(self.first, *results)
        self.take(self.second, result("line"), by=ONLY_LINE)
        asyncio.run(self.opinion.look())
        found = self.serving().state
        self.now += 15
        return found

    def opinions(self) -> list[Asked]:
        with self.store.read() as connection:
            return requests.asked_by(connection, "collector", 0)

    def answer(self, **more: Any) -> None:
        """The answer to the newest request arrives with a report."""
        newest = self.opinions()[-1].request
        answers = [{"id": newest.id, "results": [{"check": newest.check.id, "outcome": "ok", **more}]}]
        self.take(self.second, result("line"), by=ONLY_LINE, answers=answers)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    two = Two(tmp_path)
    yield two
    two.collector.log.close()
    two.store.close()


def test_when_the_elected_alone_fails_the_next_is_asked_for_the_check_that_failed_and_audited(two: Two) -> None:
    assert two.look(*BAD) is State.SERVING

    (asked,) = two.opinions()
    assert (asked.agent, asked.who, asked.why) == (two.second, "collector", "second opinion")
    assert isinstance(asked.request.check, HttpCheck)
    assert (asked.request.check.id, asked.request.check.target) == ("dvc-http", "https://dvc.example/")
    with two.store.read() as connection:
        assert [(row.who, row.what) for row in connection.execute(select(AUDIT))] == [("collector", "ask")]


def test_while_all_is_well_nobody_is_asked(two: Two) -> None:
    assert two.look(*GOOD) is State.SERVING
    assert two.opinions() == []


def test_if_the_second_reaches_it_the_commune_serves(two: Two) -> None:
    two.look(*BAD)
    two.answer()

    assert {two.look(*BAD) for _ in range(20)} == {State.LIMITED}


def test_if_the_second_fails_too_the_commune_cannot_serve_and_stays_so(two: Two) -> None:
    two.look(*BAD)
    two.answer(outcome="failed", reason="timeout")

    assert {two.look(*BAD) for _ in range(40)} == {State.CANNOT_SERVE}


def test_an_answer_that_could_not_find_out_settles_nothing(two: Two) -> None:
    two.look(*BAD)
    two.answer(outcome="unknown", reason="refused_by_policy")

    assert two.look(*BAD) is State.SERVING
    assert [two.look(*BAD) for _ in range(10)][-1] is State.CANNOT_SERVE


def test_an_answer_is_renewed_before_it_lapses_and_one_that_never_came_after_a_minute(two: Two) -> None:
    two.look(*BAD)
    begin = two.now - 15
    for _ in range(8):
        two.look(*BAD)
    two.answer()
    for _ in range(17):
        two.look(*BAD)

    assert [one.asked_at - begin for one in two.opinions()] == [0, 60, 120, 375]


def test_after_a_restart_nothing_is_asked_twice_and_what_was_answered_still_counts(two: Two) -> None:
    two.look(*BAD)
    two.answer(outcome="failed", reason="timeout")
    two.collector.board = type(two.collector.board)(two.collector.inventory)
    two.opinion = two.anew()

    assert two.look(*BAD) is State.CANNOT_SERVE
    assert len(two.opinions()) == 1


def test_a_clock_set_back_by_an_hour_neither_silences_nor_blocks(two: Two) -> None:
    two.now += 3000
    two.look(*BAD)
    two.now -= 3000
    two.look(*BAD)

    assert len(two.opinions()) == 2


def test_one_host_is_asked_by_one_commune_at_a_time_within_the_rest_of_its_budget(two: Two) -> None:
    others = [two.agent(name, "06073") for name in ("a", "b")]
    begin = two.now
    for _ in range(9):
        two.take(others[0], *BAD)
        two.take(others[1], result("line"), by=ONLY_LINE)
        two.look(*BAD)
        if two.opinions()[-1].answered_at is None and two.opinions()[-1].agent == two.second:
            two.answer()

    told = [(one.asked_at - begin, one.commune) for one in two.opinions()]
    assert told == [(0, "06001"), (75, "06073")], "a page costs ten of the 0.2 connections a second that are left"


def test_a_person_who_asks_is_in_nobodys_way(two: Two) -> None:
    def write(connection: Any) -> Asked:
        wish = Wish(commune="06001", kind="tls", target="dvc.example:443", agent="pc-1")
        return asking.ask(connection, wish, "an", two.now)

    two.look(*GOOD)
    two.store.write_sync(write)

    assert two.look(*BAD) is State.SERVING
    assert two.opinions() == []


def test_why_nobody_can_be_asked_is_said_once_and_not_at_every_look(two: Two, caplog: pytest.LogCaptureFixture) -> None:
    other = two.agent("a", "06073")
    wish = Wish(commune="06073", kind="tls", target="dvc.example:443", agent="a")
    with caplog.at_level(logging.INFO, "sansang_collector.second_opinion"):
        for _ in range(2):
            two.take(other, result("line"), by=ONLY_LINE)
            two.store.write_sync(lambda connection: asking.ask(connection, wish, "an", two.now))
            for _ in range(3):
                two.look(*BAD)
            two.now += 60
            two.look(*BAD)
            two.now += 600

    said = ["no second opinion about dvc in 06001", "pc-2 in 06001 is asked about dvc"]
    assert [record.message.partition(": ")[0] for record in caplog.records] == said * 2
