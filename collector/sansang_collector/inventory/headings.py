"""The tables of an inventory and what their columns are called, in our files and in people's spreadsheets. Pure.

A heading is compared without marks, case and punctuation: "Mã xã", "MA XA" and "ma_xa" are one.
"""

import re
import unicodedata
from typing import NamedTuple

from .model import AccessNode, Commune, Contact, Line

TableType = type[Commune] | type[Line] | type[AccessNode] | type[Contact]


class Table(NamedTuple):
    """One CSV file of the inventory."""

    name: str
    cls: TableType
    key: tuple[str, ...]
    """The columns that tell two rows apart."""
    vietnamese: dict[str, tuple[str, ...]]
    """What people call the columns."""

    @property
    def file(self) -> str:
        """The file's name in an inventory's folder."""
        return f"{self.name}.csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in their order."""
        return self.cls.__struct_fields__


COMMUNES = Table(
    "communes",
    Commune,
    ("code",),
    {
        "code": ("mã", "mã xã", "mã đơn vị", "mã đvhc", "mã xã phường", "mã đơn vị hành chính"),
        "name": ("tên", "tên xã", "tên đơn vị", "xã phường", "tên xã phường", "đơn vị"),
        "kind": ("loại", "cấp", "loại đơn vị", "loại hình", "type"),
        "former_district": ("huyện cũ", "huyện", "thuộc huyện cũ", "huyện trước sáp nhập", "địa bàn huyện cũ"),
        "lat": ("vĩ độ", "latitude"),
        "lon": ("kinh độ", "longitude", "lng"),
        "hours": ("giờ làm việc", "giờ mở cửa", "thời gian làm việc"),
        "holidays": ("ngày nghỉ", "ngày lễ", "nghỉ lễ"),
        "counters": ("số quầy", "số quầy giao dịch", "quầy"),
        "counter_agents": ("máy tại quầy", "máy quầy", "tên máy tại quầy"),
        "visits_per_day": ("lượt khách", "lượt khách mỗi ngày", "số lượt mỗi ngày", "lượt ngày"),
        "power_area": ("khu vực điện", "lộ điện", "tuyến điện"),
        "ups": ("ups", "có ups", "bộ lưu điện"),
    },
)
LINES = Table(
    "lines",
    Line,
    ("id",),
    {
        "id": ("mã đường truyền", "mã kênh", "mã thuê bao", "số hiệu kênh"),
        "commune": ("mã xã", "mã đơn vị", "mã xã phường", "xã"),
        "kind": ("loại", "loại kênh", "loại đường truyền", "dịch vụ"),
        "provider": ("nhà cung cấp", "nhà mạng", "đơn vị cung cấp"),
        "access_node": ("trạm", "trạm truy nhập", "điểm đấu nối", "nút truy nhập", "olt"),
        "down_mbps": ("băng thông xuống", "tốc độ tải xuống", "băng thông", "tốc độ", "băng thông mbps"),
        "up_mbps": ("băng thông lên", "tốc độ tải lên"),
        "channels": ("số kênh",),
        "connected_on": ("ngày đấu nối", "ngày kết nối", "ngày lắp đặt", "thời điểm kết nối", "ngày hòa mạng"),
        "documents": ("hồ sơ", "hợp đồng", "số hợp đồng", "văn bản"),
        "terminal_address": ("địa chỉ ip", "ip wan", "địa chỉ thiết bị đầu cuối", "ip thiết bị đầu cuối", "ip"),
        "terminal_owner": ("quản lý thiết bị", "đơn vị quản lý thiết bị đầu cuối", "chủ thiết bị"),
    },
)
ACCESS_NODES = Table(
    "access_nodes",
    AccessNode,
    ("id",),
    {
        "id": ("mã trạm", "mã nút"),
        "name": ("tên trạm", "tên nút", "trạm"),
        "address": ("địa chỉ ip", "ip", "ip quản lý"),
        "uplink": ("trạm cấp trên", "đấu lên trạm", "trạm trên"),
        "power_area": ("khu vực điện", "lộ điện"),
    },
)
CONTACTS = Table(
    "contacts",
    Contact,
    ("owner", "service", "commune"),
    {
        "owner": ("phụ trách", "bên phụ trách", "lĩnh vực"),
        "service": ("hệ thống", "dịch vụ", "mã dịch vụ"),
        "commune": ("mã xã", "xã", "mã đơn vị"),
        "desk": ("bộ phận trực", "đầu mối", "tên bộ phận", "bộ phận"),
        "phone": ("số trực", "điện thoại", "số điện thoại", "hotline", "sđt"),
        "zalo": ("zalo", "nhóm zalo"),
        "hours": ("giờ trực", "thời gian trực"),
    },
)
TABLES = (COMMUNES, LINES, ACCESS_NODES, CONTACTS)


def plain(heading: str) -> str:
    """A heading without marks, case, punctuation and what stands in brackets."""
    text = re.sub(r"\(.*?\)", " ", heading)
    text = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    kept = "".join(letter if letter.isalnum() else " " for letter in text if not unicodedata.combining(letter))
    return " ".join(kept.split())


def column_of(table: Table, heading: str) -> str | None:
    """The column of ``table`` that a person means by ``heading``."""
    said = plain(heading)
    for column in table.columns:
        if said in {plain(name) for name in (column, *table.vietnamese.get(column, ()))}:
            return column
    return None


def table_for(headings: list[str]) -> Table | None:
    """The table that these headings fit best: its keys are among them, and it knows most of them."""
    known = {table.name: {column_of(table, one) for one in headings} - {None} for table in TABLES}
    fitting = [table for table in TABLES if set(_needed(table)) <= known[table.name]]
    return max(fitting, key=lambda table: len(known[table.name]), default=None)


def _needed(table: Table) -> tuple[str, ...]:
    return ("commune",) if table is LINES else table.key[:1]
