"""``inventory init``: the files of a province's first inventory, which ``check`` accepts as they are. Pure.

Communes are real; services are a catalogue to be checked on site; the topology is an example without any address, so
nothing is probed that nobody entered.
"""

from importlib.resources import files

from .headings import ACCESS_NODES, COMMUNES, CONTACTS, LINES, plain
from .model import AccessNode, Commune, Line, LineKind, Province
from .tables import table_bytes
from .units import LANG_SON, Units

_PROVINCE = """\
# Điều áp dụng cho mọi xã, phường của tỉnh. Giờ làm việc và ngày nghỉ của từng xã (communes.csv) thay cho giá trị ở đây.
name: {name}
code: "{code}"
# Giờ làm việc: sửa theo quy định của tỉnh.
hours: mon-fri 07:30-11:30 13:30-17:00
# Ngày nghỉ lễ, mỗi dòng một ngày hoặc một khoảng, ví dụ: 2026-09-02 hay 2026-02-14..2026-02-22
holidays: []
"""
_TOPOLOGY = """\
# VÍ DỤ, KHÔNG PHẢI SƠ ĐỒ THẬT: trạm và vòng dưới đây chỉ minh họa cách viết; không có địa chỉ nào nên không ai bị hỏi.
# Thay bằng sơ đồ thật (kể cả access_nodes.csv và cột access_node trong lines.csv), rồi đổi example thành false.
# An example, not the real topology: it has no addresses, so nothing is probed.
example: true
core:
  name: Mạng lõi tỉnh {name}
# Mỗi vòng liệt kê trạm theo đúng thứ tự quanh vòng; vòng đi qua mạng lõi.
rings:
{rings}\
# Khu vực điện khi không trùng với huyện cũ: khai ở đây rồi ghi id vào cột power_area của communes.csv.
power_areas: []
# Rủi ro chung khác (cùng tuyến cột, cùng tủ, cùng nguồn): {{id, name, nodes: [...], lines: [...]}}
risks: []
# Máy chủ tên miền mà các xã dùng: {{id, name, address, network}}
resolvers: []
"""
_SERVICES = """\
# Danh mục hệ thống mà trung tâm cần dùng. Tên máy chủ lấy từ nguồn công khai: KIỂM TRA TẠI CHỖ rồi đổi check_on_site
# thành false. Chỉ mục có host và enabled mới bị hỏi; max_per_second là giới hạn cho cả tỉnh (mặc định 1; trang: 1/10).
services:
"""
_GROUP = 10
"""Communes behind one example node where former districts are not known."""


def first_files(units: Units) -> dict[str, bytes]:
    """File name → contents."""
    nodes = _nodes(units.communes)
    named = [AccessNode(id=node, name=name) for node, (name, _) in nodes.items()]
    lines = [
        Line(id=f"{commune.code}-tslcd2", commune=commune.code, kind=LineKind.TSLCD2, access_node=node)
        for node, (_, communes) in nodes.items()
        for commune in communes
    ]
    return {
        "province.yml": _PROVINCE.format(name=units.province.name, code=units.province.code).encode(),
        COMMUNES.file: table_bytes(COMMUNES, sorted(units.communes, key=lambda one: one.code)),
        LINES.file: table_bytes(LINES, sorted(lines, key=lambda one: one.id)),
        ACCESS_NODES.file: table_bytes(ACCESS_NODES, named),
        CONTACTS.file: table_bytes(CONTACTS, []),
        "topology.yml": _TOPOLOGY.format(name=units.province.name, rings=_rings(list(nodes))).encode(),
        "services.yml": (_SERVICES + _catalogue(units.province)).encode(),
    }


def _nodes(communes: tuple[Commune, ...]) -> dict[str, tuple[str, list[Commune]]]:
    """An example node for each former district: id → its name and communes."""
    found: dict[str, tuple[str, list[Commune]]] = {}
    for n, commune in enumerate(communes):
        district = commune.former_district.split(";")[0] or f"nhóm {n // _GROUP + 1}"
        node = "vi-du-" + plain(district).replace(" ", "-")[:50]
        found.setdefault(node, (f"VÍ DỤ: trạm {district}", []))[1].append(commune)
    return found


def _rings(nodes: list[str]) -> str:
    """Example rings of three, four or five nodes; none where there are fewer than two nodes."""
    count = max(1, round(len(nodes) / 4))
    rings = [nodes[n * len(nodes) // count : (n + 1) * len(nodes) // count] for n in range(count)]
    lines = [
        f"  - {{id: vi-du-vong-{n}, name: VÍ DỤ vòng {n}, nodes: [{', '.join(ring)}]}}\n"
        for n, ring in enumerate(rings, start=1)
        if len(ring) > 1
    ]
    return "".join(lines) or "  []\n"


def _catalogue(province: Province) -> str:
    own = "services_langson.yml" if province.code == LANG_SON.code else "services_other.yml"
    folder = files("sansang_collector") / "data"
    return "".join((folder / name).read_text(encoding="utf-8") for name in ("services_national.yml", own))
