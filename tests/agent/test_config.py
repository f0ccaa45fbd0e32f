"""The agent's configuration: one bad file per mistake with its exact message, five mistakes in five lines, defaults."""

import re
from pathlib import Path

import pytest

from sansang_agent.config import AgentConfig, Commune, data_dir, find, load_config, told_dirs, user_agent
from sansang_agent.config_rules import is_host, is_host_and_port, is_loopback, is_resolver, is_url
from sansang_agent.contract.check import SnmpCheck, TlsCheck
from sansang_agent.contract.codec import encode
from sansang_agent.contract.settings import SettingsError
from sansang_agent.contract.words import mistakes_in

BAD = sorted((Path(__file__).parent / "bad_config").glob("*.yml"))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a good token and one that everyone can read."""
    for name, mode in (("token", 0o600), ("open-token", 0o644)):
        (tmp_path / name).write_text("secret")
        (tmp_path / name).chmod(mode)
    return tmp_path


def load(here: Path, text: str) -> AgentConfig:
    path = here / "agent.yml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.stem)
def test_a_mistake_is_named_with_line_and_key(here: Path, bad: Path) -> None:
    text = bad.read_text(encoding="utf-8")
    expected = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]

    with pytest.raises(SettingsError) as refused:
        load(here, text)

    file = here / "agent.yml"
    assert expected
    assert str(refused.value).splitlines() == [f"{file}:{line.replace('{here}', str(here))}" for line in expected]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.stem)
def test_a_mistake_is_said_in_vietnamese_at_the_same_place(here: Path, bad: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(here, bad.read_text(encoding="utf-8"))

    spoken = refused.value.said(mistakes_in("vi")).splitlines()
    for mistake, line in zip(refused.value.mistakes, spoken, strict=True):
        place = str(mistake._replace(message=""))
        assert line.startswith(place)
        assert re.search(r"[^\x00-\x7f]", line.removeprefix(place)), line


def test_five_mistakes_are_five_lines(here: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(here, next(bad for bad in BAD if bad.stem == "five_mistakes").read_text(encoding="utf-8"))

    assert len(str(refused.value).splitlines()) == len(refused.value.mistakes) == 5


def test_a_checks_own_authorities_start_at_the_file_too(here: Path) -> None:
    (here / "ca.pem").touch()
    checks = """
        profile:
          checks: [{kind: tls, id: t, rung: service, target: "dvc.test:443", ca_file: ca.pem}]
        """
    profile = load(here, checks).profile

    assert profile is not None
    assert isinstance(profile.checks[0], TlsCheck)
    assert profile.checks[0].ca_file == str(here / "ca.pem")


def test_a_devices_secrets_start_at_the_file_and_are_not_read_into_the_profile(here: Path) -> None:
    (here / "community").write_text("a-secret-community\n")
    (here / "community").chmod(0o600)
    for target in ("{gateway}", "{gateway}:1161", "[2001:db8::1]:161", "2001:db8::1", "olt.test", "192.0.2.1:161"):
        check = f'{{kind: snmp, id: t, rung: gateway, target: "{target}", community_file: community}}'
        profile = load(here, f"profile: {{checks: [{check}]}}").profile

        assert profile is not None
        assert isinstance(profile.checks[0], SnmpCheck)
        assert profile.checks[0].community_file == str(here / "community")
        assert b"a-secret-community" not in encode(profile)


def test_a_whole_configuration_is_read(here: Path) -> None:
    config = load(
        here,
        """
        collector: {url: "https://collector.test/sub", token_file: token}
        commune: {code: 06001, name: Khánh Khê}
        contacts: {telecom: "trực đường truyền, máy lẻ 12"}
        contact: https://sansang.test/contact
        language: en
        resolvers: ["127.0.0.1:5353", "::1", "[::1]:53"]
        report_period: 5
        profile:
          label: thử
          checks:
            - {kind: tcp, id: gw, rung: gateway, target: "{gateway}:80", refused_is_ok: yes}
            - {kind: dns, id: dns, rung: dns, target: "{dns}", query: dvc.test}
        """,
    )

    assert config.commune == Commune(code="06001", name="Khánh Khê")
    assert config.collector is not None
    assert config.collector.token_file == str(here / "token")
    assert config.profile is not None
    assert [check.id for check in config.profile.checks] == ["gw", "dns"]
    assert config.report_period == 5


def test_an_empty_file_is_the_defaults(here: Path) -> None:
    assert load(here, "# nothing yet\n") == AgentConfig()


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_config(tmp_path / "agent.yml")

    assert str(refused.value) == f"{tmp_path}/agent.yml: there is no such file"


def test_plain_http_to_this_machine_is_allowed(here: Path) -> None:
    config = load(here, 'collector: {url: "http://127.0.0.1:9640", token_file: token}')

    assert config.collector is not None


def test_the_environment_names_the_file_first(tmp_path: Path) -> None:
    named = {"SANSANG_CONFIG": str(tmp_path / "mine.yml"), "XDG_CONFIG_HOME": str(tmp_path)}

    assert find(named) == tmp_path / "mine.yml"


@pytest.mark.needs("linux")
def test_the_users_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "sansang").mkdir()
    (tmp_path / "sansang" / "agent.yml").write_text("language: en\n")

    if not Path("/etc/sansang/agent.yml").exists():
        assert load_config(None, {"XDG_CONFIG_HOME": str(tmp_path)}).language == "en"


def test_without_any_file_there_are_defaults(tmp_path: Path) -> None:
    if not Path("/etc/sansang/agent.yml").exists():
        assert load_config(None, {"XDG_CONFIG_HOME": str(tmp_path)}) == AgentConfig()


def test_data_lies_where_configured_then_where_the_environment_says(tmp_path: Path) -> None:
    environ = {"SANSANG_DATA_DIR": str(tmp_path / "env")}

    assert data_dir(AgentConfig(data_dir="/srv/sansang"), environ) == Path("/srv/sansang")
    assert data_dir(AgentConfig(), environ) == tmp_path / "env"


def test_a_user_who_may_not_write_the_systems_place_gets_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sansang_agent.config.is_writable", lambda folder: tmp_path in folder.parents)

    environ = {name: str(tmp_path) for name in ("XDG_DATA_HOME", "LOCALAPPDATA")}

    assert data_dir(AgentConfig(), environ) == tmp_path / "sansang"


def test_the_user_agent_names_product_and_contact() -> None:
    assert user_agent("1.2", "") == "sansang/1.2"
    assert user_agent("1.2", "https://sansang.test") == "sansang/1.2 (+https://sansang.test)"


@pytest.mark.parametrize("text", ["192.0.2.1", "2001:db8::1", "dvc.test", "dvc.test.", "{gateway}", "xn--ni-mia.test"])
def test_hosts(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize("text", ["", "a b", "dvc..test", "1.2.3", "việt.test", "a:80", "[::1]", "x" * 64 + ".test"])
def test_no_hosts(text: str) -> None:
    assert not is_host(text)


@pytest.mark.parametrize("text", ["dvc.test:443", "192.0.2.1:1", "[2001:db8::1]:65535", "{gateway}:80"])
def test_hosts_with_ports(text: str) -> None:
    assert is_host_and_port(text)


@pytest.mark.parametrize("text", ["dvc.test", "dvc.test:0", "dvc.test:65536", "2001:db8::1", "::1:80", ":80", "a:٣"])
def test_no_hosts_with_ports(text: str) -> None:
    assert not is_host_and_port(text)


@pytest.mark.parametrize("text", ["192.0.2.1", "192.0.2.1:53", "::1", "[::1]", "[::1]:53", "{dns}", "{dns}:53"])
def test_resolvers(text: str) -> None:
    assert is_resolver(text)


@pytest.mark.parametrize("text", ["dns.test", "192.0.2.1:0", "[::1]:x", ""])
def test_no_resolvers(text: str) -> None:
    assert not is_resolver(text)


@pytest.mark.parametrize("text", ["ftp://dvc.test", "https://", "https://a:b@dvc.test/", "https://dvc.test:99999/"])
def test_no_urls(text: str) -> None:
    assert not is_url(text)


def test_only_this_machine_is_loopback() -> None:
    assert is_loopback("127.0.0.9")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("127.0.0.1.test")
    assert not is_loopback("192.0.2.1")


def test_who_may_not_write_where_the_service_does_still_looks_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, own = tmp_path / "service", tmp_path / "own"
    monkeypatch.setattr("sansang_agent.config.data_dirs", lambda _environ: [service, own])
    monkeypatch.setattr("sansang_agent.config.is_writable", lambda folder: folder == own)

    assert told_dirs(AgentConfig(), {}) == [own, service]
    assert told_dirs(AgentConfig(data_dir="elsewhere"), {}) == [Path("elsewhere")]
    assert told_dirs(AgentConfig(), {"SANSANG_DATA_DIR": "named"}) == [Path("named")]
