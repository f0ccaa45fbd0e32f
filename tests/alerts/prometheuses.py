"""Starts a real Prometheus with our configuration and both rule files; addresses, secret files and waits are replaced.

``standalone.yml`` is loaded too, and impatient: its alerts fire at once, and at every hour.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.alerts.documents import ALERTS, ROOT, Document, alerting_rules, load
from tests.alerts.processes import free_port, running

CONFIG = ROOT / "deploy" / "prometheus" / "prometheus.yml"
OFFICE_HOURS = "sansang:office_hours:bool"
PATIENCE_S = 30.0


class Prometheus:
    """One that runs, to be asked."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/api/v1/query"

    async def ask(self, expression: str) -> list[Document]:
        """The series that an expression has now."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(self._url, params={"query": expression})
        answer.raise_for_status()
        found: list[Document] = answer.json()["data"]["result"]
        return found

    async def until(self, expression: str) -> None:
        """Wait until it has a series."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.ask(expression):  # noqa: ASYNC110  # another program's
                await asyncio.sleep(0.2)

    async def would_tell(self) -> list[str]:
        """The alerts of both files whose condition holds now, however long it would have to last."""
        return [rule["alert"] for rule in alerting_rules() if await self.ask(rule["expr"])]


@contextmanager
def prometheus(folder: Path, collector: str, alertmanager: str, token: str) -> Iterator[Prometheus]:
    """Scrapes ``collector`` (its address) each second with a token of it and tells ``alertmanager`` (host and port)."""
    config, listen = _for_this_machine(folder, collector, alertmanager, token), f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with running([*command, f"--web.listen-address={listen}", "--log.level=warn"], ready=f"http://{listen}/-/ready"):
        yield Prometheus(listen)


def _for_this_machine(folder: Path, collector: str, alertmanager: str, token: str) -> Path:
    secret, file = folder / "metrics.token", folder / "prometheus.yml"
    secret.write_text(f"{token}\n")
    config: dict[str, Any] = load(CONFIG)
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ALERTS / "rules" / "collector.yml"), str(_impatient(folder))]
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager]
    (job,) = config["scrape_configs"]
    (discovery,) = job["http_sd_configs"]
    discovery |= {"url": f"{collector}/api/v1/sd", "refresh_interval": "1s"}
    for asked in (job, discovery):
        asked["authorization"]["credentials_file"] = str(secret)
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


def _impatient(folder: Path) -> Path:
    rules = load(ALERTS / "rules" / "standalone.yml")
    for rule in rules["groups"][0]["rules"]:
        if "alert" in rule:
            rule["for"] = "0s"
        elif rule["record"] == OFFICE_HOURS:
            rule["expr"] = "vector(1)"
    file = folder / "standalone.yml"
    file.write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    return file
