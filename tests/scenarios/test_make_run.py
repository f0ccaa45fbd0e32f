"""`make run` as its user sees it: the launcher in a process of its own, read from its terminal, stopped by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import httpx
import psutil
import pytest

from tests.alerts.processes import free_port

LAUNCHER = Path(__file__).resolve().parents[2] / "deploy" / "local" / "run.py"
PATIENCE_S = 60.0


class Launched:
    """A running launcher: what it printed so far, and its end."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._lines: Queue[str] = Queue()
        self.seen: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, pattern: str) -> str:
        """The first text that matches ``pattern`` in a line not looked at yet."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.seen.append(self._lines.get(timeout=0.2))
            except Empty:
                assert self._reader.is_alive(), f"ended early:\n{''.join(self.seen)}"
                continue
            if found := re.search(pattern, self.seen[-1]):
                return found.group(0)
        raise AssertionError(f"no line like {pattern!r} in:\n{''.join(self.seen)}")

    def ended(self) -> None:
        """Take what it still printed before its end."""
        self._reader.join(PATIENCE_S)
        while not self._lines.empty():
            self.seen.append(self._lines.get())

    def interrupt(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=90)


@contextmanager
def launched(data: Path, *options: str, before: tuple[str, ...] = ()) -> Iterator[Launched]:
    port = free_port()
    command = [*before, sys.executable, str(LAUNCHER), "--port", str(port), "--data", str(data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Launched(process, port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=30)


def until_shown(browser: httpx.Client, url: str, text: str) -> str:
    """The first page once it holds ``text``: the agent's first report is on its way."""
    deadline = time.monotonic() + PATIENCE_S
    while text not in (page := browser.get(url).text):
        assert time.monotonic() < deadline, page
        time.sleep(0.2)
    return page


def test_the_sandbox_shows_a_good_ladder_then_a_link_that_opens_the_page_once(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox") as run:
        link = run.until(r"http://127\.0\.0\.1:\d+/login/\S+")
        printed = "".join(run.seen)
        with httpx.Client(follow_redirects=True) as browser:
            browser.get(link)
            page = until_shown(browser, run.url, "Hộp cát")
        second = httpx.get(link)
        code = run.interrupt()

    assert "Mọi thứ đều tốt: máy này, mạng và 3 dịch vụ đều trả lời." in printed
    assert "Phân giải tên miền" in page
    assert second.status_code != 303
    assert code == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(run.url)


@pytest.mark.needs("curl", "prometheus")
def test_the_printed_curl_line_gives_metrics_that_promtool_finds_clean(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox") as run:
        line = run.until(r"curl .*/metrics")
        checked = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{line} | promtool check metrics"],
            capture_output=True,
            text=True,
            check=False,
        )

    assert (checked.stdout, checked.stderr, checked.returncode) == ("", "", 0)


def test_a_second_start_keeps_what_the_first_one_learned(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox") as run:
        run.until("/login/")
        first = run.interrupt()
    with launched(tmp_path, "--sandbox") as again:
        again.until("/login/")
        read = (tmp_path / "sandbox" / "read.token").read_text(encoding="utf-8").strip()
        agents = httpx.get(f"{again.url}/api/v1/agents", headers={"Authorization": f"Bearer {read}"}).json()

    assert first == 0
    assert len(agents["items"]) == 1


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with launched(tmp_path / "one", "--sandbox") as run:
        run.until("127.0.0.1")
        command = [sys.executable, str(LAUNCHER), "--port", str(run.port), "--data", str(tmp_path / "two"), "--sandbox"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"{run.port}" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "99999", "PORT= takes a number from 1 to 65535"),
        ("--port", "80x", "PORT= takes a number from 1 to 65535"),
        ("--commune", "abc", "COMMUNE= takes the five digits of a code"),
    ],
)
def test_a_mistyped_option_is_said_before_anything_starts(option: str, value: str, said: str, tmp_path: Path) -> None:
    command = [sys.executable, str(LAUNCHER), option, value, "--data", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "none").exists()


def test_asking_twice_to_stop_does_not_disturb_the_stop(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox") as run:
        run.until("/login/")
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGTERM)
        run.until("Stopped")
        code = run.process.wait(timeout=30)
        printed = "".join(run.seen)

    assert code == 0
    assert "Task was destroyed" not in printed
    assert "Traceback" not in printed


@pytest.mark.needs("linux")
@pytest.mark.parametrize("command", ["token", "check"])
def test_ctrl_c_while_a_short_command_runs_is_a_clean_stop_too(command: str, tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox", before=("setsid",)) as run:
        until_runs(run.process.pid, command)
        os.kill(-run.process.pid, signal.SIGINT)  # as a terminal does it: to everybody in the foreground
        code = run.process.wait(timeout=30)
        run.ended()
        printed = "".join(run.seen)
    left = [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or ())]

    assert (code, left) == (0, []), printed
    assert "Stopped." in printed
    assert "Traceback" not in printed


def until_runs(launcher: int, command: str) -> None:
    """Wait until the launcher has a child that runs this command of ours."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(command in words_of(child) for child in psutil.Process(launcher).children()):
        assert time.monotonic() < deadline, command
        time.sleep(0.02)


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@pytest.mark.needs("root", "netns")
def test_a_machine_without_any_network_is_told_so_by_its_own_ladder(tmp_path: Path, empty_namespace: str) -> None:
    with launched(tmp_path, before=("ip", "netns", "exec", empty_namespace)) as run:
        run.until("/login/")
        code = run.interrupt()

    assert "chưa nối mạng" in "".join(run.seen)
    assert code == 0


@pytest.fixture(name="empty_namespace")
def namespace_with_loopback_only() -> Iterator[str]:
    name = "ss-empty"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def reader(data: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {(data / 'read.token').read_text(encoding='utf-8').strip()}"}


def test_a_province_is_loaded_once_and_then_its_files_are_the_users(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox", "--province", "Lạng Sơn") as run:
        run.until("Inventory: Lạng Sơn")
        run.until("The inventory holds no address yet")
        run.until("/login/")
        shown = subprocess.run(
            [sys.executable, "-m", "sansang_collector", "inventory", "show", "--data", tmp_path / "sandbox/collector"],
            capture_output=True,
            text=True,
            check=True,
        )
        first = run.interrupt()
    services = tmp_path / "sandbox" / "inventory" / "services.yml"
    services.write_text("# của tỉnh\nservices: []\n", encoding="utf-8")
    with launched(tmp_path, "--sandbox", "--province", "lang son") as again:
        again.until("/login/")
        second = again.interrupt()

    assert (first, second) == (0, 0)
    assert "65" in shown.stdout
    assert services.read_text(encoding="utf-8").startswith("# của tỉnh")


@pytest.mark.parametrize(("province", "said"), [("Lạng Sươn", "There is no province"), ("Cao Bằng", "of Cao Bằng")])
def test_a_province_that_cannot_be_is_one_clear_sentence(province: str, said: str, tmp_path: Path) -> None:
    if province == "Cao Bằng":  # another one lies there already
        inventory = tmp_path / "sandbox" / "inventory"
        inventory.mkdir(parents=True)
        (inventory / "province.yml").write_text('name: Lạng Sơn\ncode: "20"\n', encoding="utf-8")
    command = [sys.executable, str(LAUNCHER), "--sandbox", "--province", province, "--port", str(free_port())]
    done = subprocess.run([*command, "--data", str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_plays_a_labelled_province_beside_this_machine_and_takes_it_back(tmp_path: Path) -> None:
    with launched(tmp_path, "--sandbox", "--demo") as run:
        run.until("A simulated province")
        run.until("/login/")
        found: list[dict[str, str]] = []
        deadline = time.monotonic() + PATIENCE_S
        while len(found) < 261:
            assert time.monotonic() < deadline, f"{len(found)} agents"
            time.sleep(0.5)
            agents = httpx.get(f"{run.url}/api/v1/agents?limit=1000", headers=reader(tmp_path / "sandbox"), timeout=30)
            found = agents.json()["items"]
        code = run.interrupt()
    data = tmp_path / "sandbox" / "collector"
    listed = subprocess.run(
        [sys.executable, "-m", "sansang_collector", "token", "list", "--lang", "en", "--data", str(data)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert code == 0
    assert len({agent["commune"] for agent in found if agent["name"].startswith("mo-phong-")}) == 65
    assert not [line for line in listed if "mo-phong-" in line and " valid " in line]
    assert [line for line in listed if "hop-cat" in line and " valid " in line]
