"""Holds the directions of imports that docs/architecture.md draws."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent" / "sansang_agent"
COLLECTOR = ROOT / "collector" / "sansang_collector"
ALERTS = ROOT / "alerts" / "sansang_alerts"

PURE = [
    "aftermath",
    "agent_lines",
    "answers",
    "aside",
    "backoff",
    "beliefs",
    "breadth",
    "calendars",
    "candidates",
    "case",
    "causes",
    "chances",
    "chunks",
    "client_address",
    "clocks",
    "compiler",
    "connections",
    "contacts",
    "context",
    "contrast",
    "course",
    "coverage",
    "coverage_words",
    "crossing",
    "crowds",
    "curves",
    "deciding",
    "differences",
    "election",
    "email_message",
    "ending",
    "entries",
    "escalating",
    "evidence",
    "expansion",
    "expected",
    "explain",
    "explain_text",
    "explanation",
    "exposing",
    "figures",
    "finding",
    "fleet_csv",
    "fleet_words",
    "gazetteer",
    "goals",
    "graph",
    "ground_words",
    "grounds",
    "habit_slots",
    "headings",
    "headline",
    "hiding",
    "hours",
    "hours_words",
    "http_page",
    "http_url",
    "incident",
    "incoming",
    "intervals",
    "judging",
    "keeping",
    "ladder",
    "lifecycle",
    "light",
    "likelihood",
    "liveness",
    "maintenance_import",
    "maintenance_rules",
    "matching",
    "mending",
    "model",
    "naming",
    "neighbourhood",
    "openings",
    "own_way",
    "pace",
    "pattern",
    "per_check",
    "recovery",
    "renaming",
    "reporter",
    "restricting",
    "rfc3161",
    "rota",
    "routing",
    "rows",
    "ruled_out",
    "rules",
    "rung",
    "score",
    "search",
    "seats",
    "sentences",
    "service_causes",
    "services",
    "serving",
    "serving_words",
    "severity",
    "shares",
    "sighting",
    "site",
    "sites",
    "situations",
    "sms_request",
    "sms_text",
    "speech",
    "spelling",
    "spool_bounds",
    "spreadsheet",
    "standing",
    "starting",
    "steps",
    "story_words",
    "summary",
    "tables",
    "tally",
    "telling_words",
    "timetable",
    "timing",
    "topology",
    "vantage",
    "verdict",
    "vietnam",
    "weather",
    "written_times",
    "zalo_updates",
]
"""Modules without I/O and clock: time is an argument."""
IMPURE_MODULES = {
    "asyncio",
    "datetime",
    "os",
    "pathlib",
    "random",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
}
OS_ONLY = {"add_reader", "add_writer", "add_signal_handler", "fork"}
"""Calls that exist on one system only; they stand in platform/."""


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module imported anywhere in ``path``, relative ones made absolute."""
    package = path.relative_to(path.parents[len(path.parents) - 1])
    parts = list(package.with_suffix("").parts)
    start = next(i for i, part in enumerate(parts) if part.startswith("sansang_"))
    here = parts[start:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def starts(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("path", modules(AGENT), ids=lambda p: str(p.relative_to(AGENT)))
def test_the_agent_imports_neither_collector_nor_alerts(path: Path) -> None:
    wrong = [name for name in imports(path) if starts(name, "sansang_collector") or starts(name, "sansang_alerts")]

    assert wrong == []


@pytest.mark.parametrize("path", modules(AGENT / "contract"), ids=lambda p: p.name)
def test_the_contract_imports_nothing_of_the_agent_but_itself(path: Path) -> None:
    inside = [name for name in imports(path) if starts(name, "sansang_agent")]

    assert [name for name in inside if not starts(name, "sansang_agent.contract")] == []


@pytest.mark.parametrize("path", modules(COLLECTOR), ids=lambda p: str(p.relative_to(COLLECTOR)))
def test_the_collector_imports_of_the_agent_only_the_contract(path: Path) -> None:
    inside = [name for name in imports(path) if starts(name, "sansang_agent")]

    assert [name for name in inside if not starts(name, "sansang_agent.contract")] == []


@pytest.mark.parametrize("path", modules(COLLECTOR), ids=lambda p: str(p.relative_to(COLLECTOR)))
def test_of_the_collector_only_the_store_asks_for_database_engines(path: Path) -> None:
    if not path.is_relative_to(COLLECTOR / "store"):
        assert not [name for name in imports(path) if starts(name, "sansang_alerts.engines")]


@pytest.mark.parametrize("path", modules(ALERTS), ids=lambda p: p.name)
def test_of_alerts_only_opening_a_database_asks_for_engines(path: Path) -> None:
    if path.stem not in ("opening", "database"):
        assert not [name for name in imports(path) if starts(name, "sansang_alerts.engines")]


@pytest.mark.parametrize("path", [*modules(COLLECTOR), *modules(ALERTS)], ids=lambda p: p.name)
def test_one_module_makes_all_database_engines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "create_engine" not in text or path == ALERTS / "engines.py"
    assert "sqlite3.connect" not in text or path == ALERTS / "claim.py"  # holds a lock, and no rows


@pytest.mark.parametrize("path", modules(ALERTS), ids=lambda p: p.name)
def test_alerts_never_import_the_collector(path: Path) -> None:
    assert [name for name in imports(path) if starts(name, "sansang_collector")] == []


@pytest.mark.parametrize("path", modules(ALERTS), ids=lambda p: p.name)
def test_alerts_import_of_the_agent_only_the_contract(path: Path) -> None:
    inside = [name for name in imports(path) if starts(name, "sansang_agent")]

    assert [name for name in inside if not starts(name, "sansang_agent.contract")] == []


@pytest.mark.parametrize(
    "path",
    [path for folder in (AGENT, COLLECTOR, ALERTS) for path in modules(folder) if path.stem in PURE],
    ids=lambda p: p.name,
)
def test_pure_modules_do_no_input_output_and_know_no_clock(path: Path) -> None:
    assert {name.split(".")[0] for name in imports(path)} & IMPURE_MODULES == set()


@pytest.mark.parametrize("path", modules(ALERTS / "texts"), ids=lambda p: p.name)
def test_words_of_messages_do_no_input_output_and_know_no_clock(path: Path) -> None:
    assert {name.split(".")[0] for name in imports(path)} & (IMPURE_MODULES - {"datetime"}) == set()
    assert "now(" not in path.read_text(encoding="utf-8")


def test_every_module_called_pure_exists() -> None:
    found = {path.stem for folder in (AGENT, COLLECTOR, ALERTS) for path in modules(folder)}

    assert set(PURE) <= found


@pytest.mark.parametrize(
    "path",
    [path for path in modules(AGENT) if not path.is_relative_to(AGENT / "platform")],
    ids=lambda p: str(p.relative_to(AGENT)),
)
def test_what_one_system_alone_has_stays_in_platform(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}

    assert attributes & OS_ONLY == set()
    assert "fcntl" not in set(imports(path))
    assert "/proc" not in text
