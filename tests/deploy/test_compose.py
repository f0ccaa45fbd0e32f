"""The container files, as far as they can be checked without a container engine."""

import re
import subprocess
from importlib.metadata import requires
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sansang_agent.contract.settings import load
from sansang_collector.settings import CollectorSettings
from tests.alerts.documents import ROOT

COMPOSE = ROOT / "deploy" / "compose"


def _services() -> dict[str, dict[str, Any]]:
    services = yaml.safe_load((COMPOSE / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert isinstance(services, dict)
    return services


def _dockerfile() -> str:
    return (COMPOSE / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


@pytest.mark.needs("compose")
def test_docker_compose_accepts_the_file() -> None:
    command = ["docker-compose", "-f", str(COMPOSE / "docker-compose.yml"), "config", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_port_is_bound_to_this_machine_alone() -> None:
    ports = {name: service["ports"] for name, service in _services().items()}

    assert ports.keys() == {"collector", "prometheus", "alertmanager", "grafana"}
    assert all(port.startswith("127.0.0.1:") for bound in ports.values() for port in bound)


def test_every_container_is_read_only_without_capabilities() -> None:
    for name, service in _services().items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name


def test_every_file_of_the_repository_that_is_mounted_or_copied_exists() -> None:
    mounts = [volume.split(":")[0] for service in _services().values() for volume in service["volumes"]]
    files = [COMPOSE / mount for mount in mounts if mount.startswith(".")]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _dockerfile(), re.MULTILINE)

    files += [ROOT / name for line in copied for name in line.split()]

    assert len(files) >= 10
    assert [path for path in files if not path.exists()] == []


def test_no_password_stands_in_the_environment() -> None:
    environment: dict[str, str] = {}
    for service in _services().values():
        environment |= service.get("environment", {})
    secret = {key for key in environment if re.search("PASSWORD|TOKEN|SECRET", key)}

    assert secret == {"GF_SECURITY_ADMIN_PASSWORD__FILE"}
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"].startswith("/run/secrets/")


def test_the_collector_answers_to_the_name_prometheus_calls_it_by() -> None:
    settings = load(COMPOSE / "collector.yml", CollectorSettings)
    prometheus = yaml.safe_load((COMPOSE / "prometheus.yml").read_text(encoding="utf-8"))
    target = urlsplit(prometheus["scrape_configs"][0]["http_sd_configs"][0]["url"]).netloc
    name, _, port = target.partition(":")

    assert name in settings.hosts
    assert (settings.listen_host, settings.listen_port) == ("0.0.0.0", int(port))


def test_the_image_holds_locked_packages_runs_as_nobody_special_and_tells_its_health() -> None:
    text = _dockerfile()

    assert "--require-hashes --no-deps -r requirements/run.txt" in text
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001"]
    assert re.search(r"^HEALTHCHECK .*/-/healthy", text, re.MULTILINE)


def test_what_the_image_leaves_behind_is_not_needed_to_run() -> None:
    dropped = re.search(r"pip uninstall -y (.+?) +&& pip check", _dockerfile())

    assert dropped
    names = {canonicalize_name(name) for name in dropped[1].split()}
    assert len(names) > 5
    assert names & _needed("sansang", frozenset({"collector"})) == set()


def _needed(package: str, extras: frozenset[str]) -> set[str]:
    """Everything ``package`` with ``extras`` needs on this machine, itself included."""
    found: set[str] = set()
    waiting = [(package, extras)]
    while waiting:
        name, chosen = waiting.pop()
        found.add(canonicalize_name(name))
        for line in requires(name) or []:
            wanted = Requirement(line)
            applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in chosen or {""})
            if applies and canonicalize_name(wanted.name) not in found:
                waiting.append((wanted.name, frozenset(wanted.extras)))
    return found
