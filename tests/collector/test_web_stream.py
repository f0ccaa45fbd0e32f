"""Server-sent events: what changed, in order, from where the browser left off, until the server stops."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sansang_agent.contract.outcome import Outcome, Reason
from sansang_collector import agents, changes
from sansang_collector.news import News
from sansang_collector.people import HELD_ROLE
from sansang_collector.rights import Communes, Held
from sansang_collector.store import Store
from sansang_collector.view import ChangeView
from sansang_collector.web import stream
from tests.support.visitors import Visitor, let_in
from tests.support.web_collector import COMMUNE, WebCollector, web_collector


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with web_collector(tmp_path_factory.mktemp("stream")) as running:
        running.report()
        running.turn_clock(15)
        running.report([("hop", Reason.TIMEOUT)])
        yield running


def events(answer: httpx.Response, wanted: int) -> list[dict[str, Any]]:
    """The next ``wanted`` events: id and data."""
    found: list[dict[str, Any]] = []
    number = ""
    for line in answer.iter_lines():
        if line.startswith("id: "):
            number = line.removeprefix("id: ")
        if line.startswith("data: "):
            found.append({"event_id": int(number)} | json.loads(line.removeprefix("data: ")))
        if len(found) == wanted:
            break
    return found


def listen(collector: WebCollector, wanted: int, query: str = "", last: str | None = None) -> list[dict[str, Any]]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with collector.client.stream("GET", f"/api/v1/stream{query}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return events(answer, wanted)


def test_the_stream_tells_every_change_with_its_number(collector: WebCollector) -> None:
    (first,) = listen(collector, 1, "?after=0")

    assert first["event_id"] == first["id"] == 1
    assert first["commune"] == COMMUNE


def test_a_change_of_outcome_says_which_check_and_why(collector: WebCollector) -> None:
    with collector.client.stream("GET", "/api/v1/stream?after=0") as answer:
        told = events(answer, 7)

    changed = [(each["check"], each["outcome"], each["reason"]) for each in told if each["check"] == "hop"]
    assert changed == [("hop", "ok", None), ("hop", "failed", "timeout")]


def test_a_browser_that_comes_back_is_told_only_what_it_missed(collector: WebCollector) -> None:
    told = listen(collector, 2, last="3")

    assert [each["event_id"] for each in told] == [4, 5]


def test_the_last_event_id_counts_more_than_where_the_page_began(collector: WebCollector) -> None:
    assert listen(collector, 1, "?after=0", last="3")[0]["event_id"] == 4


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "²", "9" * 5000])
def test_a_last_event_id_that_is_no_number_is_not_heeded(collector: WebCollector, nonsense: str) -> None:
    headers = {b"Last-Event-ID": nonsense.encode()}
    with collector.client.stream("GET", "/api/v1/stream?after=2", headers=headers) as answer:
        assert events(answer, 1)[0]["event_id"] == 3


def test_a_change_arrives_while_someone_listens(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.report()
        with running.client.stream("GET", "/api/v1/stream") as answer:
            lines = answer.iter_lines()
            assert next(lines) == ": nothing new"
            running.turn_clock(15)
            running.report([("dvc", Reason.REFUSED)])
            told = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))

    assert (told["kind"], told["check"], told["reason"]) == ("outcome", "dvc", "refused")


def test_a_number_from_another_ledger_waits_for_what_is_new_here(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.report()
        with running.client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": "999999"}) as answer:
            lines = answer.iter_lines()
            assert next(lines) == ": nothing new"
            running.turn_clock(15)
            running.report([("dvc", Reason.REFUSED)])

            assert any(line.startswith("data: ") for line in lines)


def test_the_stream_ends_when_the_server_stops(tmp_path: Path) -> None:
    listening = threading.Event()
    ended = threading.Event()

    def read(running: WebCollector) -> None:
        headers = {"Authorization": f"Bearer {running.read_secret}"}
        with httpx.stream("GET", f"{running.url}/api/v1/stream", headers=headers, timeout=30) as answer:
            lines = answer.iter_lines()
            next(lines)
            listening.set()
            for _ in lines:
                pass
        ended.set()

    with web_collector(tmp_path) as running:
        reader = threading.Thread(target=read, args=(running,), daemon=True)
        reader.start()
        assert listening.wait(10)
    assert ended.wait(10)


def test_an_event_is_one_line_of_data_whatever_it_holds() -> None:
    change = ChangeView(
        id=7, at=1.5, kind="outcome", commune="06019", agent=1, check="a\nb", outcome=Outcome.OK, reason=None
    )

    written = stream.event(change).decode()

    assert written.startswith("id: 7\nevent: change\ndata: {")
    assert written.endswith("}\n\n")
    assert written.count("\n") == 4


def test_what_is_not_told_moves_no_beat_and_is_not_looked_through_again() -> None:
    """Others' changes wake a stream of one commune; it says nothing then, and what it says later keeps its time."""
    looked_after: list[int] = []

    async def told() -> list[bytes]:
        news, loop = News(), asyncio.get_running_loop()

        def read(after: int) -> stream.Read:
            looked_after.append(after)
            more = news.tell(after + 2) if len(looked_after) < 24 else news.close()
            asyncio.run_coroutine_threadsafe(more, loop)
            return stream.Read([], after + 1)

        return [piece async for piece in stream.events(read, news, 5, heartbeat_s=3600)]

    assert asyncio.run(told()) == [b": nothing new\n\n"]
    assert looked_after == list(range(5, 29))


def test_a_stream_ends_when_its_listener_may_not_see_any_more(tmp_path: Path) -> None:
    viewer = Visitor("lan", held=(Held("viewer", COMMUNE),), is_person=True, is_session=True)
    with web_collector(tmp_path) as running, let_in(running, viewer) as person:
        running.report()
        with person.stream("GET", "/api/v1/stream?after=0") as answer:
            lines = answer.iter_lines()
            next(line for line in lines if line.startswith("data: "))
            running.write_ledger(lambda it: it.execute(HELD_ROLE.delete()))
            running.turn_clock(15)
            running.report([("dvc", Reason.REFUSED)])
            rest = "".join(lines)

    assert '"refused"' not in rest


def test_changes_of_one_commune_are_found_among_all_others(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = {code: store.write_sync(lambda it, code=code: agents.register(it, code, "may-1", 1.0)) for code in "abc"}  # type: ignore[misc]
    noted = [changes.Change(float(n), "contact", code, ids[code]) for n in range(40) for code in "abc"]
    store.write_sync(lambda it: changes.note_all(it, noted))
    with store.read() as connection:
        found = changes.after(connection, 30, 5, Communes(frozenset("ac")))
    store.close()

    assert [change.id for change in found] == [31, 33, 34, 36, 37]
    assert {change.commune for change in found} == {"a", "c"}


def test_a_quiet_stream_beats() -> None:
    async def three() -> list[bytes]:
        told: list[bytes] = []
        async for piece in stream.events(lambda after: stream.Read([], after), News(), 5, heartbeat_s=0.001):
            told.append(piece)
            if len(told) == 3:
                break
        return told

    assert asyncio.run(three()) == [b": nothing new\n\n"] * 3
