"""A province's communes: Lạng Sơn's from the packaged table, every other's from ``vietnamadminunits``.

That package (extra ``units``) is imported only here and only when it is asked; what is known to be wrong in it is set
right. Codes are the key; names are for people.
"""

import csv
import unicodedata
from collections import Counter
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple

from sansang_agent.contract.scalars import closest

from .headings import plain
from .model import Commune, Kind, Province

LANG_SON = Province(name="Lạng Sơn", code="20")
PACKAGE = "vietnamadminunits"
_CODES_SET_RIGHT = {"06970": "06978"}
"""Xã Ba Chẽ (Quảng Ninh): the one code of vietnamadminunits 1.0.4 that is not the final list's."""
_CHANGED_LATER = {
    "75": "Đồng Nai: ten xã became phường on 30 April 2026, which the package does not know; set kind and name right"
}


class Units(NamedTuple):
    """A province with its communes, and what to look at in them."""

    province: Province
    communes: tuple[Commune, ...]
    notes: tuple[str, ...] = ()


class MissingPackageError(Exception):
    """Another province than Lạng Sơn was asked for, and the extra ``units`` is not installed."""


class NoProvinceError(Exception):
    """No province is called so; ``close`` is the name that may be meant."""

    def __init__(self, said: str, close: str | None) -> None:
        super().__init__(said)
        self.close = close


def official_names(code: str) -> dict[str, str]:
    """Name by code of the province with this code, where a packaged table has them."""
    return {commune.code: commune.name for commune in lang_son()} if code == LANG_SON.code else {}


@cache
def lang_son() -> tuple[Commune, ...]:
    """The 65 communes since 1 July 2025."""
    text = (files("sansang_collector") / "data" / "langson_communes.csv").read_text(encoding="utf-8")
    return tuple(
        Commune(
            code=row["code"],
            name=row["name"],
            kind=Kind(row["type"]),
            former_district=row["former_district"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def units_of(province: str) -> Units:
    """The communes of the province called ``province``, with or without "Tỉnh", marks or case.

    Raises :class:`MissingPackageError`, or :class:`NoProvinceError` where no province is called so.
    """
    if _short(province) == _short(LANG_SON.name):
        return Units(LANG_SON, lang_son())
    if find_spec(PACKAGE) is None:
        raise MissingPackageError(PACKAGE)
    rows = _wards()
    names = {_short(row["province"]): row for row in rows}
    found = names.get(_short(province))
    if found is None:
        raise NoProvinceError(province, closest(province, sorted({str(row["provinceShort"]) for row in rows})))
    return _of(str(found["provinceCode"]), str(found["provinceShort"]), rows)


def _of(code: str, name: str, rows: list[dict[str, Any]]) -> Units:
    districts = _former_districts()
    communes = tuple(
        Commune(
            code=_CODES_SET_RIGHT.get(row["wardCode"], row["wardCode"]),
            name=_name(row["ward"]),
            kind=Kind(_name(row["wardType"]).lower()),
            former_district=districts.get((row["provinceKey"], row["wardKey"]), ""),
            lat=row["wardLat"],
            lon=row["wardLon"],
        )
        for row in rows
        if row["provinceCode"] == code
    )
    notes = (_CHANGED_LATER[code],) if code in _CHANGED_LATER else ()
    return Units(Province(name=_name(name), code=code), communes, notes)


def _wards() -> list[dict[str, Any]]:
    fields = ["province", "provinceShort", "provinceCode", "provinceKey"]
    fields += ["ward", "wardType", "wardCode", "wardKey", "wardLat", "wardLon"]
    rows = import_module(f"{PACKAGE}.database").get_data(fields)
    assert isinstance(rows, list)
    return rows


def _former_districts() -> dict[tuple[str, str], str]:
    """Former districts by the keys of province and commune, the one most of its parts came from first."""
    old = import_module(f"{PACKAGE}.database").get_data(
        ["provinceKey", "districtKey", "district"], "admin_units_legacy"
    )
    names = {(row["provinceKey"], row["districtKey"]): _name(row["district"]) for row in old if row["district"]}
    parts = import_module(f"{PACKAGE}.converter.converter_2025").DICT_PROVINCE_WARD_NO_DIVIDED
    found: dict[tuple[str, str], str] = {}
    for province, wards in parts.items():
        for ward, sources in wards.items():
            keys = [tuple(source.split("_")[:2]) for source in sources]
            ranked = [names[key] for key, _ in Counter(keys).most_common() if key in names]
            found[province, ward] = "; ".join(dict.fromkeys(ranked))
    return found


def _name(text: str) -> str:
    """A name in composed letters, single spaces and a capital at its beginning."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return words[:1].upper() + words[1:]


def _short(name: str) -> str:
    said = plain(name)
    return next((said.removeprefix(kind) for kind in ("tinh ", "thanh pho ", "tp ") if said.startswith(kind)), said)
