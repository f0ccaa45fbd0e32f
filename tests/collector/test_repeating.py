"""Looks that are repeated: nothing that goes wrong in one of them ends them."""

import asyncio
import logging

import pytest
from sqlalchemy.exc import OperationalError

from sansang_collector.repeating import repeat

LOG = logging.getLogger("looks")


FULL = OperationalError("INSERT", {}, Exception("disk full"))


@pytest.mark.parametrize(("wrong", "told"), [(FULL, "cannot read or write"), (KeyError("x"), "failed")])
async def test_a_look_that_fails_is_followed_by_the_next(
    caplog: pytest.LogCaptureFixture, wrong: Exception, told: str
) -> None:
    again = asyncio.Event()
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise wrong
        again.set()

    task = asyncio.create_task(repeat(look, 0.0, LOG, "looks"))
    await asyncio.wait_for(again.wait(), 10)
    task.cancel()

    assert [told in record.getMessage() for record in caplog.records] == [True]
