"""The runbooks as pages: all of docs/vi/runbooks, read by anybody, and no word of them taken for HTML."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from sansang_agent.contract.rung import Component, Owner
from sansang_alerts.runbooks import NAMES, path_of
from sansang_alerts.web import runbooks
from tests.alerts.documents import ROOT

URL = "https://bao-tin.example.vn"
SOURCE = ROOT / "docs" / "vi" / "runbooks"


@pytest.fixture
def visitor() -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(runbooks.router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pages of a test's own."""
    monkeypatch.setattr(runbooks, "_folder", lambda: tmp_path)
    monkeypatch.setattr(runbooks, "names", runbooks.names.__wrapped__)
    monkeypatch.setattr(runbooks, "page", runbooks.page.__wrapped__)
    return tmp_path


def test_whatever_breaks_and_whoever_repairs_it_there_is_a_page() -> None:
    led = {path_of(owner, kind) for owner in Owner for kind in (None, *Component)}

    assert led == {f"/runbooks/{name}" for name in NAMES}
    assert runbooks.names() >= NAMES


async def test_every_runbook_is_shown_to_anybody_and_runs_nothing(visitor: httpx.AsyncClient) -> None:
    for path in SOURCE.glob("*.md"):
        address = "/runbooks" if path.stem == "README" else f"/runbooks/{path.stem}"
        page = await visitor.get(address)
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")

        assert page.status_code == 200, address
        assert f"<h1>{title}</h1>" in page.text
        assert "<script" not in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await visitor.head(address)).status_code == 200


async def test_every_link_of_a_runbook_leads_to_another_that_is_shown(visitor: httpx.AsyncClient) -> None:
    led: set[str] = set()
    for name in runbooks.names():
        led |= set(re.findall(r"<article.*", (await visitor.get(f"/runbooks/{name}")).text.replace("\n", " ")))
    links = set(re.findall(r'href="([^"]*)"', " ".join(led)))
    listed = set(re.findall(r'href="(/runbooks/[\w-]+)"', (await visitor.get("/runbooks")).text))

    assert listed == {f"/runbooks/{name}" for name in runbooks.names()}
    assert links <= listed | {"/runbooks"}


@pytest.mark.parametrize("name", ["README", "../../../etc/passwd", "..%2FREADME", "nothing", "mat-dien.md"])
async def test_what_is_no_runbook_is_not_there(visitor: httpx.AsyncClient, name: str) -> None:
    assert (await visitor.get(f"/runbooks/{name}")).status_code == 404


async def test_a_runbook_says_in_english_that_it_is_in_vietnamese(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/runbooks/mat-dien?lang=en")

    assert "in Vietnamese only" in page.text
    assert '<article class="text" lang="vi">' in page.text


def test_no_html_and_no_link_to_elsewhere_comes_out_of_a_page(written: Path) -> None:
    (written / "other.md").write_text("# Other\n")
    (written / "odd.md").write_text(
        "# Odd\n\n<script>alert(1)</script> <b onclick=x>bold</b>\n\n"
        "[a](javascript:alert(1)) [b](https://example.org/) [c](other.md#part) [d](../secret.md) ![e](x.png)\n\n"
        "| a | b |\n|---|---|\n| <i>1</i> | `2` |\n"
    )

    text = runbooks.page("odd").text

    assert "<script" not in text
    assert "<b" not in text
    assert "<i>" not in text
    assert "<img" not in text
    assert re.findall(r'href="([^"]*)"', text) == ["/runbooks/other"]
    assert "<td><code>2</code></td>" in text
