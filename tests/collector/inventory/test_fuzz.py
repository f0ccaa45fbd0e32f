"""Whatever stands in the files, people get mistakes or an inventory; and every inventory accepted has a topology."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_agent.contract.settings import Mistake, SettingsError
from sansang_collector.expansion import expand
from sansang_collector.inventory import versions
from sansang_collector.inventory.coverage import blind_spots
from sansang_collector.inventory.differences import differences
from sansang_collector.inventory.folder import read_folder
from sansang_collector.inventory.headings import ACCESS_NODES, COMMUNES, LINES
from sansang_collector.inventory.model import AccessNode, Commune, Kind, Line, LineKind
from sansang_collector.inventory.spreadsheet import read_sheet
from sansang_collector.inventory.tables import read_table, table_bytes
from sansang_collector.inventory.taking_in import take_in
from sansang_collector.inventory.units import official_names
from sansang_collector.topology import build
from tests.collector.inventory.folders import FILES, folder

MARKS = [b"", b",", b";", b"\t", b'"', b"\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x81", b"[", b"{", b": ", b"- "]
WORDS = [b"06001", b"an-1", b"&a ", b"*a", b"!!x ", "Xã Đoàn Kết".encode(), "ngày".encode("utf-16")]
PIECES = st.sampled_from(MARKS + WORDS)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """One of the usual files with a part of it replaced."""
    name = draw(st.sampled_from(sorted(FILES)))
    contents = FILES[name].encode()
    at = draw(st.integers(0, len(contents)))
    until = draw(st.integers(at, min(len(contents), at + 20)))
    return name, contents[:at] + b"".join(draw(st.lists(PIECES, max_size=4))) + contents[until:]


def mistakes_of(act: Callable[[], object]) -> list[Mistake]:
    """The mistakes that ``act`` ends with; none where it ends well."""
    try:
        act()
    except SettingsError as error:
        return [*error.mistakes]
    return []


def use_all_of(place: Path) -> None:
    """Read a folder and do with it whatever is done with inventories."""
    found = read_folder(place, official_names).inventory
    machines = {commune.code: ["pc-1"] for commune in found.communes}
    assert expand(build(found), machines).unplaced == []
    blind_spots(found, machines, {})
    assert differences(found, found) == []


@given(spoilt())
@settings(max_examples=80, deadline=None)
def test_a_spoilt_file_makes_mistakes_or_an_inventory_and_nothing_else(change: tuple[str, bytes]) -> None:
    name, contents = change
    with TemporaryDirectory() as place:
        usual = folder(Path(place))
        (usual / name).write_bytes(contents)
        found = mistakes_of(lambda: use_all_of(usual))

        assert all(mistake.file.startswith(place) and mistake.message for mistake in found)


@given(spoilt())
@settings(max_examples=50, deadline=None)
def test_a_spoilt_spreadsheet_makes_mistakes_or_differences_and_nothing_else(change: tuple[str, bytes]) -> None:
    with TemporaryDirectory() as place:
        sheet = Path(place) / "sheet.csv"
        sheet.write_bytes(change[1])
        usual = folder(Path(place) / "inventory")
        found = mistakes_of(lambda: take_in(sheet, usual, official_names))

        assert all(mistake.file.startswith(place) and mistake.message for mistake in found)


IDS = st.integers(1, 5).map(lambda n: f"an-{n}")


@given(
    nodes=st.dictionaries(IDS, st.one_of(st.just(""), IDS), min_size=1),
    homes=st.lists(st.one_of(st.just(""), IDS), min_size=1, max_size=4),
    rings=st.lists(st.lists(IDS, min_size=1, max_size=4), max_size=2),
    risks=st.lists(IDS, max_size=2),
)
@settings(max_examples=80, deadline=None)
def test_any_net_of_nodes_is_refused_or_every_way_ends_at_the_core(
    nodes: dict[str, str], homes: list[str], rings: list[list[str]], risks: list[str]
) -> None:
    communes = [Commune(code=f"0600{n}", name=f"Xã Thử {n}", kind=Kind.XA) for n in range(len(homes))]
    lines = [
        Line(id=f"l{n}", commune=f"0600{n}", kind=LineKind.TSLCD2, access_node=home) for n, home in enumerate(homes)
    ]
    written = "".join(f"  - {{id: r{n}, nodes: [{', '.join(ring)}]}}\n" for n, ring in enumerate(rings))
    with TemporaryDirectory() as place:
        net = folder(
            Path(place),
            communes_csv=table_bytes(COMMUNES, communes),
            lines_csv=table_bytes(LINES, lines),
            access_nodes_csv=table_bytes(ACCESS_NODES, [AccessNode(id=one, uplink=up) for one, up in nodes.items()]),
            topology_yml=f"rings:\n{written or '  []'}\nrisks: [{{id: x, name: x, nodes: [{', '.join(risks)}]}}]\n",
        )
        try:
            found = read_folder(net, lambda _province: {}).inventory
        except SettingsError:
            return
    topology = build(found)

    assert {topology.parts[one["core"].path[-1]].id for one in topology.templates.values()} == {"core"}
    assert all(len(set(one.path)) == len(one.path) for each in topology.templates.values() for one in each.values())


LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
TEXT = st.text(LETTERS, max_size=20).map(lambda text: " ".join(unicodedata.normalize("NFC", text).split()))


@given(st.lists(TEXT, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_what_is_written_as_a_table_is_read_again(texts: list[str]) -> None:
    rows = [Line(id=f"l{n}", commune="06001", kind=LineKind.FTTH, documents=text) for n, text in enumerate(texts)]
    reading = read_table(read_sheet(table_bytes(LINES, rows), guess=False), LINES, "lines.csv", mend=False)

    assert reading.mistakes == []
    assert [row.value for row in reading.rows] == rows


def test_an_inventory_has_one_encoding(tmp_path: Path) -> None:
    found = [read_folder(folder(tmp_path / name), official_names).inventory for name in ("a", "b")]

    assert versions.inventory_hash(found[0]) == versions.inventory_hash(found[1])
