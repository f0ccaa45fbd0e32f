"""Tests what users install: the built wheel in an environment that holds only the agent's own dependencies."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT_NEEDS = ["asn1crypto", "dnspython", "h11", "msgspec", "psutil", "PyYAML"]


@pytest.fixture(scope="module", name="wheel")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module", name="bare")
def bare_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment made of the wheel and the agent's dependencies, without any index."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    for name in AGENT_NEEDS:
        copy_distribution(name, site)
    return python.parent


def copy_distribution(name: str, site: Path) -> None:
    for file in distribution(name).files or []:
        if not str(file).startswith(".."):
            target = site / str(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), target)


def run(bare: Path, *command: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": str(bare), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [str(bare / command[0]), *command[1:]], capture_output=True, text=True, env=environment, cwd=home, check=False
    )


def test_the_wheel_carries_catalogues_words_and_profiles(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert "sansang_agent/locale/vi/LC_MESSAGES/sansang_agent.mo" in names
    assert "sansang_collector/locale/vi/LC_MESSAGES/sansang_collector.mo" in names
    assert "sansang_agent/contract/words.csv" in names
    assert "sansang_agent/profiles/default.yml" in names
    assert "sansang_collector/web/templates/base.html" in names
    shown = {Path(name).stem for name in names if name.startswith("sansang_alerts/web/runbook_pages/")}
    assert shown == {path.stem for path in (ROOT / "docs" / "vi" / "runbooks").iterdir()}
    assert not [name for name in names if name.startswith(("tests", "deploy", "docs"))]


def test_the_agent_runs_with_nothing_but_its_own_dependencies(bare: Path, tmp_path: Path) -> None:
    done = run(bare, "sansang", "check", "tcp", "127.0.0.1:1", "--lang", "vi", home=tmp_path)

    assert done.stderr == ""
    assert "từ chối kết nối" in done.stdout
    assert done.returncode == 2


def test_the_collector_without_its_extra_says_what_to_install(bare: Path, tmp_path: Path) -> None:
    done = run(bare, "sansang-collector", "serve", home=tmp_path)

    assert "pip install 'sansang[collector]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
