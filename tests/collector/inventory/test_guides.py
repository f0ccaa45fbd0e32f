"""The inventory's guides name every file, column and key there is, and their samples are accepted."""

import re
from pathlib import Path

import pytest

from sansang_agent.contract.settings import loads
from sansang_collector.inventory.entries import services_rule, topology_rule
from sansang_collector.inventory.folder import FILES
from sansang_collector.inventory.headings import TABLES, Table
from sansang_collector.inventory.model import (
    Core,
    PowerArea,
    Province,
    Resolver,
    Ring,
    Risk,
    Service,
    ServiceCheck,
    Services,
    Topology,
)

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDES = {"en": DOCS / "inventory.md", "vi": DOCS / "vi" / "danh-muc.md"}
ENGLISH = GUIDES["en"].read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", ENGLISH, re.DOTALL))


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_file_and_column_is_named(guide: Path, table: Table) -> None:
    text = guide.read_text(encoding="utf-8")

    assert [name for name in FILES if f"`{name}`" not in text] == []
    assert [column for column in table.columns if f"`{column}`" not in text] == []


@pytest.mark.parametrize("cls", [Province, Core, Ring, PowerArea, Risk, Resolver, Service, ServiceCheck, Topology])
def test_every_key_is_named(cls: type) -> None:
    said = ENGLISH + "".join(f"`{key}`" for key in re.findall(r"^(\w+):", SAMPLES["topology.yml"], re.MULTILINE))

    assert [key for key in cls.__struct_fields__ if f"`{key}`" not in said] == []  # type: ignore[attr-defined]


def test_the_samples_are_accepted() -> None:
    nodes = {"an-1": "", "an-2": "", "an-3": ""}
    topology = loads(SAMPLES["topology.yml"], "topology.yml", Topology, topology_rule(nodes, ["06004-tslcd2"]))
    services = loads(SAMPLES["services.yml"], "services.yml", Services, services_rule)

    assert len(topology.rings[0].nodes) == 3
    assert services.services[0].asked


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_the_guides_commands_exist(guide: Path) -> None:
    said = set(re.findall(r"sansang-collector inventory (\w+)", guide.read_text(encoding="utf-8")))

    assert said == {"init", "check", "import", "apply", "show", "path", "doubts"}
