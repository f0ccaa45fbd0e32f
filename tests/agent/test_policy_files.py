"""Signed policies on a machine: what is forged, old, cut or somebody else's is not used, and says why."""

import asyncio
import base64
from pathlib import Path

import msgspec
import pytest

from sansang_agent import signing
from sansang_agent.agent import Lasting, run_agent
from sansang_agent.config import AgentConfig, Commune, PolicyConfig
from sansang_agent.contract.addresses import plain
from sansang_agent.contract.check import Profile
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.signed_policy import MOST_BYTES, key_id, public_key, seal, unseal
from sansang_agent.grants import PACKAGED, Allowed
from sansang_agent.permission import permission_for
from sansang_agent.policy_files import FOLDER, InForce, Shelf, gather
from sansang_agent.serials import FILE, Serials
from tests.support.fake_machine import FakeMachine

KEY, OTHER = signing.new_pair(), signing.new_pair()
NOW = 1_790_000_000.0
"""21 September 2026."""


def text(serial: int = 1, expires: str = "2027-06-30", more: str = "") -> bytes:
    return f"name: province\nserial: {serial}\nexpires: {expires}\nhosts: [sso.vnpt.vn]\n{more}".encode()


def signed(body: bytes | None = None, key: signing.KeyPair = KEY) -> str:
    return signing.sign(text() if body is None else body, key.secret)


class Machine:
    """One that trusts KEY, with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall = NOW
        self.config = AgentConfig(commune=Commune(code="06001"), policy=PolicyConfig(keys=(KEY.public,)))
        (folder / FOLDER).mkdir()

    def put(self, file: str, name: str = "a.policy") -> None:
        (self.folder / FOLDER / name).write_bytes(file.encode())

    def look(self, *carried: str) -> InForce:
        return gather(self.config, [self.folder], carried, Serials(self.folder), self.wall)

    def why(self, *carried: str) -> str:
        """Why the one file is not used."""
        found = self.look(*carried)
        assert found.grants == PACKAGED
        (one,) = found.unused
        return one.why

    def allows(self, host: str, *carried: str, port: int = 443) -> bool:
        return Allowed(self.look(*carried).grants).refuses_name(host, port, "http", self.wall) is None


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_file_that_a_trusted_key_signed_holds_in_the_folder_and_carried_by_the_centre(machine: Machine) -> None:
    assert not machine.allows("sso.vnpt.vn")
    assert machine.allows("sso.vnpt.vn", signed())
    machine.put(signed())
    assert machine.allows("sso.vnpt.vn")
    assert not machine.allows("sso.vnpt.vn", port=22)
    assert machine.look().unused == ()


def test_a_key_that_the_machine_does_not_know_signs_nothing(machine: Machine) -> None:
    assert machine.why(signed(key=OTHER)).endswith("which this machine's file does not name")


def test_a_file_that_only_claims_a_trusted_key_is_forged(machine: Machine) -> None:
    forged = signed(key=OTHER).replace(key_id(public_key(OTHER.public)), key_id(public_key(KEY.public)))

    assert machine.why(forged) == "its signature is not right: it has been changed, or forged"


@pytest.mark.parametrize("change", [b"sso.evil.vn", b"sso.vnpt.vn, evil.vn"])
def test_a_changed_text_does_not_keep_its_signature(machine: Machine, change: bytes) -> None:
    sealed = unseal(signed())
    changed = seal(sealed.key_id, sealed.signature, sealed.text.replace(b"sso.vnpt.vn", change))

    assert machine.why(changed) == "its signature is not right: it has been changed, or forged"


def test_every_bit_of_a_signature_counts(machine: Machine) -> None:
    sealed = unseal(signed())
    for bit in range(0, 512, 37):
        signature = bytearray(sealed.signature)
        signature[bit // 8] ^= 1 << bit % 8
        assert "signature is not right" in machine.why(seal(sealed.key_id, bytes(signature), sealed.text))


def test_a_signature_over_the_bare_text_is_one_for_something_else(machine: Machine) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # as elsewhere

    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(KEY.secret))
    assert "signature is not right" in machine.why(seal(key_id(public_key(KEY.public)), key.sign(text()), text()))


def test_an_older_serial_is_refused_once_a_newer_one_was_seen_even_after_a_restart(machine: Machine) -> None:
    old = signed(text(serial=1))
    assert machine.allows("sso.vnpt.vn", old)
    withdrawn = b"name: province\nserial: 2\nexpires: 2027-06-30\n"
    assert not machine.allows("sso.vnpt.vn", signed(withdrawn))

    assert machine.why(old) == "its serial 1 is older than 2, which this machine has seen of province"
    assert msgspec.json.decode((machine.folder / FILE).read_bytes()) == {
        f"{key_id(public_key(KEY.public))} province": 2
    }


def test_a_newer_serial_beside_an_older_one_holds_alone(machine: Machine) -> None:
    machine.put(signed(text(serial=1)), "a.policy")
    machine.put(signed(b"name: province\nserial: 2\nexpires: 2027-06-30\nhosts: [b.vnpt.vn]\n"), "b.policy")

    assert machine.allows("b.vnpt.vn")
    assert not machine.allows("sso.vnpt.vn")


def test_a_file_holds_until_the_end_of_its_last_day_and_not_a_second_longer(machine: Machine) -> None:
    last = signed(text(expires="2026-09-21"))
    machine.wall = 1_790_035_199.0
    assert machine.allows("sso.vnpt.vn", last)
    held = machine.look(last).grants
    machine.wall += 1
    assert machine.why(last) == "it expired on 2026-09-21"
    assert Allowed(held).refuses_name("sso.vnpt.vn", 443, "http", machine.wall)


def test_a_file_for_other_communes_is_not_used_and_one_for_this_commune_is(machine: Machine) -> None:
    assert machine.why(signed(text(more='for: ["06002"]'))) == "it is for machines of other communes"
    assert machine.allows("sso.vnpt.vn", signed(text(serial=2, more='for: ["06002", "06001"]')))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "its first line is not sansang-policy-v1"),
        ("hosts: [evil.vn]\n", "its first line is not sansang-policy-v1"),
        ("sansang-policy-v1\n", "it is cut short"),
        ("sansang-policy-v1\nkey x\nsignature y\nz\n", "its second line names no key"),
        ("\N{LATIN SMALL LETTER A WITH GRAVE}" * 10, "its first line is not sansang-policy-v1"),
        ("sansang-policy-v1\n" + "A" * 10_000_000, f"it is longer than {MOST_BYTES} bytes"),
    ],
    ids=["empty", "bare", "head", "nonsense", "letters", "10 MB"],
)
def test_what_has_not_the_form_is_not_used(machine: Machine, file: str, said: str) -> None:
    machine.put(file)
    assert machine.why() == said


def test_a_file_cut_anywhere_is_not_used(machine: Machine) -> None:
    whole = signed()
    for length in range(len(whole) - 1):
        machine.put(whole[:length])
        assert machine.why()


@pytest.mark.parametrize(
    "bad",
    [
        b"networks: [10.0.0.0/8]",
        b"networks: [127.0.0.1]",
        b"hosts: ['*']",
        b"kinds: [snmp]",
        b"post: true",
        b"<<: [1, 2",
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nhosts: [*b,*b,*b,*b,*b,*b]",
        b"hosts: " + b"[" * 20_000,
        b"\xff\xfe",
    ],
)
def test_not_even_a_signer_can_name_what_is_not_public_or_hold_the_machine_up(machine: Machine, bad: bytes) -> None:
    body = b"name: province\nserial: 1\nexpires: 2027-06-30\n" + bad

    assert machine.why(signed(body))


def test_without_the_package_for_signatures_no_file_is_used_and_that_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = signed()
    monkeypatch.setitem(__import__("sys").modules, "cryptography.exceptions", None)

    assert machine.why(file) == "the extra 'policy' is not installed; run: pip install 'sansang[policy]'"


def test_more_files_than_sixteen_are_not_even_looked_at(machine: Machine) -> None:
    for number in range(17):
        machine.put("x", f"{number:02}.policy")

    assert len(machine.look().unused) == 16


def test_a_shelf_notices_what_the_centre_carries_now_and_after_a_minute_what_lies_in_the_folder(
    machine: Machine,
) -> None:
    shelf = Shelf(machine.config, [machine.folder], Serials(machine.folder))
    assert shelf.now(0.0, NOW).grants == PACKAGED
    shelf.carry([signed()])
    assert len(shelf.now(1.0, NOW).grants) == len(PACKAGED) + 1
    shelf.carry([])
    machine.put(signed())
    assert shelf.now(2.0, NOW).grants[-1].source == str(machine.folder / FOLDER / "a.policy")
    (machine.folder / FOLDER / "a.policy").unlink()
    assert len(shelf.now(61.0, NOW).grants) == len(PACKAGED) + 1
    assert shelf.now(62.0, NOW).grants == PACKAGED


async def test_a_running_agent_uses_what_is_for_the_commune_that_it_was_enrolled_into(machine: Machine) -> None:
    machine.put(signed(text(more='for: ["06001"]\n')))
    enrolled = msgspec.structs.replace(machine.config, data_dir=str(machine.folder))
    own_file = msgspec.structs.replace(enrolled, commune=Commune())
    permission = permission_for(own_file, machine.folder / "agent.yml", FakeMachine())
    assert [one.why for one in permission.in_force().unused] == ["it is for machines of other communes"]

    stop = asyncio.Event()
    stop.set()
    profile = Profile(checks=())
    lasting = Lasting(permission=permission)
    await run_agent(enrolled, profile, FakeMachine(), stop, lambda: GoodbyeReason.STOP, lasting=lasting)
    assert permission.in_force().signed == (str(machine.folder / FOLDER / "a.policy"),)


def test_the_machine_s_own_file_names_hosts_on_any_port_or_on_those_it_says() -> None:
    def refused(config: PolicyConfig, port: int) -> str | None:
        found = gather(AgentConfig(policy=config), [], [], Serials(Path("/nowhere"), keeps=False), NOW)
        return Allowed(found.grants).refuses_name("box.example.vn", port, "tcp", NOW)

    assert refused(PolicyConfig(hosts=("*.example.vn",)), 9000) is None
    assert refused(PolicyConfig(hosts=("*.example.vn",), ports=(9000,)), 9000) is None
    assert refused(PolicyConfig(hosts=("*.example.vn",), ports=(9000,)), 9001) == (
        "port 9001 of box.example.vn is not to be asked by tcp checks of the centre"
    )


def test_a_network_of_a_signed_file_is_for_public_addresses_named_as_such(machine: Machine) -> None:
    found = Allowed(machine.look(signed(text(more="networks: [8.8.8.0/24]"))).grants)

    assert found.refuses_address(plain("8.8.8.8"), 53, "dns", NOW) is None
    assert found.refuses_address(plain("8.8.4.4"), 53, "dns", NOW)
    assert found.refuses_address(plain("8.8.8.8"), 22, "tcp", NOW)
