"""Doors with a desk behind them, and visitors who come in by HTTP as Alertmanager, gateways and browsers do."""

from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from sansang_alerts.conversing import Conversations
from sansang_alerts.fault import Happening
from sansang_alerts.links import Links
from sansang_alerts.opening import Opened
from sansang_alerts.settings import AlertSettings
from sansang_alerts.web.doors import Doors, router
from tests.alerts import desks
from tests.alerts.posts import Post

TOKEN = "a token of the webhook, of tests only"
URL = "https://bao-tin.example.vn"
LINKS = Links("a key of tests only, as long as keys are", URL)
RING = desks.fault()


class House(Post):
    """Everything behind the doors, on one ledger, with its own clock."""

    def __init__(self, ledger: Opened, settings: AlertSettings, **more: Any) -> None:
        super().__init__(ledger, settings, link=LINKS.link, **more)
        self.nudged = 0
        conversations = Conversations(settings, ledger, self.desk, self.channels, lambda: self.now)
        self.doors = Doors(
            ledger, self.desk, self._nudge, LINKS, token=TOKEN, conversations=conversations, clock=lambda: self.now
        )
        app = FastAPI()
        app.include_router(router(lambda _: self.doors))
        self.visitor = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL)

    def _nudge(self) -> None:
        self.nudged += 1

    def link(self, person: str = "a", code: str = RING.code) -> str:
        """A link that a message told somebody now."""
        return LINKS.link(code, person, self.now)

    async def open(self) -> None:
        """The ring is cut, and people are told."""
        await self.tell(Happening.OPENED, RING)

    async def post(self, *alerts: dict[str, Any], token: str = TOKEN, **more: Any) -> httpx.Response:
        """As Alertmanager does."""
        payload = {"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "alerts": alerts} | more
        headers = {"Authorization": f"Bearer {token}"}
        return await self.visitor.post("/api/v1/alertmanager", json=payload, headers=headers)

    async def press(self, link: str, **headers: str) -> httpx.Response:
        """The button of a link's page."""
        page = await self.visitor.get(link)
        form = page.text.partition('name="form" value="')[2].partition('"')[0]
        return await self.visitor.post(link, data={"form": form}, headers=headers)


def alert(name: str = "DiskFull", status: str = "firing", **labels: str) -> dict[str, Any]:
    """As Alertmanager writes one."""
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical"} | labels,
        "annotations": {"summary": f"{name}: còn 2 %"},
        "startsAt": "2026-06-26T01:14:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-06-26T01:20:00Z",
        "generatorURL": "http://prometheus.example.vn/graph",
        "fingerprint": "0123456789abcdef",
    }


def secret(folder: Path, content: str) -> str:
    path = folder / "secret"
    path.write_text(content + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)
