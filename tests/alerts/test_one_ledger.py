"""Two servers of alerts on one real PostgreSQL: whatever is posted to both is told once, and one goes on for both."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from sqlalchemy import URL

from sansang_alerts.opening import Opened
from tests.alerts.web.test_serve import post
from tests.alerts.web.visiting import alert
from tests.soak.alerts_book import Inbox, arrived, compare, unfinished, until
from tests.support.alerts_process import AlertsProcess
from tests.support.postgres import Server

ALERTS = 20


@pytest.mark.needs("postgres")
def test_two_servers_on_one_ledger_tell_each_fault_once_and_one_goes_on_for_both(
    tmp_path: Path, postgres: Server
) -> None:
    place = postgres.empty()
    with Inbox() as inbox, closing(Opened(place)) as ledger:
        with _served(tmp_path / "one", inbox, place) as one, _served(tmp_path / "other", inbox, place) as other:
            _post_to((one, other), "firing")
            until(lambda: len(inbox.asked) >= ALERTS and not unfinished(ledger))
            one.kill()
            _post_to((other,), "resolved")
            until(lambda: len(inbox.asked) >= 2 * ALERTS and not unfinished(ledger))
        book, told = compare(ledger, inbox), arrived(inbox)

    assert book == (0, 0, 0, 0)
    assert Counter(message.kind for message in told) == {"opened": ALERTS, "recovered": ALERTS}
    assert set(Counter(message.code for message in told).values()) == {2}


def _post_to(servers: Iterable[AlertsProcess], status: str) -> None:
    """The same to all of them at once, as an Alertmanager that has both for receivers does."""
    alerts = [alert(f"Disk{number}", status) for number in range(ALERTS)]
    with ThreadPoolExecutor() as at_once:
        list(at_once.map(lambda served: post(served, *alerts), servers))


def _served(folder: Path, inbox: Inbox, place: URL) -> AlertsProcess:
    folder.mkdir()
    (folder / "url").write_text(f"{inbox.url}/hook\n")
    (folder / "url").chmod(0o600)
    settings = {
        "data_dir": str(folder / "data"),
        "ledger": place.render_as_string(),
        "recovery_after_minutes": 0,
        "people": [{"id": "a", "name": "Trực 1"}],
        "teams": [{"id": "all", "name": "Trực", "takes": [{}], "fallback": "a"}],
        "channels": [{"id": "hook", "kind": "webhook", "url_file": str(folder / "url")}],
    }
    (folder / "alerts.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return AlertsProcess(folder / "alerts.yml", folder / "data")
