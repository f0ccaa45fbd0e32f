"""Join codes from the page and the command line: made once, shown once, listed without their secret, withdrawn."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sansang_agent.contract.joining import read_code
from sansang_collector import cli, join_codes
from sansang_collector.agents import AGENT, register
from sansang_collector.audit import AUDIT
from sansang_collector.join_codes import JOIN_CODE
from sansang_collector.store import Store
from tests.collector.test_web_pages import text
from tests.support.forms import signed
from tests.support.joining import Joiner, ask, new_claim
from tests.support.province import province
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

KHANH_KHE = "06286"
WRITTEN = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as started:
        yield started


def own(centre: WebCollector) -> dict[str, str]:
    return {"Origin": centre.url}


def run(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> tuple[int, str, str]:
    status = cli.main([*arguments, "--data", str(data), "--lang", "en"])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err.strip()


def rows(data: Path, table: Any) -> list[dict[str, Any]]:
    store = Store(data)
    try:
        with store.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table))]
    finally:
        store.close()


def test_a_code_made_on_the_page_is_shown_once_with_its_picture_and_lets_a_machine_in(centre: WebCollector) -> None:
    with centre.session("admin") as browser:
        made = browser.post(
            "/fleet/join", data=signed(browser, {"commune": KHANH_KHE, "uses": "2"}), headers=own(centre)
        )
        (written,) = set(WRITTEN.findall(made.text))
        listed = browser.get("/fleet/join").text
    code = read_code(written)
    with httpx.Client(base_url=centre.url, timeout=20) as client:
        joined = Joiner(client, code).join()

    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    assert f"sansang enrol {written} --collector {centre.url}" in made.text
    assert '<svg viewBox="0 0 ' in made.text
    assert " style=" not in made.text
    assert f'value="{written}"' not in made.text  # of the search box, whose form would send it in an address
    assert joined.json()["commune"] == KHANH_KHE
    assert f">{code.id}<" in listed
    assert "2 trên 2" in text(listed)
    assert code.secret not in listed
    assert code.secret not in str(rows(centre.folder, AUDIT))


def test_a_code_is_withdrawn_on_the_page(centre: WebCollector) -> None:
    with centre.session("admin") as browser:
        made = browser.post("/fleet/join", data=signed(browser, {"commune": KHANH_KHE}), headers=own(centre))
        (written,) = set(WRITTEN.findall(made.text))
        done = browser.post("/fleet/join/revoke", data=signed(browser, {"id": written[:3]}), headers=own(centre))
        again = browser.post("/fleet/join/revoke", data=signed(browser, {"id": written[:3]}), headers=own(centre))
        listed = browser.get("/fleet/join").text
    deeds = [deed["what"] for deed in rows(centre.folder, AUDIT)]

    assert (done.status_code, again.status_code) == (303, 422)
    assert "Hiện không có mã ghi danh nào" in listed
    assert deeds == ["login", "join-code", "revoke-code"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"commune": "6286"},
        {"commune": ""},
        {"uses": "0"},
        {"uses": "many"},
        {"days": "91"},
        {"days": "nan"},
        {"days": "-1"},
        {"role": "king"},
        {"role": "vantage"},
        {"machine": "nobody"},
    ],
)
def test_a_form_that_cannot_be_makes_no_code(centre: WebCollector, wrong: dict[str, str]) -> None:
    with centre.session("admin") as browser:
        answer = browser.post("/fleet/join", data=signed(browser, {"commune": KHANH_KHE} | wrong), headers=own(centre))

    assert answer.status_code == 422
    assert rows(centre.folder, JOIN_CODE) == []


def test_nobody_else_makes_a_code_and_no_other_site_does(centre: WebCollector) -> None:
    form = {"commune": KHANH_KHE}
    with centre.session("read") as reader:
        seen = reader.get("/fleet/join").status_code
        read = reader.post("/fleet/join", data=form, headers=own(centre)).status_code
    with centre.session("admin") as browser:
        foreign = browser.post("/fleet/join", data=form, headers={"Origin": "http://evil.example"}).status_code

    assert (seen, read, foreign) == (403, 401, 403)
    assert rows(centre.folder, JOIN_CODE) == []


def test_with_an_inventory_only_its_communes_are_offered_and_taken(tmp_path: Path) -> None:
    with province(tmp_path, 1) as centre, centre.session("admin") as browser:
        page = browser.get("/fleet/join").text
        known = browser.post("/fleet/join", data=signed(browser, {"commune": KHANH_KHE}), headers=own(centre))
        unknown = browser.post("/fleet/join", data=signed(browser, {"commune": "99999"}), headers=own(centre))

    assert page.count("<option value=") >= 65
    assert "Xã Khánh Khê (06286)" in page
    assert (known.status_code, unknown.status_code) == (200, 422)


def test_the_command_prints_the_code_and_keeps_only_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--uses", "30", "--expires", "12h", "--role", "kiosk", "--url", "https://gs.example/")
    status, out, told = run(capsys, tmp_path, "join-code", COMMUNE, *asked)
    code = read_code(out)
    (row,) = rows(tmp_path, JOIN_CODE)

    assert status == 0
    assert row["key"] == code.key()
    assert (row["id"], row["commune"], row["role"], row["uses"]) == (code.id, COMMUNE, "kiosk", 30)
    assert row["expires_at"] - row["created_at"] == 12 * 3600
    assert f"sansang enrol {out} --collector https://gs.example" in told
    assert code.secret not in str([row, rows(tmp_path, AUDIT)])


def test_the_command_names_an_address_by_which_machines_reach_the_collector(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("listen: 127.0.0.1:9640\ntls: own\n", encoding="utf-8")
    _, _, told = run(capsys, tmp_path, "join-code", COMMUNE, "--config", str(config))
    assert "--collector https://127.0.0.1:9640" in told

    config.write_text("listen: 0.0.0.0:9640\n", encoding="utf-8")
    status, out, told = run(capsys, tmp_path, "join-code", COMMUNE, "--config", str(config))
    assert (status, out) == (2, "")
    assert told == "No machine reaches https://0.0.0.0:9640: set public_url in the settings, or say --url URL."
    assert len(rows(tmp_path, JOIN_CODE)) == 1


def test_codes_are_listed_without_their_secret_and_withdrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, written, _ = run(capsys, tmp_path, "join-code", COMMUNE)
    code = read_code(written)
    _, listed, _ = run(capsys, tmp_path, "join-code", "--list")
    revoked = run(capsys, tmp_path, "join-code", "--revoke", code.id.lower())
    again = run(capsys, tmp_path, "join-code", "--revoke", code.id)
    _, empty, _ = run(capsys, tmp_path, "join-code", "--list")

    assert listed.startswith(f"{code.id}  {COMMUNE}")
    assert code.secret not in listed
    assert revoked == (0, f"Join code {code.id} holds no longer.", "")
    assert again == (1, "", f"No join code {code.id} holds.")
    assert empty == ""


@pytest.mark.needs("linux")
def test_pictures_go_to_files_of_their_owner_and_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    png, svg = tmp_path / "code.png", tmp_path / "code.svg"
    before = os.umask(0)
    try:
        status, out, _ = run(capsys, tmp_path, "join-code", COMMUNE, "--qr", "--png", str(png), "--svg", str(svg))
    finally:
        os.umask(before)

    assert status == 0
    assert "▀" in out
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in svg.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (png, svg)} == {0o600}


def test_a_picture_that_cannot_be_written_leaves_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    status, out, told = run(capsys, tmp_path, "join-code", COMMUNE, "--png", str(tmp_path / "file" / "code.png"))

    assert (status, out) == (1, "")
    assert "Cannot do that" in told
    assert rows(tmp_path, JOIN_CODE) == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "Say one of"),
        ([COMMUNE, "--list"], 2, "Say one of"),
        (["6001"], 1, "No commune has the code 6001."),
        ([COMMUNE, "--role", "vantage"], 1, "its COMMUNE is 00000"),
        ([COMMUNE, "--machine", "nobody"], 1, f"There is no machine nobody in {COMMUNE}."),
        ([COMMUNE, "--machine", "may-1", "--uses", "2"], 2, "--machine enrols one known machine"),
    ],
)
def test_a_mistake_is_one_sentence_and_makes_no_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    found, out, told = run(capsys, tmp_path, "join-code", *arguments)

    assert (found, out) == (status, "")
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize("option", [("--uses", "0"), ("--uses", "x"), ("--expires", "91d"), ("--expires", "soon")])
def test_a_mistyped_number_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(capsys, tmp_path, "join-code", COMMUNE, *option)

    assert ended.value.code == 2
    assert option[1] in capsys.readouterr().err


def test_a_code_for_a_known_machine_keeps_its_role_and_is_used_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, tmp_path, "token", "agent", COMMUNE, "quay-1", "--role", "kiosk")
    status, *_ = run(capsys, tmp_path, "join-code", COMMUNE, "--machine", "quay-1")
    (row,), (agent,) = rows(tmp_path, JOIN_CODE), rows(tmp_path, AGENT)

    assert status == 0
    assert (row["agent"], row["role"], row["uses"]) == (agent["id"], "kiosk", 1)


def test_ids_are_drawn_anew_while_others_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    drawn = iter(["ABC", "0" * 12, "ABC", "DEF", "1" * 12])
    monkeypatch.setattr(join_codes, "_random", lambda _length: next(drawn))

    def make(connection: Any) -> str:
        register(connection, COMMUNE, "may-1", 0)
        code = join_codes.draft(connection)
        join_codes.keep(connection, (code.id, b"k"), join_codes.Wanted(COMMUNE), "test", 0)
        return code.id

    found = [store.write_sync(make) for _ in range(2)]
    store.close()

    assert found == ["ABC", "DEF"]


def test_who_waits_is_listed_let_in_and_refused_on_the_command_line(
    centre: WebCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = [new_claim(), new_claim()]
    with httpx.Client(base_url=centre.url, timeout=20) as client:
        words = [ask(client, claim, f"may\n{number}").json()["word"] for number, claim in enumerate(claims)]
        _, listed, _ = run(capsys, centre.folder, "waiting", "list")
        approved = run(capsys, centre.folder, "waiting", "approve", "1", KHANH_KHE, "--name", "quay-1")
        refused = run(capsys, centre.folder, "waiting", "refuse", "2")
        again = run(capsys, centre.folder, "waiting", "refuse", "2")
        answers = [ask(client, claim) for claim in claims]

    assert [word in line for word, line in zip(words, listed.splitlines(), strict=True)] == [True, True]
    assert approved[0] == 0
    assert (refused[0], again) == (0, (1, "", "No machine 2 waits (any more)."))
    assert answers[0].json()["name"] == "quay-1"
    assert answers[1].status_code == 403
