"""A small inventory's folder for tests: four communes, a ring of three nodes with a spur, two services."""

from pathlib import Path

from sansang_collector.inventory.folder import Read, read_folder

FILES = {
    "province.yml": 'name: Lạng Sơn\ncode: "20"\n',
    "communes.csv": (
        "code,name,kind,former_district,counters,counter_agents,ups\n"
        "06001,Xã Đoàn Kết,xã,Huyện Tràng Định,2,pc-1; pc-2,yes\n"
        "06004,Xã Quốc Khánh,xã,Huyện Tràng Định,1,pc-1,no\n"
        "06073,Xã Hoa Thám,xã,Huyện Bình Gia,,,\n"
        "06253,Xã Văn Quan,xã,Huyện Văn Quan,,,\n"
    ),
    "lines.csv": (
        "id,commune,kind,provider,access_node,terminal_address\n"
        "06001-tslcd2,06001,tslcd2,VNPT,an-1,10.20.0.1\n"
        "06001-ftth,06001,ftth,VNPT,an-1,\n"
        "06004-tslcd2,06004,tslcd2,VNPT,an-spur,\n"
        "06073-4g,06073,4g,,,\n"
        "06253-tslcd2,06253,tslcd2,VNPT,,\n"
    ),
    "access_nodes.csv": (
        "id,name,uplink,address\n"
        "an-1,Trạm Thất Khê,,10.30.0.1\nan-2,Trạm Na Sầm,,\nan-3,Trạm Đồng Đăng,,\nan-spur,Trạm Quốc Khánh,an-2,\n"
    ),
    "contacts.csv": (
        "owner,service,commune,desk,phone,zalo,hours\n"
        "telecom,,,Trực đường truyền,0000 000 000,,24/7\n"
        "service_owner,dvc,,,,Nhóm thử,\n"
    ),
    "topology.yml": (
        "rings:\n"
        "  - id: ring-1\n"
        "    name: Vòng bắc\n"
        "    nodes: [an-1, an-2, an-3]\n"
        "risks:\n"
        "  - {id: tuyen-cot, name: Chung tuyến cột, nodes: [an-1], lines: [06004-tslcd2]}\n"
    ),
    "services.yml": (
        "services:\n"
        "  - {id: dvc, name: Cổng dịch vụ công, host: dvc.example, checks: [{kind: http}, {kind: tls}]}\n"
        "  - {id: qlvb, name: Văn bản, host: 10.9.8.7, checks: [{kind: tcp}], hosted: pdc, network: internet}\n"
        "  - {id: truc, name: Trục, host: truc.example, checks: [{kind: tls}], asked_by: vantage}\n"
        "  - {id: hop, name: Họp, checks: [{kind: tls}]}\n"
    ),
}


def folder(place: Path, **changed: str | bytes) -> Path:
    """The folder with some files other than usual: ``communes_csv="…"``; None of them is left out."""
    place.mkdir(exist_ok=True)
    contents: dict[str, str | bytes] = {
        **FILES,
        **{name.replace("_csv", ".csv").replace("_yml", ".yml"): text for name, text in changed.items()},
    }
    for name, text in contents.items():
        (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def with_row(name: str, *rows: str) -> str:
    """One of the usual tables with more rows."""
    return FILES[name] + "".join(f"{row}\n" for row in rows)


def without(name: str, part: str, instead: str) -> str:
    """One of the usual files with something in place of ``part``."""
    assert part in FILES[name]
    return FILES[name].replace(part, instead)


def read(place: Path, **changed: str | bytes) -> Read:
    """What the folder holds."""
    return read_folder(folder(place, **changed), lambda _province: {})
