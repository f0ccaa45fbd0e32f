"""Counts tests whose needs this machine lacks and shows them in a table at the end of the run."""

import re
from collections import Counter
from typing import Any

import pytest

from tests.support.needs import NEEDS, is_present, is_required

_missing = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_missing] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    lacking: list[pytest.Item] = []
    for item in items:
        names = [name for marker in item.iter_markers("needs") for name in marker.args]
        unknown = [name for name in names if name not in NEEDS]
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} needs {unknown[0]!r}, which tests/support/needs.py does not know")
        missing = next((name for name in names if not is_present(name)), None)
        if missing is None:
            kept.append(item)
        else:
            config.stash[_missing][missing] += 1
            lacking.append(item)
    if lacking and is_required():
        listed = "\n".join(f"  {item.nodeid}" for item in lacking)
        raise pytest.UsageError(f"SANSANG_REQUIRE=all, but needs are missing here ({_summary(config)}):\n{listed}")
    config.hook.pytest_deselected(items=lacking)
    # What waits for real programs comes first: at the end it would leave one of two processes with nothing to do.
    items[:] = sorted(kept, key=_is_quick)


def _is_quick(item: pytest.Item) -> bool:
    return not re.search(
        r"tests/(scenarios|faults|fuzz|attacks|bench|soak|deploy|collector/simulation)/|_in_chromium|test_wheel",
        item.nodeid,
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    told: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    missing: Counter[str] = session.config.stash[_missing]
    if told is not None:
        told["not run here"] = dict(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Several processes run the tests between them, and each has found the same to be missing."""
    known: Counter[str] = node.config.stash[_missing]
    known |= Counter(getattr(node, "workeroutput", {}).get("not run here", {}))  # in place: it stays the stashed one


def _summary(config: pytest.Config) -> str:
    return ", ".join(f"no {name}: {count}" for name, count in config.stash[_missing].most_common())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    total = config.stash[_missing].total()
    if total:
        terminalreporter.section("not run here")
        terminalreporter.line(f"not run here: {total} tests ({_summary(config)}) — `make test-deps` installs them")
