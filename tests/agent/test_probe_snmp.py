"""Real devices (snmpd), and what their silence and refusals are told as."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_agent.contract.check import Profile, SnmpCheck
from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Interface, Result
from sansang_agent.platform import Train
from sansang_agent.probes import Tools
from sansang_agent.probes.snmp import probe
from sansang_agent.probes.snmp_credential import credential_of
from sansang_agent.probes.snmp_engine import Engines
from tests.support.odd_device import OddDevice
from tests.support.probing import OtherMachine, make_tools
from tests.support.snmpd import AUTH, COMMUNITY, PRIV, USERS, Snmpd

ECHO = Train(address="127.0.0.1", sent=3, rtts_ms=(0.1,))
NO_ECHO = Train(address="127.0.0.1", sent=3)

MINUTE_TICKS = 601
"""In each the clock of pysnmp's own cache goes on by a tenth of a second."""

pytestmark = pytest.mark.needs("snmpd")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    """A device that no test changes."""
    with Snmpd(tmp_path_factory.mktemp("snmpd")) as snmpd:
        yield snmpd


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    """Of a machine from which everything answers ping."""
    made = make_tools(OtherMachine(trains=[ECHO]))
    yield made
    made.kept.close()


class Secrets:
    """Files with secrets, and the checks that name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, name: str, secret: str) -> str:
        path = self._folder / name
        path.write_text(f"{secret}\n", encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    def open(self, name: str) -> None:
        Path(name).chmod(0o644)

    def v2c(self, target: str, community: str = COMMUNITY, **more: Any) -> SnmpCheck:
        named = {"id": "t1", "timeout": 4.0, "community_file": self.file("community", community), **more}
        return msgspec.convert({"kind": "snmp", "rung": "gateway", "target": target, **named}, SnmpCheck)

    def v3(self, target: str, auth_secret: str = AUTH, priv_secret: str = PRIV, **more: Any) -> SnmpCheck:
        name = more.get("id", "t1")
        files = {
            "auth_file": self.file(f"{name}.auth", auth_secret),
            "priv_file": self.file(f"{name}.priv", priv_secret),
        }
        named = {"id": "t1", "timeout": 4.0, "version": "3", "user": "sansang", **files, **more}
        return msgspec.convert({"kind": "snmp", "rung": "gateway", "target": target, **named}, SnmpCheck)


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


def loopback(result: Result) -> Interface:
    return next(each for each in result.interfaces or () if each.name == "lo")


async def test_version_2c_tells_the_device_and_its_interfaces(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    result = await probe(secrets.v2c(device.target), tools)

    assert (result.outcome, result.address, result.pings) == (Outcome.OK, "127.0.0.1", None)
    assert result.device is not None
    assert (result.device.name, result.device.descr) == ("terminal-01", "Optical terminal for tests")
    assert 0 <= (result.device.uptime_s or -1) < 600
    lo = loopback(result)
    assert (lo.admin, lo.oper, lo.bits, lo.in_errors) == (1, 1, 64, 0)
    assert 0 < (lo.in_octets or 0) < 2**53
    assert set(result.phases_ms or {}) == {"resolve", "first_byte", "transfer"}


@pytest.mark.parametrize(
    ("user", "auth", "priv"),
    [("sansang", "sha256", "aes128"), ("strong", "sha512", "aes256"), ("weak", "md5", "des")],
)
async def test_version_3_authenticates_and_encrypts(
    user: str, auth: str, priv: str, device: Snmpd, tools: Tools, secrets: Secrets
) -> None:
    result = await probe(secrets.v3(device.target, user=user, auth=auth, priv=priv), tools)

    assert (result.outcome, result.detail) == (Outcome.OK, None)
    assert loopback(result).bits == 64


async def test_a_device_may_have_an_ipv6_address(tmp_path: Path, tools: Tools, secrets: Secrets) -> None:
    with Snmpd(tmp_path / "six", host="::1") as six:
        results = [
            await probe(secrets.v2c(six.target), tools),
            await probe(secrets.v3(six.target, id="t3"), tools),
            await probe(secrets.v3(six.target, priv_secret="wrong-passphrase", id="t4", timeout=2), tools),
        ]

    assert [each.outcome for each in results] == [Outcome.OK, Outcome.OK, Outcome.FAILED]
    assert results[2].reason is Reason.WRONG_CREDENTIALS


@pytest.mark.parametrize(
    ("trains", "pings", "said"),
    [
        ([ECHO], True, "answers ping, but not SNMP: wrong community, access list or SNMP off"),
        ([NO_ECHO], False, "answers neither SNMP nor ping"),
        (None, None, "does not answer SNMP; whether it answers ping could not be found out"),
    ],
)
async def test_silence_after_a_wrong_community_is_told_as_what_it_can_mean(
    trains: list[Train] | None, pings: bool | None, said: str, device: Snmpd, secrets: Secrets
) -> None:
    tools = make_tools(OtherMachine(trains=trains))
    result = await probe(secrets.v2c(device.target, "wrong", timeout=2), tools)
    tools.kept.close()

    assert (result.reason, result.pings, result.detail) == (Reason.TIMEOUT, pings, said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"user": "nobody"}, "the device knows no such user"),
        ({"auth_secret": "wrong-passphrase"}, "does not accept the authentication passphrase or protocol"),
        ({"auth": "sha1"}, "does not accept the authentication passphrase or protocol"),
        ({"priv_secret": "wrong-passphrase"}, "answers, but not this user: wrong privacy passphrase or protocol"),
        ({"priv": "des"}, "answers, but not this user: wrong privacy passphrase or protocol"),
        ({"user": "bare"}, "does not let this user authenticate and encrypt"),
    ],
)
async def test_version_3_names_what_is_wrong_with_the_credentials(
    changed: dict[str, Any], said: str, device: Snmpd, tools: Tools, secrets: Secrets
) -> None:
    result = await probe(secrets.v3(device.target, timeout=2.4, **changed), tools)

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.WRONG_CREDENTIALS)
    assert said in (result.detail or "")


@pytest.mark.parametrize("version", ["v2c", "v3"])
async def test_a_device_that_hears_and_says_nothing_is_a_time_out_in_time(
    version: str, tmp_path: Path, tools: Tools, secrets: Secrets
) -> None:
    with Snmpd(tmp_path / "frozen") as frozen:
        check: SnmpCheck = getattr(secrets, version)(frozen.target)
        before = await probe(check, tools)
        frozen.freeze()
        began = time.monotonic()
        result = await probe(msgspec.structs.replace(check, timeout=1.2), tools)
        took = time.monotonic() - began

    assert before.outcome is Outcome.OK
    assert (result.reason, result.pings) == (Reason.TIMEOUT, True)
    assert took < 1.2 + 0.8


async def test_where_nothing_listens_it_is_not_the_credentials(tools: Tools, secrets: Secrets) -> None:
    result = await probe(secrets.v3("127.0.0.1:9", timeout=2), tools)

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "answers ping, but not SNMP: access list or SNMP off")


@pytest.mark.parametrize("version", ["v2c", "v3"])
async def test_a_device_without_the_objects_has_no_such_object(
    version: str, device: Snmpd, tools: Tools, secrets: Secrets
) -> None:
    blind = {"community": "blind"} if version == "v2c" else {"user": "blind"}
    result = await probe(getattr(secrets, version)(device.target, **blind), tools)

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.NO_SUCH_OBJECT)
    assert result.detail == "the device answers, but shows no table of interfaces (IF-MIB)"


async def test_an_interface_that_is_not_there_is_missed_by_name(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    result = await probe(secrets.v2c(device.target, interfaces=["gpon0/*"]), tools)

    assert result.reason is Reason.NO_SUCH_OBJECT
    assert (result.detail or "").startswith("no interface is called gpon0/*; there are lo")


async def test_only_the_interfaces_that_are_wanted_are_told(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    result = await probe(secrets.v2c(device.target, interfaces=["l?", "gone"]), tools)

    assert [each.name for each in result.interfaces or ()] == ["lo"]


async def test_a_device_with_32_bit_counters_says_so(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    result = await probe(secrets.v2c(device.target, "old"), tools)

    assert (loopback(result).bits, result.outcome) == (32, Outcome.OK)
    assert 0 < (loopback(result).in_octets or 0) < 2**32


@pytest.mark.parametrize("replaced", [False, True], ids=["rebooted", "replaced"])
async def test_a_device_that_was_off_is_read_again_at_once(
    replaced: bool, tmp_path: Path, tools: Tools, secrets: Secrets
) -> None:
    with Snmpd(tmp_path / "reboots") as snmpd:
        check = secrets.v3(snmpd.target)
        before = await probe(check, tools)
        snmpd.restart(replaced=replaced)
        after = [await probe(check, tools) for _ in range(2)]

    assert [each.outcome for each in (before, *after)] == [Outcome.OK] * 3
    assert after[0].device is not None
    assert (after[0].device.uptime_s or 0) < 5


async def test_one_user_with_other_passphrases_on_another_device(
    device: Snmpd, tmp_path: Path, tools: Tools, secrets: Secrets
) -> None:
    with Snmpd(tmp_path / "other", USERS.replace(AUTH, "another-auth").replace(PRIV, "another-priv")) as other:
        checks = [
            secrets.v3(device.target),
            secrets.v3(other.target, auth_secret="another-auth", priv_secret="another-priv", id="t2"),
        ]
        results = [await asyncio.gather(*(probe(check, tools) for check in checks)) for _ in range(2)]

    assert [each.outcome for both in results for each in both] == [Outcome.OK] * 4


async def test_a_changed_secret_is_used_at_the_next_run(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    reasons = [
        (await probe(secrets.v3(device.target, auth_secret=secret), tools)).reason
        for secret in ("wrong-passphrase", AUTH)
    ]

    assert reasons == [Reason.WRONG_CREDENTIALS, None]


async def test_secrets_are_in_no_profile_and_no_repr(device: Snmpd, secrets: Secrets) -> None:
    checks = (secrets.v2c(device.target), secrets.v3(device.target))
    told = encode(Profile(checks=checks)).decode() + "".join(repr(credential_of(check)) for check in checks)

    assert not any(secret in told for secret in (COMMUNITY, AUTH, PRIV))


async def test_a_secret_that_others_can_read_is_not_used(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    check = secrets.v2c(device.target)
    secrets.open(check.community_file)
    result = await probe(check, tools)

    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.NOT_CONFIGURED)
    assert result.detail == f"{check.community_file} can be read by other users; run: chmod 600 {check.community_file}"


async def test_an_engine_whose_timer_has_died_is_made_anew(device: Snmpd, tools: Tools, secrets: Secrets) -> None:
    check = secrets.v2c(device.target)
    await probe(check, tools)
    timer = next(task for task in asyncio.all_tasks() if "handle_timeout" in str(task.get_coro()))
    timer.cancel()
    await asyncio.wait([timer])
    result = await probe(check, tools)

    assert result.outcome is Outcome.OK
    assert sum("handle_timeout" in str(task.get_coro()) for task in asyncio.all_tasks()) == 1


async def test_without_the_extra_the_probe_says_how_to_get_it(
    device: Snmpd, tools: Tools, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pysnmp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pysnmp", None)
    result = await probe(secrets.v2c(device.target), tools)

    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.NOT_SUPPORTED)
    assert result.detail == "the extra 'snmp' is not installed; run: pip install 'sansang[snmp]'"


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # as it is, without the one that a Path would open


def what_lasts(tools: Tools) -> int:
    """Objects there are once pysnmp has let its minute pass, after which only it forgets a question.

    What it has not forgotten yet is more the longer the runs took, and no leak.
    """
    for ours in tools.kept.get("snmp", Engines)._engines.values():
        for model in ours._engine.message_processing_subsystems.values():
            for _ in range(MINUTE_TICKS):
                model.receive_timer_tick(ours._engine, time.time())
    gc.collect()
    return len(gc.get_objects())


async def test_two_hundred_runs_against_a_dead_address_leave_nothing_behind(tools: Tools, secrets: Secrets) -> None:
    with OddDevice(lambda _datagram: ()) as dead:
        checks = [secrets.v2c(dead.target, timeout=0.03), secrets.v3(dead.target, timeout=0.03, id="t3")]
        counts, objects = [], {}
        for run in range(100):
            results = [await probe(check, tools) for check in checks]
            assert [each.reason for each in results] == [Reason.TIMEOUT] * 2
            counts.append((open_files(), len(asyncio.all_tasks())))
            if run in (20, 99):
                objects[run] = what_lasts(tools)
    tools.kept.close()
    await asyncio.sleep(0)

    assert objects[99] - objects[20] < 500
    assert set(counts[1:]) == {counts[0]}
    assert open_files() < counts[0][0]
    assert asyncio.all_tasks() == {asyncio.current_task()}
