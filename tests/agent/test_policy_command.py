"""``sansang policy``: a key is made, a policy signed and trusted, and what is in force is said, as people do it."""

import stat
import sys
from pathlib import Path

import pytest

from sansang_agent import cli, status
from sansang_agent.commands import status as status_command
from sansang_agent.config import AgentConfig
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.phrases import Speech
from sansang_agent.status import CheckStatus, Status

Capsys = pytest.CaptureFixture[str]
MORE = 'name: tinh-20\nserial: 3\nexpires: 2099-06-30\nhosts: [sso.vnpt.vn, "*.example.vn"]\n'


class Person:
    """Somebody at a terminal, in a folder of their own."""

    def __init__(self, folder: Path, capsys: Capsys) -> None:
        self.folder = folder
        self._capsys = capsys

    def types(self, *words: str) -> tuple[int, str]:
        """The exit code and all that is shown."""
        code = cli.answer([*words, "--lang", "en"])
        shown = self._capsys.readouterr()
        return code, shown.out + shown.err

    def signs(self, text: str = MORE) -> str:
        """The public key, as agent.yml wants it, of a key that has signed ``text`` into the folder policy.d."""
        (self.folder / "policy.d").mkdir(exist_ok=True)
        (self.folder / "more.yml").write_text(text, encoding="utf-8")
        _, said = self.types("policy", "keygen", str(self.folder / "key"))
        out = self.folder / "policy.d" / "more.policy"
        done = self.types(
            "policy", "sign", str(self.folder / "more.yml"), "--key", str(self.folder / "key"), "--out", str(out)
        )
        assert done == (0, f"{out}: tinh-20, serial 3, holds until 2099-06-30.\n")
        return said.splitlines()[-1]

    def configures(self, *lines: str) -> str:
        """The name of the configuration file."""
        file = self.folder / "agent.yml"
        file.write_text("\n".join((f"data_dir: {self.folder / 'data'}", *lines)), encoding="utf-8")
        return str(file)


@pytest.fixture
def person(tmp_path: Path, capsys: Capsys) -> Person:
    return Person(tmp_path, capsys)


def test_a_key_signs_a_policy_that_holds_where_the_key_is_named(person: Person) -> None:
    file = person.configures(person.signs())
    code, said = person.types("policy", "show", "--config", file)

    assert code == 0
    assert f"{person.folder / 'policy.d' / 'more.policy'}: sso.vnpt.vn, *.example.vn; ports 53, 80, 443" in said
    assert "packaged: gov.vn, *.gov.vn;" in said
    assert not (person.folder / "data").exists()


def test_a_file_that_does_not_hold_is_named_with_its_reason_where_people_look(person: Person) -> None:
    person.signs()
    file = person.configures()
    code, said = person.types("policy", "show", "--config", file)
    checked, told = person.types("check-config", file)

    assert (code, checked) == (1, 0)
    assert "which this machine's file does not name." in said
    assert told.splitlines()[1] in said


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are other ones there")
def test_the_secret_key_is_for_its_owner_and_is_never_shown_nor_written_over(person: Person) -> None:
    key = person.folder / "key"
    _, said = person.types("policy", "keygen", str(key))
    secret = key.read_text(encoding="ascii")

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert secret.strip() not in said
    assert person.types("policy", "keygen", str(key))[0] == 1
    assert key.read_text(encoding="ascii") == secret
    key.chmod(0o644)
    (person.folder / "more.yml").write_text(MORE, encoding="utf-8")
    code, said = person.types("policy", "sign", str(person.folder / "more.yml"), "--key", str(key))
    assert (code, "can be read by other users" in said) == (1, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MORE.replace("serial: 3", "serial: 0"), "more.yml:2: serial"),
        (MORE.replace("2099-06-30", "soon"), "'soon' is not a day such as 2027-06-30"),
        (MORE + "networks: [10.0.0.0/8]\n", "is not public"),
        (MORE + "prts: [1]\n", "unknown key 'prts'; did you mean 'ports'?"),
    ],
)
def test_nothing_is_signed_that_machines_would_not_take(person: Person, text: str, said: str) -> None:
    person.types("policy", "keygen", str(person.folder / "key"))
    (person.folder / "more.yml").write_text(text, encoding="utf-8")
    code, shown = person.types("policy", "sign", str(person.folder / "more.yml"), "--key", str(person.folder / "key"))

    assert (code, said in shown) == (1, True), shown
    assert not (person.folder / "more.policy").exists()


def test_status_says_what_is_refused_and_which_files_are_not_used(tmp_path: Path) -> None:
    refused = Result(check="dvc", outcome=Outcome.UNKNOWN, reason=Reason.REFUSED_BY_POLICY, detail="a.vn is not …")
    status.write(
        tmp_path,
        Status(
            pid=1, version="1", started=0, written=1e9, period=15, config="c", policies=("a.policy",),
            unused_policies=(("b.policy", "it expired on 2026-01-01"),),
            results={"dvc": CheckStatus(result=refused, wall=1e9, since=1e9)},
        ),
    )  # fmt: skip
    said = status_command.status(AgentConfig(data_dir=str(tmp_path)), Speech("en"), 1e9).text

    assert "Signed policies in use: a.policy." in said
    assert "Policy not used: b.policy: it expired on 2026-01-01." in said
    assert "Not asked for the centre: dvc: a.vn is not …." in said
