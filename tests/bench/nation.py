"""How long an inventory of the nation's size takes to be read, to be applied, and to be written out for every machine.

3,321 made-up communes with as many access nodes and rings as they would have, ten machines each; no peers. Each step
runs in a process of its own, so that its memory is its own.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_agent.contract.assignment import Role, assignment_hash  # noqa: E402
from sansang_agent.contract.codec import encode  # noqa: E402
from sansang_agent.contract.rung import Owner  # noqa: E402
from sansang_collector.expansion import expand  # noqa: E402
from sansang_collector.inventory import versions  # noqa: E402
from sansang_collector.inventory.folder import read_folder  # noqa: E402
from sansang_collector.inventory.headings import ACCESS_NODES, COMMUNES, CONTACTS, LINES  # noqa: E402
from sansang_collector.inventory.model import (  # noqa: E402
    AccessNode,
    Commune,
    Contact,
    Inventory,
    Kind,
    Line,
    LineKind,
)
from sansang_collector.inventory.tables import table_bytes  # noqa: E402
from sansang_collector.profiles.compiler import Plan  # noqa: E402
from sansang_collector.profiles.election import Machine  # noqa: E402
from sansang_collector.profiles.templates import templates  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from sansang_collector.topology import build  # noqa: E402
from tests.bench.measuring import machine, table  # noqa: E402

COMMUNES_, MACHINES, SERVICES = 3321, 10, 12
PER_NODE, PER_RING = 2, 4
"""Communes on an access node, access nodes on a ring."""


def fill(folder: Path, communes: int) -> None:
    """Write the files of an inventory with this many communes."""
    chance = random.Random(7)
    codes = [f"{n * 29 + 4:05}" for n in range(communes)]
    nodes = [f"an-{n}" for n in range(-(-communes // PER_NODE))]
    rings = [nodes[n : n + PER_RING] for n in range(0, len(nodes), PER_RING)]
    folder.mkdir(exist_ok=True)
    (folder / "province.yml").write_text('name: Cả nước (giả lập)\ncode: "00"\n', encoding="utf-8")
    (folder / COMMUNES.file).write_bytes(
        table_bytes(COMMUNES, [_commune(code, n, chance) for n, code in enumerate(codes)])
    )
    (folder / LINES.file).write_bytes(
        table_bytes(LINES, [line for n, code in enumerate(codes) for line in _lines(code, n)])
    )
    (folder / ACCESS_NODES.file).write_bytes(
        table_bytes(ACCESS_NODES, [AccessNode(id=node, name=f"Trạm {node}") for node in nodes])
    )
    contacts = [
        Contact(owner=Owner.COMMUNE_IT, commune=code, desk="Bộ phận trực", phone="0000 000 000") for code in codes
    ]
    (folder / CONTACTS.file).write_bytes(table_bytes(CONTACTS, contacts))
    entries = [
        f"  - {{id: ring-{n}, name: Vòng {n}, nodes: [{', '.join(ring)}]}}\n"
        for n, ring in enumerate(rings)
        if len(ring) > 1
    ]
    (folder / "topology.yml").write_text("rings:\n" + "".join(entries), encoding="utf-8")
    services = [
        f"  - {{id: s{n}, name: Dịch vụ {n}, host: s{n}.example, checks: [{{kind: tcp}}, {{kind: http}}]}}\n"
        for n in range(SERVICES)
    ]
    (folder / "services.yml").write_text("services:\n" + "".join(services), encoding="utf-8")


def _commune(code: str, n: int, chance: random.Random) -> Commune:
    return Commune(
        code=code,
        name=f"Xã Giả Lập {n}",
        kind=Kind.XA,
        former_district=f"Huyện {n // 5}",
        lat=round(chance.uniform(8.6, 23.3), 4),
        lon=round(chance.uniform(102.2, 109.4), 4),
        counters=4,
        counter_agents=tuple(f"pc-{m}" for m in range(4)),
    )


def _lines(code: str, n: int) -> list[Line]:
    node = f"an-{n // PER_NODE}"
    address = f"10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}"
    first = Line(
        id=f"{code}-tslcd2",
        commune=code,
        kind=LineKind.TSLCD2,
        provider="P",
        access_node=node,
        terminal_address=address,
    )
    return [first, Line(id=f"{code}-ftth", commune=code, kind=LineKind.FTTH, provider="P", access_node=node)]


def machines(inventory: Inventory, each: int) -> dict[str, list[str]]:
    """Ten names for each commune."""
    return {commune.code: [f"pc-{n}" for n in range(each)] for commune in inventory.communes}


def step(name: str, folder: Path, each: int) -> str:
    """Do one step; seconds, CPU seconds, memory at its height in MiB, and what came of it, parted by bars."""
    store = Store(folder / "data")
    inventory = _read(folder) if name == "apply" else None
    began, used = time.perf_counter(), time.process_time()
    if name == "read":
        inventory = _read(folder)
        said = f"{len(inventory.communes):,} communes, {len(inventory.lines):,} lines"
    elif inventory is not None:
        applied = inventory
        store.write_sync(lambda connection: versions.apply(connection, applied, 0.0, ""))
        said = f"{len(encode(inventory)) / 1e6:.1f} MB in the ledger"
    elif name == "assign":
        said = _assigned(store, each)
    else:
        said = _expanded(store, each)
    took, used = time.perf_counter() - began, time.process_time() - used
    store.close()
    return f"{took:.2f}|{used:.2f}|{_peak():.0f}|{said}"


def _peak() -> float:
    """The height of this process's resident memory in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _read(folder: Path) -> Inventory:
    return read_folder(folder / "inventory", lambda _province: {}).inventory


def _expanded(store: Store, each: int) -> str:
    with store.read() as connection:
        version = versions.current(connection)
    assert version is not None
    made = expand(build(version.inventory), machines(version.inventory, each))
    return f"{len(made.parts):,} parts, {len(made.offsets) - 1:,} checks, {len(made.members):,} path entries"


def _assigned(store: Store, each: int) -> str:
    with store.read() as connection:
        version = versions.current(connection)
    assert version is not None
    roles = [Role.MINI, *[Role.COUNTER] * (each - 2), Role.KIOSK][:each]
    places = [(code, n) for code in machines(version.inventory, each) for n in range(each)]
    them = [Machine(id_, code, f"pc-{n}", roles[n]) for id_, (code, n) in enumerate(places, start=1)]
    plan = Plan(version.inventory, templates(), them)
    elected = plan.elect((), {})
    made = {one.id: assignment_hash(plan.assignment(one, elected)) for one in them}
    return f"{len(made):,} assignments, {len(elected):,} machines elected"


WORDS = {
    "read": "read and check the folder",
    "apply": "apply it (one transaction)",
    "expand": "load it from the ledger, build and expand",
    "assign": "load it from the ledger, decide what each machine is asked",
}


def measure(folder: Path, communes: int, each: int, runs: int) -> str:
    """All steps, the median and the worst of several runs, as a table."""
    fill(folder / "inventory", communes)
    rows = []
    for name, words in WORDS.items():
        found = [_own_process(name, folder, each).split("|") for _ in range(runs if name != "apply" else 1)]
        seconds, used, peak = (sorted(float(one[n]) for one in found) for n in range(3))
        rows.append((words, _middle(seconds), f"{seconds[-1]:.2f}", _middle(used), f"{peak[-1]:.0f}", found[0][3]))
    return table(("step", "median s", "worst s", "median CPU s", "peak MiB", "what came of it"), rows)


def _middle(values: list[float]) -> str:
    return f"{values[len(values) // 2]:.2f}"


def _own_process(name: str, folder: Path, each: int) -> str:
    command = [sys.executable, __file__, "--step", name, "--folder", str(folder), "--machines", str(each)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout.strip()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communes", type=int, default=COMMUNES_)
    parser.add_argument("--machines", type=int, default=MACHINES, help="in each commune")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--step", choices=WORDS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(step(options.step, options.folder, options.machines))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(machine())
        print(measure(Path(folder), options.communes, options.machines, options.runs))


if __name__ == "__main__":
    main()
