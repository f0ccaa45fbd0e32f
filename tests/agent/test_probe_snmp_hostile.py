"""Devices that answer with garbage, in circles or without end: the probe ends in time and keeps nothing."""

import asyncio
import gc
import itertools
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pysnmp.proto.api import v2c  # type: ignore[import-untyped]

from sansang_agent.contract.check import SnmpCheck, SnmpVersion
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import MAX_INTERFACES, Result
from sansang_agent.contract.rung import Rung
from sansang_agent.probes import Tools
from sansang_agent.probes.snmp import probe
from tests.support.odd_device import OddDevice, Oid, is_bulk, question, reply
from tests.support.probing import make_tools

IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
TIMEOUT_S = 1.5


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    made = make_tools()
    yield made
    made.kept.close()


@pytest.fixture
def ask(tmp_path: Path, tools: Tools) -> Callable[..., Any]:
    """Probe a device by version 2c, or by version 3."""
    for name in ("community", "auth", "priv"):
        (tmp_path / name).write_text("some secret", encoding="utf-8")
        (tmp_path / name).chmod(0o600)

    async def ask(device: OddDevice, version: str = "2c", timeout: float = 4.0) -> Result:
        check = SnmpCheck(
            id=version,
            rung=Rung.LAN,
            target=device.target,
            timeout=timeout,
            version=SnmpVersion(version),
            user="sansang",
            community_file=str(tmp_path / "community"),
            auth_file=str(tmp_path / "auth"),
            priv_file=str(tmp_path / "priv"),
        )
        return await probe(check, tools)

    return ask


def flipped(datagram: bytes) -> bytes:
    chance = random.Random(datagram)
    return bytes(chance.randrange(256) if chance.random() < 0.1 else byte for byte in datagram)


GARBAGE: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "noise": lambda _: [os.urandom(100)],
    "nothing": lambda _: [b""],
    "echo": lambda datagram: [datagram],
    "every beginning of the question": lambda datagram: [datagram[:size] for size in range(len(datagram))],
    "bits flipped": lambda datagram: [flipped(datagram + bytes([n]))[:-1] for n in range(50)],
    "nested without end": lambda _: [b"\x30\x80" * 30_000],
    "a length of 4 GiB": lambda datagram: [b"\x30\x84\xff\xff\xff\xff" + datagram],
}


@pytest.mark.parametrize("version", ["2c", "3"])
@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_is_no_answer_and_breaks_nothing(
    kind: str, version: str, ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with OddDevice(GARBAGE[kind]) as device:
        began = time.monotonic()
        result = await ask(device, version, 0.5)

    assert result.outcome is Outcome.FAILED
    assert result.reason in (Reason.TIMEOUT, Reason.WRONG_ANSWER, Reason.WRONG_CREDENTIALS)
    assert time.monotonic() - began < 2
    assert caplog.records == []


async def test_after_garbage_the_same_engine_still_reads_an_honest_device(ask: Callable[..., Any]) -> None:
    with OddDevice(GARBAGE["bits flipped"]) as device:
        await ask(device, timeout=0.4)
    with OddDevice(table(range(1, 4))) as honest:
        result = await ask(honest)

    assert [each.name for each in result.interfaces or ()] == ["if1", "if2", "if3"]


def table(numbers: Iterable[int]) -> Callable[[bytes], Iterable[bytes]]:
    """A device whose interfaces have these numbers, given in this order."""
    order = list(numbers)

    def following(oid: Oid) -> tuple[Oid, Any]:
        if oid[: len(IF_NAME)] != IF_NAME:
            return oid, v2c.EndOfMibView()
        last = oid[-1] if len(oid) > len(IF_NAME) else None
        place = 0 if last is None else order.index(last) + 1
        if place == len(order):
            return oid, v2c.EndOfMibView()
        return (*IF_NAME, order[place]), v2c.OctetString(f"if{order[place]}")

    def answers(datagram: bytes) -> Iterator[bytes]:
        message, asked = question(datagram)
        if not is_bulk(message):
            yield reply(message, [(oid, v2c.Counter32(7)) for oid in asked])
            return
        variables = []
        for _ in range(25):
            row = [following(oid) for oid in asked]
            variables += row
            asked = [oid for oid, _value in row]
        yield reply(message, variables)

    return answers


async def test_a_table_that_goes_in_circles_is_a_wrong_answer(ask: Callable[..., Any]) -> None:
    circle = table([*range(1, 40)])

    def answers(datagram: bytes) -> Iterable[bytes]:
        message, asked = question(datagram)
        if is_bulk(message) and any(oid[-1] == 25 for oid in asked):
            return [reply(message, [((*IF_NAME, 3), v2c.OctetString("again"))] * 30)]
        return circle(datagram)

    with OddDevice(answers) as device:
        result = await ask(device)

    assert (result.reason, result.detail) == (Reason.WRONG_ANSWER, "the device's table of interfaces goes in circles")


async def test_a_huge_table_is_cut(ask: Callable[..., Any]) -> None:
    with OddDevice(table(range(1, 5_000))) as device:
        result = await ask(device, timeout=20)

    assert (result.outcome, len(result.interfaces or ())) == (Outcome.OK, MAX_INTERFACES)
    assert result.detail == "448 of its 512 interfaces are not told"
    assert device.asked < 100


async def test_a_device_that_trickles_is_cut_off_in_time(ask: Callable[..., Any]) -> None:
    whole = table(range(1, 500))

    def answers(datagram: bytes) -> Iterable[bytes]:
        time.sleep(0.2)
        return whole(datagram)

    with OddDevice(answers) as device:
        began = time.monotonic()
        result = await ask(device, timeout=TIMEOUT_S)

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no answer in phase transfer")
    assert time.monotonic() - began < TIMEOUT_S + 2  # the whole table takes eight seconds


async def test_a_flood_does_not_hold_the_loop(ask: Callable[..., Any]) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    with OddDevice(lambda datagram: itertools.repeat(datagram[:40])) as device:
        ticking = asyncio.create_task(tick())
        began = time.monotonic()
        result = await ask(device, timeout=TIMEOUT_S)
        took = time.monotonic() - began
        ticking.cancel()

    assert result.reason is Reason.TIMEOUT
    assert took < TIMEOUT_S + 2
    assert ticks >= 10


@pytest.mark.parametrize("version", ["2c", "3"])
async def test_garbage_does_not_pile_up_in_memory(version: str, ask: Callable[..., Any]) -> None:
    def answers(datagram: bytes) -> Iterator[bytes]:
        for number in range(300):
            yield flipped(datagram + number.to_bytes(2, "big"))[:-2]

    process, sizes = psutil.Process(), []
    with OddDevice(answers) as device:
        for _ in range(6):
            await ask(device, version, 0.5)
            gc.collect()
            sizes.append(process.memory_info().rss)

    assert sizes[-1] - sizes[2] < 4_000_000, sizes
