"""Holds the directions of imports that docs/architecture.md draws."""

import ast
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent" / "sansang_agent"
COLLECTOR = ROOT / "collector" / "sansang_collector"
ALERTS = ROOT / "alerts" / "sansang_alerts"

PURE = [
    "agent_lines",
    "answers",
    "aside",
    "backoff",
    "calendars",
    "case",
    "causes",
    "chances",
    "chunks",
    "client_address",
    "clocks",
    "compiler",
    "connections",
    "contacts",
    "contrast",
    "coverage",
    "coverage_words",
    "crossing",
    "crowds",
    "curves",
    "deciding",
    "differences",
    "election",
    "email_message",
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
    "ground_words",
    "habit_slots",
    "headings",
    "headline",
    "hiding",
    "hours",
    "hours_words",
    "http_page",
    "http_url",
    "incoming",
    "intervals",
    "judging",
    "keeping",
    "ladder",
    "light",
    "liveness",
    "maintenance_import",
    "maintenance_rules",
    "mending",
    "model",
    "naming",
    "neighbourhood",
    "openings",
    "own_way",
    "pace",
    "pattern",
    "per_check",
    "reporter",
    "restricting",
    "rfc3161",
    "rota",
    "routing",
    "rows",
    "ruled_out",
    "rules",
    "rung",
    "seats",
    "sentences",
    "service_causes",
    "services",
    "serving",
    "serving_words",
    "severity",
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
    found = sorted(folder.rglob("*.py"))
    assert found, folder
    return found


EVERYTHING = [path for folder in (AGENT, COLLECTOR, ALERTS) for path in modules(folder)]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module imported anywhere in ``path``, relative ones made absolute."""
    package = path.relative_to(path.parents[len(path.parents) - 1])
    parts = list(package.with_suffix("").parts)
    start = next(i for i, part in enumerate(parts) if part.startswith("sansang_"))
    here = parts[start:-1]
    found: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += (module, *(f"{module}.{alias.name}" for alias in node.names))
    return tuple(found)


def starts(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def imported_of(package: str, path: Path) -> set[str]:
    return {name for name in imports(path) if starts(name, package)}


def of_the_agent_beside_the_contract(path: Path) -> set[str]:
    return {name for name in imported_of("sansang_agent", path) if not starts(name, "sansang_agent.contract")}


def wrong_in(paths: Iterable[Path], wrong: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    """What is wrong with those of ``paths`` with which something is."""
    found = {str(path.relative_to(ROOT)): wrong(path) for path in paths}
    return {name: what for name, what in found.items() if what}


def test_the_agent_imports_neither_collector_nor_alerts() -> None:
    others = lambda path: imported_of("sansang_collector", path) | imported_of("sansang_alerts", path)  # noqa: E731

    assert wrong_in(modules(AGENT), others) == {}


def test_the_contract_imports_nothing_of_the_agent_but_itself() -> None:
    assert wrong_in(modules(AGENT / "contract"), of_the_agent_beside_the_contract) == {}


def test_the_collector_imports_of_the_agent_only_the_contract() -> None:
    assert wrong_in(modules(COLLECTOR), of_the_agent_beside_the_contract) == {}


def test_of_the_collector_only_the_store_asks_for_database_engines() -> None:
    elsewhere = [path for path in modules(COLLECTOR) if not path.is_relative_to(COLLECTOR / "store")]

    assert wrong_in(elsewhere, partial(imported_of, "sansang_alerts.engines")) == {}


def test_of_alerts_only_opening_a_database_asks_for_engines() -> None:
    elsewhere = [path for path in modules(ALERTS) if path.stem not in ("opening", "database")]

    assert wrong_in(elsewhere, partial(imported_of, "sansang_alerts.engines")) == {}


def test_one_module_makes_all_database_engines() -> None:
    # claim.py holds a lock, and no rows
    allowed = {ALERTS / "engines.py": {"create_engine", "sqlite3.connect"}, ALERTS / "claim.py": {"sqlite3.connect"}}

    def made(path: Path) -> set[str]:
        text = path.read_text(encoding="utf-8")
        return {words for words in ("create_engine", "sqlite3.connect") if words in text} - allowed.get(path, set())

    assert wrong_in([*modules(COLLECTOR), *modules(ALERTS)], made) == {}


def test_alerts_never_import_the_collector() -> None:
    assert wrong_in(modules(ALERTS), partial(imported_of, "sansang_collector")) == {}


def test_alerts_import_of_the_agent_only_the_contract() -> None:
    assert wrong_in(modules(ALERTS), of_the_agent_beside_the_contract) == {}


def impure(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)} & IMPURE_MODULES


def test_pure_modules_do_no_input_output_and_know_no_clock() -> None:
    assert (
        wrong_in([path for path in EVERYTHING if path.stem in PURE or path.parent == COLLECTOR / "diagnosis"], impure)
        == {}
    )


def test_words_of_messages_do_no_input_output_and_know_no_clock() -> None:
    def wrong(path: Path) -> set[str]:
        return impure(path) - {"datetime"} | {words for words in ("now(",) if words in path.read_text(encoding="utf-8")}

    assert wrong_in(modules(ALERTS / "texts"), wrong) == {}


def test_every_module_called_pure_exists() -> None:
    assert set(PURE) <= {path.stem for path in EVERYTHING}


def test_what_one_system_alone_has_stays_in_platform() -> None:
    def wrong(path: Path) -> set[str]:
        attributes = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
        named = {words for words in ("/proc",) if words in path.read_text(encoding="utf-8")}
        return attributes & OS_ONLY | {"fcntl"} & set(imports(path)) | named

    elsewhere = [path for path in modules(AGENT) if not path.is_relative_to(AGENT / "platform")]
    assert wrong_in(elsewhere, wrong) == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os.path", ("os.path",)),
        ("from . import clock", ("sansang_agent.probes", "sansang_agent.probes.clock")),
        ("from ..contract import rung", ("sansang_agent.contract", "sansang_agent.contract.rung")),
        ("def f():\n    from sansang_alerts import rota", ("sansang_alerts", "sansang_alerts.rota")),
    ],
)
def test_an_import_is_seen_wherever_and_however_it_is_written(
    source: str, found: tuple[str, ...], tmp_path: Path
) -> None:
    module = tmp_path / "sansang_agent" / "probes" / "new.py"
    module.parent.mkdir(parents=True)
    module.write_text(source, encoding="utf-8")

    assert imports(module) == found
