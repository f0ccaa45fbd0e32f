"""What looks every few seconds does so by the clock it was handed, however fast that is, and outlives a bad round."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy.exc import OperationalError

from sansang_collector.rounds import Rounds

TURN_S = 0.001


class Looked:
    """Counts looks, by a clock of its own; the next look raises ``trouble``, if any."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.at: list[float] = []
        self.trouble: Exception | None = None
        self.rounds = Rounds(15.0, lambda: self.now, self._look, "what there is")

    async def _look(self) -> None:
        self.at.append(self.now)
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    async def goes_on(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.wait_for(self.rounds.settled(), 10)


@asynccontextmanager
async def followed() -> AsyncIterator[Looked]:
    looked = Looked()
    following = asyncio.create_task(looked.rounds.follow(TURN_S))
    await asyncio.wait_for(looked.rounds.settled(), 10)
    yield looked
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def test_it_looks_once_a_round_of_a_clock_that_is_driven() -> None:
    async with followed() as looked:
        for _ in range(6):
            await looked.goes_on(5)
        await looked.goes_on(600)
        assert looked.at == [1015.0, 1030.0, 1630.0]


async def test_who_wants_it_at_once_does_not_wait_for_a_round() -> None:
    looked = Looked()
    following = asyncio.create_task(looked.rounds.follow(TURN_S, at_once=True))
    await asyncio.wait_for(looked.rounds.settled(), 10)
    following.cancel()

    assert looked.at == [1000.0]


async def test_a_clock_set_back_is_no_reason_to_wait() -> None:
    async with followed() as looked:
        await looked.goes_on(-500)
        assert looked.at == [500.0]


async def test_settled_waits_for_the_look_that_is_due() -> None:
    async with followed() as looked:
        looked.now += 20
        assert looked.rounds.due
        await asyncio.wait_for(looked.rounds.settled(), 10)
        assert looked.at == [1020.0]
        assert not looked.rounds.due


@pytest.mark.parametrize("trouble", [OperationalError("SELECT", {}, Exception("locked")), KeyError("ring:a")])
async def test_a_round_that_fails_is_said_and_the_next_one_comes(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with followed() as looked:
        looked.trouble = trouble
        await looked.goes_on(15)
        await looked.goes_on(15)
        assert len(looked.at) == 2
    assert "what there is" in caplog.text
