"""Secrets stand in files of their own: no log at DEBUG, metric, page, repr, argument or database has one."""

import html
import importlib
import logging
import os
import pkgutil
import re
import sqlite3
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, get_args

import httpx
import msgspec
import psutil
import pytest

import sansang_agent
import sansang_collector
from sansang_agent import status
from sansang_agent.config import AgentConfig
from sansang_agent.contract.check import KINDS
from sansang_agent.contract.joining import read_code
from sansang_collector import overview
from sansang_collector.settings import CollectorSettings
from tests.support.reports import body, report
from tests.support.web_collector import web_collector

PATIENCE_S = 60.0
COMMUNITY = "cong-dong-snmp-rat-bi-mat"
PASSWORD = "mat-khau-rat-bi-mat-cua-lan"  # of an account that lives as long as this test
LOUD = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
from sansang_{who} import {module} as program
{more}
sys.exit(program.main())
"""
"""A program whose every logger tells everything; our own set-ups of the log then change nothing."""
LOUD_AGENT = """
from sansang_agent import logs
quiet = logs.set_up
logs.set_up = lambda stream, verbose=False: (quiet(stream, verbose=True), logging.getLogger().setLevel(0))
"""


class Driven(NamedTuple):
    """Both programs after they have had to do with all secrets: the secrets by name, and where these might be found."""

    secrets: dict[str, str]
    kept: dict[str, str]
    """What the ledger keeps of some of them, and nothing else may."""
    folder: Path
    told: dict[str, str]
    """What pages, metrics and refusals said, and the programs' arguments, by where."""


@contextmanager
def loud(who: str, module: str, log: Path, *arguments: str, more: str = "") -> Iterator[subprocess.Popen[bytes]]:
    program = LOUD.format(who=who, module=module, more=more)
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=out, stderr=out, umask=0)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Driven:
    folder = tmp_path_factory.mktemp("secrets")
    data, ready = folder / "collector", folder / "ready"
    (folder / "collector.yml").write_text("tls: own\n", encoding="utf-8")
    placed = ("--config", str(folder / "collector.yml"), "--data", str(data))
    serve = ("--listen", "127.0.0.1:0", "--ready-file", str(ready))
    with loud("collector", "cli", folder / "collector.log", "serve", *placed, *serve) as collector:
        until(ready.exists, "a collector that is ready")
        url = ready.read_text(encoding="utf-8").strip()
        trust = ssl.create_default_context(cafile=str(data / "tls" / "ca.pem"))
        secrets = {scope: command(data, "token", scope) for scope in ("read", "admin", "metrics")}
        secrets["agent"] = command(data, "token", "agent", "05983", "pc-1")
        secrets["link"] = run(data, "link", "--admin", "--url", url).rpartition("/")[2]
        secrets["community"] = COMMUNITY
        told = {"arguments of the collector": arguments_of(collector)}
        with httpx.Client(base_url=url, verify=trust, headers={"Origin": url}) as browser:
            assert browser.get(f"/login/{secrets['link']}").status_code == 303
            secrets |= {f"session {name} of a link": value for name, value in browser.cookies.items()}
            told |= asked(browser, secrets)
        secrets |= account_of(folder, data)
        with httpx.Client(base_url=url, verify=trust, headers={"Origin": url}) as browser:
            told |= logged_in(browser, secrets["password"])
            secrets |= {f"session {name} of a person": value for name, value in browser.cookies.items()}
        code = read_code(run(data, "join-code", "05983", "--url", url).splitlines()[0].split()[-1])
        secrets |= {"join code": code.written(), "join secret": code.secret, "join key in hex": code.key().hex()}
        file = agents_file(folder)
        enrol = ("enrol", code.written(), "--collector", url, "--config", str(file))
        with loud("agent", "cli", folder / "enrol.log", *enrol, more=LOUD_AGENT) as enrolling:
            assert enrolling.wait(PATIENCE_S) == 0, (folder / "enrol.log").read_text(encoding="utf-8")
        (token,) = (folder / "agent").glob("enrolment/*/token")
        secrets["token of an enrolment"] = token.read_text(encoding="utf-8").strip()
        secrets["report key"] = token.with_name("report.key").read_text(encoding="utf-8").strip()
        arguments = ("run", "--config", str(file))
        with loud("agent", "cli", folder / "agent.log", *arguments, more=LOUD_AGENT) as agent:
            told["arguments of the agent"] = arguments_of(agent)
            until(lambda: has_told(folder / "agent"), "a report of the agent that arrived")
        metrics = {"Authorization": f"Bearer {secrets['metrics']}"}
        told["metrics"] = httpx.get(f"{url}/metrics", headers=metrics, verify=trust).text
    secrets["authority's key"] = longest_line(data / "tls" / "ca.key")
    told |= signed(folder)
    secrets["policy's key"] = longest_line(folder / "policy.secret")
    return Driven(secrets, in_the_ledger(data, code.key(), secrets["report key"]), folder, told)


def account_of(folder: Path, data: Path) -> dict[str, str]:
    """A person's password, from a file as the command wants it."""
    file = folder / "person.secret"
    file.touch(0o600)
    file.write_text(PASSWORD, encoding="utf-8")
    run(data, "person", "add", "lan.nguyen", "--role", "admin", "--everywhere", "--password-file", str(file))
    return {"password": PASSWORD}


def logged_in(browser: httpx.Client, password: str) -> dict[str, str]:
    """What somebody reads who mistypes, gets in and looks around."""
    wrong = browser.post("/login", data={"name": password, "password": password[:-1]})
    right = browser.post("/login", data={"name": "lan.nguyen", "password": password})
    assert (wrong.status_code, right.status_code) == (401, 303)
    # What was typed as a name stands in the form again, for whoever typed it, and nowhere else.
    told = {"a wrong login": wrong.text.replace(html.escape(password), "")}
    for path in ("/account", "/people", "/people/1", "/api/v1/people", "/fleet/join", "/audit", "/audit.csv"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        told[f"as a person {path}"] = answer.text
    return told


def signed(folder: Path) -> dict[str, str]:
    """A policy is signed, by somebody who keeps the key in a file."""
    policy = folder / "more.yml"
    policy.write_text("name: t\nserial: 1\nexpires: 2099-06-30\nhosts: [sso.vnpt.vn]\n", encoding="utf-8")
    key = folder / "policy.secret"
    steps = (("keygen", str(key)), ("sign", str(policy), "--key", str(key)))
    program = [sys.executable, "-m", "sansang_agent", "policy"]
    done = [subprocess.run([*program, *step], check=True, capture_output=True, text=True) for step in steps]
    return {"signing": "".join(one.stdout + one.stderr for one in done)}


def longest_line(file: Path) -> str:
    return max(file.read_text(encoding="utf-8").split(), key=len)


def in_the_ledger(data: Path, join_key: bytes, report_key: str) -> dict[str, str]:
    """What the ledger itself has to keep, as text of its bytes: no other file may."""
    with closing(sqlite3.connect(data / "ledger.db")) as ledger:
        ((password,),) = ledger.execute("SELECT password FROM person").fetchall()
    raw = {"bytes of the join key": join_key, "bytes of the report key": bytes.fromhex(report_key)}
    return {name: key.decode("latin-1") for name, key in raw.items()} | {"hash of the password": password}


def until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never seen: {what}"
        time.sleep(0.1)


def has_told(folder: Path) -> bool:
    said = status.read(folder)
    return said is not None and said.last_contact is not None


def run(data: Path, *arguments: str) -> str:
    program = [sys.executable, "-m", "sansang_collector", *arguments, "--data", str(data)]
    return subprocess.run(program, check=True, capture_output=True, text=True, umask=0).stdout.strip()


def command(data: Path, *arguments: str) -> str:
    """The secret of a token that a command has made."""
    return Path(run(data, *arguments)).read_text(encoding="utf-8").strip()


def arguments_of(process: subprocess.Popen[bytes]) -> str:
    return " ".join(psutil.Process(process.pid).cmdline())


def agents_file(folder: Path) -> Path:
    """An agent's file that names a secret's file."""
    (folder / "community").touch(0o600)
    (folder / "community").write_text(COMMUNITY, encoding="utf-8")
    file = folder / "agent.yml"
    file.write_text(
        f"data_dir: {folder / 'agent'}\nreport_period: 1\n"
        "profile:\n  checks:\n"
        "  - {kind: snmp, id: olt, rung: core, target: 127.0.0.1, community_file: community, period: 5, timeout: 1}\n",
        encoding="utf-8",
    )
    return file


def asked(browser: httpx.Client, secrets: dict[str, str]) -> dict[str, str]:
    """What is answered, right and wrong, to somebody with a secret."""
    told = {}
    html = {"Accept": "text/html"}
    for path in ("/", "/fleet", "/audit", "/nothing", "/agents/77", "/api/v1/agents/x", "/api/v1/audit"):
        told[f"page {path}"] = browser.get(path, headers=html).text
    for name in ("read", "admin", "metrics", "agent"):
        header = {"Authorization": f"Bearer {secrets[name]}"}
        for method in ("GET", "POST", "PUT", "PATCH"):
            for path in ("/", "/api/v1/agents", "/api/v1/reports", "/api/v1/sd", "/-/reload"):
                told[f"{name}: {method} {path}"] = browser.request(method, path, headers=header, content=b"{").text
    sent = body(report(1))
    header = {"Authorization": f"Bearer {secrets['agent']}"}
    told["a report"] = browser.post("/api/v1/reports", content=sent, headers=header).text
    return told


def test_no_page_metric_refusal_or_argument_has_a_secret(driven: Driven) -> None:
    assert found_in(driven, driven.told) == []


def test_no_log_has_one_even_where_everything_is_told(driven: Driven) -> None:
    logs = {path.name: path.read_text(encoding="utf-8") for path in driven.folder.glob("*.log")}

    assert logs.keys() == {"collector.log", "enrol.log", "agent.log"}
    assert "DEBUG:sqlalchemy" in logs["collector.log"]  # it is loud: the database's own words are there
    assert "SELECT" not in logs["collector.log"]
    assert "DEBUG" in logs["agent.log"] or "INFO" in logs["agent.log"]
    assert found_in(driven, logs) == []


def test_no_file_has_one_but_those_made_for_it(driven: Driven) -> None:
    made = ("*.token", "community", "*.secret", "*.key", "enrolment/*/token")
    own = {path for pattern in made for path in driven.folder.rglob(pattern)}
    files = {
        str(path): path.read_bytes().decode("latin-1")
        for path in driven.folder.rglob("*")
        if path.is_file() and path not in own
    }

    assert {Path(name).name for name in files} >= {"ledger.db", "log.db", "spool.db", "status.json", "enrolment.json"}
    assert found_in(driven, files) == []


@pytest.mark.needs("linux")
def test_what_is_made_for_a_secret_is_its_owners_alone(driven: Driven) -> None:
    files = [path for name in ("*.token", "*.key", "enrolment/*/token") for path in driven.folder.rglob(name)]

    assert len(files) >= 8
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def found_in(driven: Driven, places: dict[str, str]) -> list[str]:
    found = [
        f"{name} in {where}" for where, text in places.items() for name, one in driven.secrets.items() if one in text
    ]
    elsewhere = {where: text for where, text in places.items() if not Path(where).name.startswith("ledger.db")}
    return found + [
        f"{name} in {where}" for where, text in elsewhere.items() for name, one in driven.kept.items() if one in text
    ]


@pytest.mark.needs("linux")
def test_whatever_the_umask_nobody_else_reads_the_centres_folder_or_writes_in_a_machines(driven: Driven) -> None:
    assert too_open(driven.folder / "collector", 0o077) == []
    assert too_open(driven.folder / "agent", 0o022) == []
    assert too_open(driven.folder / "agent" / "spool.db", 0o077) == []


def too_open(top: Path, bits: int) -> list[str]:
    """What lets others do more than it should."""
    modes = {path: path.stat().st_mode for path in (top, *top.rglob("*"))}
    return [f"{stat.filemode(mode)} {path}" for path, mode in modes.items() if mode & bits]


NAMED = re.compile(r"(^|_)(secret|token|password|passphrase|community|report_key|claim|session)$")


def modules() -> Iterator[ModuleType]:
    for package in (sansang_agent, sansang_collector):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__") and ".platform.windows" not in found.name:
                yield importlib.import_module(found.name)


def holders() -> dict[str, Any]:
    """Every struct and named tuple with a field that may hold a secret's text."""
    return {
        f"{kind.__module__}.{kind.__qualname__}": kind
        for module in modules()
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and any(map(NAMED.search, texts_of(kind)))
    }


def texts_of(kind: type) -> list[str]:
    """The fields of a struct or named tuple that are text or bytes."""
    if not issubclass(kind, msgspec.Struct | tuple):
        return []
    names: tuple[str, ...] = getattr(kind, "__struct_fields__", ()) or getattr(kind, "_fields", ())
    hints = dict(getattr(kind, "__annotations__", {}))
    return [name for name in names if re.search(r"\b(str|bytes|Text|LargeBinary)\b", repr(hints.get(name)))]


class _Anything(str):
    """In the place of whatever else there is, also of a member of an enumeration."""

    value = "x"


_ANYTHING = _Anything("x")


def test_what_holds_a_secret_does_not_show_it_as_text() -> None:
    mark = "a-secret-that-must-not-show"
    shown = []
    for name, kind in holders().items():
        fields = getattr(kind, "__struct_fields__", None) or kind._fields
        made = kind(**{field: mark if NAMED.search(field) else _ANYTHING for field in fields})
        if mark in f"{made} {made!r} {[made]}":
            shown.append(name)

    assert len(holders()) >= 3
    assert shown == []


FILES_OR_PUBLIC = re.compile(r"_file$|^ca$")


@pytest.mark.parametrize("settings", [CollectorSettings, AgentConfig, *KINDS.values()])
def test_no_setting_holds_a_secret_itself(settings: type[msgspec.Struct]) -> None:
    named = [name for name in keys_of(settings) if re.search(r"secret|token|password|passphrase|community|key", name)]

    assert [name for name in named if not FILES_OR_PUBLIC.search(name) and name not in PUBLIC] == []


PUBLIC = {"keys", "tls_key", "token_days"}
"""Public keys of those who may sign policies; the name of a file; how old a token may get."""


def keys_of(settings: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(settings):
        yield field.name
        for kind in (field.type, *get_args(field.type)):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                yield from keys_of(kind)


def test_what_breaks_tells_a_stranger_nothing_and_the_log_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the inside of it")

    caplog.set_level(logging.DEBUG)
    with web_collector(tmp_path) as running:
        monkeypatch.setattr(overview, "agent", broken)
        header = {"Authorization": f"Bearer {running.read_secret}"}
        answers = [
            httpx.get(running.url + path, headers=header | {"Accept": kind})
            for path in ("/api/v1/agents/1", "/agents/1")
            for kind in ("text/html", "*/*")
        ]

    for answer in answers:
        assert answer.status_code == 500
        assert not any(word in answer.text for word in ("inside", "Traceback", "RuntimeError", ".py", str(tmp_path)))
    assert "the inside of it" in caplog.text
    assert running.read_secret not in caplog.text
    assert os.environ.get("HOME", "/nowhere") not in "".join(answer.text for answer in answers)
