"""``sansang-alerts``: mistakes all at once, who is on call, who stands in, and no database made by a question."""

import json
from pathlib import Path

import pytest

from sansang_alerts import cli
from sansang_alerts.moments import NoMomentError, moment_of
from sansang_alerts.reach import leaves_through
from sansang_alerts.settings import ZaloChannel
from tests.alerts.rotas import at

SETTINGS = """
people:
  - {id: line-1, name: Trực đường truyền 1, email: line-1@example.org}
  - {id: line-2, name: Trực đường truyền 2, email: line-2@example.org}
  - {id: noc, name: Trực điều hành, email: noc@example.org}
teams:
  - id: line
    name: Đội đường truyền
    takes: [{owners: [telecom]}]
    fallback: noc
    shifts: [{people: [line-1, line-2], days: [mon, tue, wed, thu, fri], begins: "07:00", ends: "17:00"}]
  - {id: duty, name: Trực chung, takes: [{}], fallback: noc}
channels:
  - {id: mail, kind: email, server: "127.0.0.1:25", sender: sansang@example.org}
"""
NOBODYS = "postgresql+psycopg://127.0.0.1:1/alerts"


class Cli:
    """The command line with settings of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "alerts.yml"
        self.file.write_text(SETTINGS + f"data_dir: {folder / 'data'}\n", encoding="utf-8")
        self.database = folder / "data" / "alerts.db"
        self._capsys = capsys

    def __call__(self, *arguments: str, lang: str = "en") -> tuple[int, str, str]:
        status = cli.main([*arguments, "--config", str(self.file), "--lang", lang])
        said = self._capsys.readouterr()
        return status, said.out.strip(), said.err.strip()


@pytest.fixture
def alerts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(tmp_path, capsys)


def test_good_settings_are_called_good_and_warnings_go_beside(alerts: Cli) -> None:
    status, out, err = alerts("check-config")

    assert (status, out) == (0, f"{alerts.file} is good.")
    assert f"{alerts.file}:11: teams[0].shifts: nobody is on call mon 00:00-07:00 and 17:00-24:00" in err
    assert "nobody of the team 'line' can be told while the WAN is cut" in err


def test_all_mistakes_come_at_once_with_their_lines(alerts: Cli) -> None:
    alerts.file.write_text(SETTINGS.replace("fallback: noc", "fallback: nco").replace("telecom", "telekom"))

    status, out, err = alerts("check-config")

    assert (status, out) == (1, "")
    assert [line.split(": ", 2)[:2] for line in err.splitlines()] == [
        [f"{alerts.file}:9", "teams[0].takes[0].owners[0]"],
        [f"{alerts.file}:10", "teams[0].fallback"],
        [f"{alerts.file}:12", "teams[1].fallback"],
    ]


def test_a_question_makes_no_database(alerts: Cli) -> None:
    status, out, _ = alerts("oncall", "--at", "2026-11-26 10:00", "--team", "line")

    assert status == 0
    assert out.splitlines() == [
        "Đội đường truyền (line)",
        "  On call: Trực đường truyền 1 (line-1)",
        "  Until Thu 17:00 2026-11-26, then Trực điều hành (noc)",
        "  Next: Trực đường truyền 2 (line-2)",
        "  If all else fails: Trực điều hành (noc)",
        "  ! Nobody of the team can be told while the WAN is cut: no channel leaves another way.",
    ]
    assert not alerts.database.exists()


def test_a_gap_says_who_is_told_instead(alerts: Cli) -> None:
    assert "On call: nobody; Trực điều hành (noc) is told instead" in alerts("oncall", "--at", "2026-11-28 10:00")[1]
    assert "On call: Trực điều hành (noc), always" in alerts("oncall", "--team", "duty")[1]


def test_the_week_has_every_hand_over_in_order(alerts: Cli) -> None:
    out = alerts("oncall", "--week", "--team", "line", "--at", "2026-11-26 10:00", lang="vi")[1]

    assert out.splitlines()[1:4] == [
        "  Thứ 5 10:00 26/11/2026 – Thứ 5 17:00 26/11/2026  Trực đường truyền 1, Trực đường truyền 2",
        "  Thứ 5 17:00 26/11/2026 – Thứ 6 07:00 27/11/2026  không có ai; tin được gửi cho Trực điều hành",
        "  Thứ 6 07:00 27/11/2026 – Thứ 6 17:00 27/11/2026  Trực đường truyền 1, Trực đường truyền 2",
    ]


def test_programs_get_json(alerts: Cli) -> None:
    now = json.loads(alerts("oncall", "--json", "--team", "line", "--at", "2026-11-26 10:00")[1])
    week = json.loads(alerts("oncall", "--json", "--week", "--team", "line", "--at", "2026-11-26 10:00")[1])

    assert [person["id"] for person in now["people"]] == ["line-1", "line-2"]
    assert (now["until"], now["why"], now["silent_without_wan"]) == (at("2026-11-26 17:00"), "shift", True)
    assert week["turns"][0]["ends"] == week["turns"][1]["begins"] == at("2026-11-26 17:00")


def test_somebody_stands_in_until_it_is_cancelled(alerts: Cli) -> None:
    made = alerts("oncall", "override", "add", "line", "line-2", "--until", "23:59", "--why", "đổi ca")

    assert made[0] == 0
    assert made[1].startswith("1  line: Trực đường truyền 2 stands in, ")
    assert "đổi ca · arranged by " in made[1]
    assert "On call: Trực đường truyền 2 (line-2), who stands in" in alerts("oncall", "--team", "line")[1]
    assert alerts("oncall", "override", "list")[1] == made[1]
    assert "cancelled by" in alerts("oncall", "override", "cancel", "1")[1]
    assert alerts("oncall", "override", "list")[1] == "Nothing is arranged."
    assert "cancelled by" in alerts("oncall", "override", "list", "--all")[1]
    assert alerts.database.exists()


def test_a_reason_is_one_line_that_moves_no_cursor(alerts: Cli) -> None:
    made = alerts("oncall", "override", "add", "line", "noc", "--until", "23:59", "--why", "đổi\nca\x1b[31m\u202e")

    assert "đổi ca" in made[1]
    assert made[1].isprintable()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("oncall", "--team", "lines"), "There is no team 'lines'; there are: line, duty"),
        (("oncall", "--at", "gestern"), "'gestern' is no moment such as"),
        (("oncall", "override", "add", "line", "x", "--until", "23:59"), "There is no person 'x' in the settings."),
        (
            ("oncall", "override", "add", "line", "noc", "--from", "01/12/2026 08:00", "--until", "30/11/2026 08:00"),
            "It would end before it begins.",
        ),
        (("oncall", "override", "cancel", "7"), "There is no arrangement with the number 7."),
        (("oncall", "--ledger", "mysql://host/db"), "mysql://: a ledger that is no file"),
        (("oncall", "override", "list", "--ledger", "/proc/version"), "Cannot do that: /proc/version: "),
        (("oncall", "override", "list", "--ledger", __file__), f"Cannot do that: {__file__}: file is not a database"),
        (("oncall", "override", "list", "--ledger", NOBODYS), "127.0.0.1:1/alerts: connection failed: "),
        (("oncall", "override", "add", "line", "noc", "--until", "23:59", "--ledger", "/no.db"), "no file /no.db"),
        (("pair", "noc"), "The settings have no Zalo channel."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(alerts: Cli, arguments: tuple[str, ...], said: str) -> None:
    status, out, err = alerts(*arguments)

    assert (status, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


def test_options_before_a_command_inside_a_command_are_not_forgotten(
    alerts: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["oncall", "--config", str(alerts.file), "--lang", "en", "override", "list"])

    assert (status, capsys.readouterr().out) == (0, "Nothing is arranged.\n")


@pytest.mark.parametrize("where", ["before", "behind", "joined"])
def test_the_language_may_stand_before_a_command_or_behind_it(
    alerts: Cli, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    config, given = ["--config", str(alerts.file)], ["--lang=en" if where == "joined" else "--lang", "en"]
    given = given[:1] if where == "joined" else given
    before = [] if where == "behind" else [*given, *config]
    behind = [] if before else [*config, *given]

    status = cli.main([*before, "oncall", *behind, "override", "list"])

    assert (status, capsys.readouterr().out) == (0, "Nothing is arranged.\n")


def test_without_the_extra_there_is_a_hint_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "NEEDED", ("no_such_module",))

    assert cli.main(["oncall", "--lang", "en"]) == 2
    assert "pip install 'sansang[alerts]'" in capsys.readouterr().err


def test_moments_are_written_in_the_ways_people_write_them() -> None:
    now = at("2026-11-26 10:00")

    for text in ("2026-11-26 08:05", "26/11/2026  8h05", "08:05 26/11/2026", "08:05", "2026-11-26T08:05"):
        assert moment_of(text, now) == at("2026-11-26 08:05")
    assert moment_of("08:05", now, after=now) == at("2026-11-27 08:05")
    assert moment_of("10:05", now, after=now) == at("2026-11-26 10:05")
    for text in ("", "25:00", "31/02/2026 08:00", "tomorrow", "2026-11-26"):
        with pytest.raises(NoMomentError):
            moment_of(text, now)


def test_a_channel_is_silenced_by_what_it_leaves_through() -> None:
    bot = ZaloChannel(id="bot", token_file="t", via=("wan", "access_node:LS-01"))

    assert leaves_through(bot, "wan")
    assert leaves_through(bot, "wan:1")
    assert leaves_through(bot, "access_node:LS-01")
    assert not leaves_through(bot, "access_node:LS-02")
    assert leaves_through(bot, "access_node")
    assert not leaves_through(bot, "core")


def test_channels_are_made_once_so_that_a_secret_that_is_none_is_found(alerts: Cli) -> None:
    (alerts.file.parent / "url").write_text("nothing://that-apprise-knows\n")
    (alerts.file.parent / "url").chmod(0o600)
    hook = alerts.file.read_text(encoding="utf-8").replace(
        "  - {id: mail", "  - {id: hook, kind: webhook, url_file: url}\n  - {id: mail"
    )
    alerts.file.write_text(hook, encoding="utf-8")

    status, out, err = alerts("check-config")

    assert (status, out) == (1, "")
    assert err.startswith(f"{alerts.file}: channels[0]: ")
    assert "that-apprise-knows" not in err
