"""alerts.yml: one bad file per kind of mistake with its exact messages, and warnings with their lines."""

import re
from pathlib import Path

import pytest

from sansang_agent.contract.settings import SettingsError
from sansang_agent.contract.words import mistakes_in
from sansang_alerts import loading, people_rules
from sansang_alerts.settings import AlertSettings, EmailChannel

BAD = sorted((Path(__file__).parent / "bad_settings").glob("*.yml"))
ALERTMANAGER = """
receivers:
  - name: on-call
    email_configs: [{to: 'NOC <Noc@example.org>, other-team@example.org'}]
  - name: hook
    webhook_configs: [{url: 'http://127.0.0.1:9641/api/v1/alertmanager'}, {url: 'https://desk.example.org/in'}]
"""
GOOD = """
people:
  - {id: line-1, name: Trực đường truyền 1, email: line-1@example.org, phone: "0000000001"}
  - {id: desk, name: Trực chung, email: desk@example.org}
teams:
  - id: line
    name: Đội đường truyền
    takes: [{}]
    fallback: desk
    shifts: [SHIFTS]
channels:
  - {id: mail, kind: email, server: "mail.example.org:587", sender: a@example.org, user: a, password_file: secret}
"""
ON_SITE = """
  - id: sms
    kind: sms
    url: http://192.0.2.10/send?to={to}&text={text}
    method: GET
    via: []
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a good secret and one that everyone can read."""
    for name, mode in (("secret", 0o600), ("open-secret", 0o644), ("loop", 0o600)):
        (tmp_path / name).write_text("http://127.0.0.1:9093/api/v2/alerts\n")
        (tmp_path / name).chmod(mode)
    (tmp_path / "desk").write_text("https://desk.example.org/in\nAuthorization: Bearer x\n")
    (tmp_path / "desk").chmod(0o600)
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)
    return tmp_path


def written(here: Path, text: str, shifts: str = "{people: [line-1]}") -> Path:
    path = here / "alerts.yml"
    path.write_text(text.replace("SHIFTS", shifts), encoding="utf-8")
    return path


def load(here: Path, text: str, shifts: str = "{people: [line-1]}") -> AlertSettings:
    return loading.load(written(here, text, shifts))


def warned(here: Path, text: str, shifts: str = "{people: [line-1]}") -> list[str]:
    path = written(here, text, shifts)
    loading.load(path)
    return [f"{one.line}: {one.key}: {one.message}" for one in loading.warnings(path)]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.stem)
def test_a_mistake_is_named_with_line_and_key(here: Path, bad: Path) -> None:
    text = bad.read_text(encoding="utf-8")
    expected = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]

    with pytest.raises(SettingsError) as refused:
        load(here, text)

    file = here / "alerts.yml"
    assert expected
    assert str(refused.value).splitlines() == [f"{file}:{line.replace('{here}', str(here))}" for line in expected]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.stem)
def test_a_mistake_is_said_in_vietnamese_at_the_same_place(here: Path, bad: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(here, bad.read_text(encoding="utf-8"))

    spoken = refused.value.said(mistakes_in("vi", "sansang_alerts")).splitlines()
    for mistake, line in zip(refused.value.mistakes, spoken, strict=True):
        place = str(mistake._replace(message=""))
        assert line.startswith(place)
        assert line != str(mistake)
        assert re.search(r"[^\x00-\x7f]", line.removeprefix(place)), line


def test_a_warning_is_said_in_vietnamese_with_all_its_gaps(here: Path) -> None:
    path = written(here, GOOD, "{people: [line-1], days: [mon, tue], begins: '07:00', ends: '17:00'}")

    said = [one.said(mistakes_in("vi", "sansang_alerts")) for one in loading.warnings(path)]

    (gaps,) = [one for one in said if "không có người trực" in one]
    assert "thứ 2 00:00-07:00 và 17:00-24:00, thứ 3 00:00-07:00 và 17:00-24:00, thứ 4 00:00-24:00" in gaps
    assert gaps.endswith("khi đó báo cho 'desk' (fallback)")


def test_secrets_lie_beside_the_file(here: Path) -> None:
    (mail,) = load(here, GOOD).channels

    assert isinstance(mail, EmailChannel)
    assert mail.password_file == str(here / "secret")


def test_a_week_without_gaps_and_an_sms_gateway_on_site_need_no_warning_but_of_plain_http(here: Path) -> None:
    assert warned(here, GOOD + ON_SITE) == [
        "16: channels[1].url: is plain HTTP: whoever is on the way reads the messages and the secret"
    ]


def test_a_team_that_a_cut_of_the_wan_silences_is_named(here: Path) -> None:
    (line,) = warned(here, GOOD)

    assert line == (
        "6: teams[0]: nobody of the team 'line' can be told while the WAN is cut: mail leaves through it, or reaches "
        "nobody; an SMS gateway on site with 'via: []' would do"
    )


def test_a_gateway_that_reaches_nobody_of_the_team_does_not_count(here: Path) -> None:
    shifts = "{people: [desk]}"

    assert any("the team 'line'" in line for line in warned(here, GOOD + ON_SITE, shifts))


def test_gaps_are_named_day_by_day_with_whom_they_fall_to(here: Path) -> None:
    shifts = """
      {people: [line-1], days: [mon, tue, wed, thu, fri], begins: "07:00", ends: "17:00"},
      {people: [line-1], days: [mon, tue, wed, thu], begins: "17:00", ends: "07:00"},
      {people: [line-1], days: [sat], begins: "22:00", ends: "06:00"}"""

    (gaps,) = [line for line in warned(here, GOOD + ON_SITE, shifts) if "nobody is on call" in line]

    assert gaps == (
        "10: teams[0].shifts: nobody is on call mon 00:00-07:00, fri 17:00-24:00, sat 00:00-22:00, sun 06:00-24:00; "
        "'desk' (fallback) is told then"
    )


def test_gaps_that_holidays_make_are_named_by_their_days(here: Path) -> None:
    text = GOOD.replace("people:\n", "holidays: [2026-02-16..2026-02-17]\npeople:\n", 1) + ON_SITE
    shifts = """{people: [line-1], begins: "08:00", ends: "08:00", holidays: not},
                {people: [line-1], begins: "12:00", ends: "18:00", holidays: only}"""

    (gaps,) = [line for line in warned(here, text, shifts) if "on holidays" in line]

    assert gaps == (
        "11: teams[0].shifts: on holidays nobody is on call 2026-02-16 08:00-12:00, 2026-02-16 18:00-24:00, "
        "2026-02-17 00:00-12:00, 2026-02-17 18:00-24:00, 2026-02-18 00:00-08:00; 'desk' (fallback) is told then"
    )


def test_a_team_without_shifts_and_holidays_nobody_gave_are_worth_a_word(here: Path) -> None:
    bare = GOOD.replace("    shifts: [SHIFTS]\n", "") + ON_SITE
    assert "6: teams[0]: has no shifts: 'desk' (fallback) is always on call" in warned(here, bare)

    shifts = "{people: [line-1]}, {people: [desk], holidays: only}"
    assert "2: holidays: is empty, though a shift is for holidays only" in warned(here, GOOD, shifts)


def test_a_file_that_is_not_there_is_said_once(here: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        loading.load(here / "no-such.yml")


def test_two_mail_servers_at_once_would_send_everything_twice(here: Path) -> None:
    again = GOOD + ON_SITE + "  - {id: mail-2, kind: email, server: '127.0.0.1:25', sender: a@example.org}\n"
    said = "'mail' and 'mail-2' reach the same addresses: messages come twice where a step names neither or both"

    assert any(said in line for line in warned(here, again))
    steps = "    steps: [{after_minutes: 0, channels: [mail]}, {after_minutes: 5, channels: [mail-2]}]\n"
    assert not any(said in line for line in warned(here, again.replace("channels:\n", f"{steps}channels:\n")))


def test_a_list_that_is_there_twice_is_one_mistake(here: Path) -> None:
    file = written(here, GOOD)
    file.write_text(file.read_text(encoding="utf-8") + "people: []\n", encoding="utf-8")

    with pytest.raises(SettingsError) as refused:
        loading.load(file)

    assert [one.message.partition(" (")[0] for one in refused.value.mistakes] == ["duplicate key 'people'"]


@pytest.mark.parametrize(
    "phone", ["0000 000 001", "+84 000 000 001", "0000.000.001", "(0205) 0000 000", "+84 (205) 0000-000"]
)
def test_telephone_numbers_are_taken_as_people_write_them(phone: str) -> None:
    assert not list(people_rules.person({"phone": phone}))


@pytest.mark.parametrize("phone", ["0000 000 00x", "113", "0000000001, 0000000002", "0000\n000001", "(" * 20])
def test_what_is_no_telephone_number_is_refused(phone: str) -> None:
    assert [key for key, _ in people_rules.person({"phone": phone})] == ["phone"]
